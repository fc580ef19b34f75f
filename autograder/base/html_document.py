"""The frame of an HTML page that stands on its own: head, style, body.

Nothing is loaded from elsewhere and no script runs: the browser is told to refuse both.
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_DOCUMENT = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{style}
</head>
<body>
{body}
</body>
</html>
"""


def html_document(lang: str, title: str, style: str, body: str) -> str:
    """A whole page; `title` and `body` are HTML already, `style` is one or several style elements."""
    return _DOCUMENT.format(policy=_POLICY, lang=lang, title=title, style=style, body=body)
