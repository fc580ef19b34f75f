"""reStructuredText and HTML with MathJax, their formulas between dollars as in Markdown.

`find` reads what comes out of here. Every line stays where it is; nothing else of a markup is understood.
"""

import re
from collections.abc import Iterator
from html import unescape

_ROLE = re.compile(r":math:`([^`]*)`")
_DIRECTIVE = re.compile(
    r"^(?P<margin>[ \t]*)\.\. math::(?P<block>[^\n]*(?:\n(?:(?P=margin)[ \t]+[^\n]*|[ \t]*(?=\n)))*)",
    re.MULTILINE,
)
_FORMULA = re.compile(r"[^\s](?:[^\n]|\n(?![ \t]*\n|[ \t]*\Z))*")
_FIELD = re.compile(r"^[ \t]*:[\w-]+:[^\n]*", re.MULTILINE)
_TITLE = re.compile(r"^(?=[^\s.:])([^\n]+)\n([=\-~^\"'#*+])\2{2,}[ \t]*$", re.MULTILINE)
_MARK = re.compile(r"(<!--|-->|</?[a-z][^<>]*>)", re.IGNORECASE)
_NAME = re.compile(r"[a-z]+[1-6]?", re.IGNORECASE)
_UNREAD = ("script", "style", "pre", "head")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def as_markdown(text: str, suffix: str) -> str:
    """The text of a file of that kind with its formulas between dollars."""
    is_html = suffix in (".html", ".htm", ".xhtml")
    if is_html or "math/tex" in text:
        text = "".join(_read(_MARK.split(text), is_html))
    if is_html:
        text = unescape(text).replace("\xa0", " ")
    if suffix in (".rst", ".rest", ".txt", ".md", ".ipynb"):
        text = _DIRECTIVE.sub(_from_directive, _ROLE.sub(r"$\1$", text))
    if suffix in (".rst", ".rest"):
        text = _TITLE.sub(r"# \1\n", text)
    return text


def _read(parts: list[str], is_html: bool) -> Iterator[str]:
    """What lies between a file's marks, formulas between dollars; of other than HTML, all the rest as it is.

    Nothing is searched for its end, so that what never ends takes no longer.
    """
    unread, dollars = "", ""
    for text, mark in zip(parts[::2], [*parts[1::2], ""], strict=True):
        yield "\n" * text.count("\n") if unread and not dollars else text
        found = _NAME.search(mark)
        name = found[0].lower() if found else mark
        if unread:
            if mark == unread or (mark.startswith("</") and name == unread):
                yield dollars
                unread = dollars = ""
            elif dollars:
                yield mark
        elif name == "script" and "math/tex" in mark:
            unread, dollars = name, "$$" if "display" in mark else "$"
            yield dollars
        elif not is_html:
            yield mark
        elif mark == "<!--" or (name in _UNREAD and not mark.startswith("</")):
            unread = "-->" if mark == "<!--" else name
        elif mark:
            heading = name in _HEADINGS and not mark.startswith("</")
            yield "\n" * mark.count("\n") + ("# " if heading else " ")


def _from_directive(match: re.Match[str]) -> str:
    """The formulas of a directive, which blank lines keep apart."""
    block = _FIELD.sub("", match["block"])
    return _FORMULA.sub(lambda formula: f"$${formula[0].strip()}$$", block)
