"""Join the explorer's files into one self-contained HTML page, for `autograder explore`.

The page must never load anything: styles, scripts and texts are inside it, and its content security policy
forbids everything else.
"""

import json
from importlib import resources

from markupsafe import Markup

from autograder.base.html import environment
from autograder.base.messages import languages, sentence, sentences, tag

MATHEMATICS = ("expansion.js", "recipe.js", "numbers.js")
"""The scripts that compute without a page."""
SCRIPTS = (*MATHEMATICS, "notation.js", "drawing.js", "explorer.js")
"""All scripts, in the order in which they are joined into one strict function."""

MARK = '<meta name="generator" content="autograder explore">'
"""Near the beginning of every page that was written here, to recognise it before it is overwritten."""


def page(lang: str) -> str:
    """The complete page; it opens in `lang` and can switch to the others."""
    words = texts()
    template = environment("autograder.cnn.explorer", (lang,)).get_template("explorer.html")
    return template.render(
        title=words["title"][lang],
        languages=languages(),
        mark=Markup(MARK),
        style=Markup(_read("explorer.css")),
        texts=Markup(json.dumps(words, ensure_ascii=False).replace("</", "<\\/")),
        script=Markup(script(SCRIPTS)),
    )


def script(names: tuple[str, ...]) -> str:
    """Scripts joined in their order."""
    return "\n".join(_read(name) for name in names)


def texts() -> dict[str, dict[str, str]]:
    """All sentences of the page: key ↦ language ↦ text."""
    by_language = {
        lang: {
            **sentences("cnn.explorer.page.", lang),
            "sentences": sentence("list.sentences", lang),  # the separator
            "tag": tag(lang),
        }
        for lang in languages()
    }
    return {key: {lang: found[key] for lang, found in by_language.items()} for key in by_language["en"]}


def _read(name: str) -> str:
    return (resources.files("autograder.cnn.explorer") / name).read_text(encoding="utf-8")
