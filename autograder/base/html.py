"""Write HTML: templates for pages and cards, `element` for what is built up tag by tag.

Whatever writes HTML calls one of the two, and imports this module (and Jinja) only then. Both escape what is
no `Markup`: nothing that a student wrote becomes a tag. Templates and styles lie in `templates` beside the
module that they belong to. The frame of every page, `frame.html`, lies here: it loads nothing, and tells the
browser to refuse whatever would.
"""

from collections.abc import Iterable
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.base.messages import Text, languages, say, sentence, tag


def environment(package: str, lang: str = "") -> Environment:
    """Where templates of `package` find each other, the frame of a page, and words.

    Parameters
    ----------
    lang : str, optional
        In which a `Text` is shown; in all languages unless said otherwise, of which the page's style shows
        one.
    """
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("autograder.base")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: _shown(value, lang) if isinstance(value, Text) else value,
    )
    found.globals |= {"say": say, "sentence": sentence, "lang": lang, "languages": languages(), "tag": tag}
    found.filters["points"] = lambda value: f"{value:g}"
    return found


def element(name: str, *content: str, **attributes: str) -> Markup:
    """<name attribute="…">content</name>; the attribute `class` is written `class_`."""
    own = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{own}>{together(content)}</{name}>")


def together(parts: Iterable[str], between: str = "") -> Markup:
    """`parts` one behind the other: `Markup.join`, for thousands of them."""
    return Markup(between.join([part if type(part) is Markup else escape(part) for part in parts]))


def _shown(text: Text, lang: str) -> Any:
    if lang:
        return text.in_language(lang)
    told = {one: text.in_language(one) for one in languages()}
    if len({*told.values()}) == 1:
        return told["en"]
    span = Markup('<span class="in {}" lang="{}">{}</span>')
    return together(span.format(one, tag(one), sentence) for one, sentence in told.items())
