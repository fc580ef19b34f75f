"""Joins the explorer's files into one self-contained HTML page, for `autograder explore`.

The page must never load anything: styles, scripts and texts are inside it, and its content security policy
forbids the rest.
"""

import json
from importlib import resources
from typing import cast

from markupsafe import Markup

from autograder.base.html import environment

MATHEMATICS = ("expansion.js", "recipe.js", "numbers.js")
"""The scripts that compute and know no page."""
SCRIPTS = (*MATHEMATICS, "notation.js", "drawing.js", "explorer.js")
"""All scripts, in the order in which they are joined into one strict function."""

MARK = '<meta name="generator" content="autograder explore">'
"""Stands near the beginning of every page that was written here."""


def page(lang: str) -> str:
    """The whole page, opening in one language; the other is a click away.

    Parameters
    ----------
    lang : {"zh", "en"}
    """
    both = texts()
    template = environment("autograder.cnn.explorer", lang).get_template("explorer.html")
    return template.render(
        title=both["title"][lang],
        mark=Markup(MARK),
        style=Markup(_read("explorer.css")),
        texts=Markup(json.dumps(both, ensure_ascii=False).replace("</", "<\\/")),
        script=Markup(script(SCRIPTS)),
    )


def script(names: tuple[str, ...]) -> str:
    """Scripts joined in their order."""
    return "\n".join(_read(name) for name in names)


def texts() -> dict[str, dict[str, str]]:
    """All words of the page: key ↦ language ↦ text."""
    return cast(dict[str, dict[str, str]], json.loads(_read("texts.json")))


def _read(name: str) -> str:
    return (resources.files("autograder.cnn.explorer") / name).read_text(encoding="utf-8")
