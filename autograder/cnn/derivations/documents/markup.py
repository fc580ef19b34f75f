"""reStructuredText and HTML with MathJax, their formulas between dollars as in Markdown.

`find` reads what comes out of here. Every line stays where it is; nothing else of a markup is understood.
"""

import re
from html import unescape

_ROLE = re.compile(r":math:`([^`]*)`")
_DIRECTIVE = re.compile(
    r"^(?P<margin>[ \t]*)\.\. math::(?P<block>[^\n]*(?:\n(?:(?P=margin)[ \t]+[^\n]*|[ \t]*(?=\n)))*)",
    re.MULTILINE,
)
_FORMULA = re.compile(r"[^\s](?:[^\n]|\n(?![ \t]*\n|[ \t]*\Z))*")
_FIELD = re.compile(r"^[ \t]*:[\w-]+:[^\n]*", re.MULTILINE)
_TITLE = re.compile(r"^(?=[^\s.:])([^\n]+)\n([=\-~^\"'#*+])\2{2,}[ \t]*$", re.MULTILINE)
_SCRIPT = re.compile(r"<script[^>]*\bmath/tex\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_UNREAD = re.compile(r"<!--.*?-->|<(script|style|pre|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_HEADING = re.compile(r"^[ \t]*<h[1-6][^>]*>", re.MULTILINE | re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def as_markdown(text: str, suffix: str) -> str:
    """The text of a file of that kind with its formulas between dollars."""
    text = _SCRIPT.sub(_from_script, text)
    if suffix in (".html", ".htm", ".xhtml"):
        text = _UNREAD.sub(lambda match: "\n" * match[0].count("\n"), text)
        text = _TAG.sub(" ", _HEADING.sub("# ", text))
        text = unescape(text).replace("\xa0", " ")
    if suffix in (".rst", ".rest", ".txt", ".md", ".ipynb"):
        text = _DIRECTIVE.sub(_from_directive, _ROLE.sub(r"$\1$", text))
    if suffix in (".rst", ".rest"):
        text = _TITLE.sub(r"# \1\n", text)
    return text


def _from_script(match: re.Match[str]) -> str:
    mark = "$$" if "display" in match[1] else "$"
    return f"{mark}{match[2]}{mark}"


def _from_directive(match: re.Match[str]) -> str:
    """The formulas of a directive, which blank lines keep apart."""
    block = _FIELD.sub("", match["block"])
    return _FORMULA.sub(lambda formula: f"$${formula[0].strip()}$$", block)
