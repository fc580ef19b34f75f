"""Write pages in every notation: Unicode text, LaTeX, Markdown, HTML with MathML, JSON.

`shown` calls `write`; the command line calls `document` for a complete file. Each notation has its own
module; `text` holds what they share. The package must never compute a formula, and loads Jinja only for
HTML.
"""

import json
from collections.abc import Callable

from autograder.base.messages import preferred_language
from autograder.cnn.derivations.pages.records import Page
from autograder.cnn.derivations.pages.render import latex
from autograder.cnn.derivations.pages.render.json_data import data
from autograder.cnn.derivations.pages.render.text import TextWriter, Written
from autograder.cnn.derivations.pages.shown import Format

_WRITERS: dict[Format, Callable[[str, bool], TextWriter]] = {
    "text": TextWriter,
    "latex": latex.LatexWriter,
    "markdown": latex.MarkdownWriter,
}


def write(shown: object, form: Format, lang: str = "", layer_names: bool = False) -> str:
    """One of the `records` in one format, to be put into something larger."""
    assert isinstance(shown, Written)
    language = lang or preferred_language()
    if form == "json":
        return json.dumps(data(shown, language), ensure_ascii=False, indent=2) + "\n"
    if form == "html":
        from autograder.cnn.derivations.pages.render import html  # loads Jinja

        return html.fragment(shown, language, layer_names)
    return _WRITERS[form](language, layer_names).shown(shown)


def document(page: Page, form: Format, lang: str = "", layer_names: bool = False) -> str:
    """A complete file: as `write`, with what LaTeX and HTML need around it."""
    language = lang or preferred_language()
    if form == "latex":
        return latex.document(page, language, layer_names)
    if form == "html":
        from autograder.cnn.derivations.pages.render import html

        return html.document(page, language, layer_names)
    return write(page, form, language, layer_names)
