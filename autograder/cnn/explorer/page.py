"""Joins the explorer's files into one self-contained HTML page, for `autograder explore`.

The page must never load anything: styles, scripts and texts are inside it, and its content security policy
forbids the rest.
"""

import json
from importlib import resources

from markupsafe import Markup

from autograder.base.html import environment
from autograder.base.messages import languages, sentence, sentences, tag

MATHEMATICS = ("expansion.js", "recipe.js", "numbers.js")
"""The scripts that compute and know no page."""
SCRIPTS = (*MATHEMATICS, "notation.js", "drawing.js", "explorer.js")
"""All scripts, in the order in which they are joined into one strict function."""

MARK = '<meta name="generator" content="autograder explore">'
"""Stands near the beginning of every page that was written here."""


def page(lang: str) -> str:
    """The whole page, opening in one language; the others are a click away."""
    told = texts()
    template = environment("autograder.cnn.explorer", lang).get_template("explorer.html")
    return template.render(
        title=told["title"][lang],
        mark=Markup(MARK),
        style=Markup(_read("explorer.css")),
        texts=Markup(json.dumps(told, ensure_ascii=False).replace("</", "<\\/")),
        script=Markup(script(SCRIPTS)),
    )


def script(names: tuple[str, ...]) -> str:
    """Scripts joined in their order."""
    return "\n".join(_read(name) for name in names)


def texts() -> dict[str, dict[str, str]]:
    """All words of the page: key ↦ language ↦ text."""
    by_language = {
        lang: {
            **sentences("cnn.explorer.page.", lang),
            "sentences": sentence("list.sentences", lang),  # what stands between them
            "tag": tag(lang),
        }
        for lang in languages()
    }
    return {key: {lang: own[key] for lang, own in by_language.items()} for key in by_language["en"]}


def _read(name: str) -> str:
    return (resources.files("autograder.cnn.explorer") / name).read_text(encoding="utf-8")
