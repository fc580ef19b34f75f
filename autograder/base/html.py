"""Write HTML: `environment` for templates of pages and cards, `element` for what is built tag by tag.

Whatever writes HTML uses one of the two, and imports this module (and Jinja) only then. Both escape
everything but `Markup`: what a student wrote must never become a tag. Templates and styles are in `templates`
beside the module that they belong to. The frame of every page, `frame.html`, is here: it loads nothing from
elsewhere, and its content security policy forbids it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.base.messages import Text, say, sentence, tag


def environment(package: str, languages: Sequence[str], *more: str) -> Environment:
    """The Jinja environment of the templates of `package`: with the frame of a page and with messages.

    Parameters
    ----------
    languages : sequence of str
        In which a `Text` is shown; of several the page's style shows one.
    more : str
        Further packages whose templates are used.
    """
    result = Environment(
        loader=ChoiceLoader([*map(PackageLoader, (package, *more, "autograder.base"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: _shown(value, languages) if isinstance(value, Text) else value,
    )
    known = {"say": say, "sentence": sentence, "tag": tag, "lang": languages[0], "languages": languages}
    result.globals |= known
    result.filters["points"] = lambda value: "–" if value is None else f"{value:g}"
    return result


def element(name: str, *content: str, **attributes: str) -> Markup:
    """<name attribute="…">content</name>; the attribute `class` is written `class_`, `data-s` `data_s`."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    given = "".join(f' {key}="{escape(value)}"' for key, value in named.items())
    return Markup(f"<{name}{given}>{together(content)}</{name}>")


def together(parts: Iterable[str], between: str = "") -> Markup:
    """`Markup(between).join(parts)`, faster for thousands of parts."""
    return Markup(between.join([part if type(part) is Markup else escape(part) for part in parts]))


def _shown(text: Text, languages: Sequence[str]) -> Any:
    sentences = {language: text.in_language(language) for language in languages}
    if len({*sentences.values()}) == 1:
        return sentences[languages[0]]
    span = Markup('<span class="in {}" lang="{}">{}</span>')
    return together(span.format(language, tag(language), shown) for language, shown in sentences.items())
