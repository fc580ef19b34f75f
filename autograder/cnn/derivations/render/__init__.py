"""Pages in every notation: Unicode text, LaTeX, Markdown, HTML with MathML, JSON.

`shown` calls `write`; the command line calls `document` for a file that stands on its own. Each notation has
a writer in a module of its own; what they share stands in `writer`. The package must never compute, and loads
Jinja for HTML alone.
"""

import json
from collections.abc import Callable

from autograder.base.messages import preferred_language
from autograder.cnn.derivations.page import Page
from autograder.cnn.derivations.render import latex
from autograder.cnn.derivations.render.plain import data
from autograder.cnn.derivations.render.text import TextWriter
from autograder.cnn.derivations.render.writer import Writer, Written
from autograder.cnn.derivations.shown import Format

_WRITERS: dict[Format, Callable[[str, bool], Writer]] = {
    "text": TextWriter,
    "latex": latex.LatexWriter,
    "markdown": latex.MarkdownWriter,
}


def write(shown: object, form: Format, lang: str = "", layer_names: bool = False) -> str:
    """One of `page`'s records in one format, to be put into something larger."""
    assert isinstance(shown, Written)
    language = lang or preferred_language()
    if form == "json":
        return json.dumps(data(shown, language), ensure_ascii=False, indent=2) + "\n"
    if form == "html":
        from autograder.cnn.derivations.render import html

        return html.fragment(shown, language, layer_names)
    return _WRITERS[form](language, layer_names).shown(shown)


def document(page: Page, form: Format, lang: str = "", layer_names: bool = False) -> str:
    """A whole file: as `write`, with what LaTeX and HTML need around it."""
    language = lang or preferred_language()
    if form == "latex":
        return latex.document(page, language, layer_names)
    if form == "html":
        from autograder.cnn.derivations.render import html

        return html.document(page, language, layer_names)
    return write(page, form, language, layer_names)
