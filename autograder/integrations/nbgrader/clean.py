r"""Clean a submitted notebook of all that could run in a browser: script, HTML, odd ids and metadata.

`restore` calls it in both routes. nbgrader's pages show Markdown's HTML, raw cells, links, ids and metadata
as they are, at the origin of Jupyter, where the keys and the gradebook are in reach.

A sanitizer of HTML (bleach, nh3) is no help: what is HTML is decided by whoever renders the Markdown, later
(nbconvert leaves a `mermaid` block as it is), and `a<b` or `<https://…>` are none. So nothing is parsed:
where a tag, a numeric entity or a scheme would begin, a space is put in, after which neither Markdown nor a
browser sees one, and a reader still sees what was written. A few tags, commonly written, pass.
"""

import re
from typing import Any

from autograder.integrations.nbgrader import cells

_NAMES = (
    "b|i|u|s|em|strong|sub|sup|small|mark|del|ins|code|kbd|span|font|p|center|br|hr|h[1-6]|ul|ol|li|dl|dt|dd"
)
_ATTRIBUTE = r'[ \t]{1,9}(?:align|color|size|width)="[\w%#.-]{0,40}"'
_PASSES = rf"</?(?:{_NAMES})(?:{_ATTRIBUTE}){{0,5}}[ \t]{{0,9}}/?>|<https?://[\w./?=&%#~:+-]{{1,2000}}>"
_TAG = re.compile(rf"({_PASSES})|<(?=[A-Za-z/!?])", re.IGNORECASE | re.ASCII)
_ENTITY = re.compile(r"&(?=#|colon|tab|newline)", re.IGNORECASE)
_SCRIPT_URL = re.compile(r"[\s\\]*".join("(script)").replace(r"([\s\\]*", "(", 1) + ":", re.IGNORECASE)
"""Of javascript: and vbscript:, also with what Markdown or a browser leaves out in between."""
_MERMAID = re.compile(r"((?:```|~~~)[ \t]{0,99})mermaid", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_FILE = re.compile(r"[\w.-]{1,100}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_PYTHON = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def text(markdown: str) -> str:
    """Markdown without tags that could do anything, links that run something, and control characters."""
    markdown = _CONTROL.sub("", markdown.replace("\r", "\n"))
    markdown = _MERMAID.sub(r"\1text", _SCRIPT_URL.sub(r"\1 :", _ENTITY.sub("& ", markdown)))
    return _TAG.sub(lambda tag: tag[1] or "< ", markdown)


def clean(notebook: dict[str, Any], released: dict[str, str]) -> None:
    """Leave of a notebook what its reader needs; what is as it was `released` (source by grade id) is good.

    Of metadata only nbgrader's stays, and the language; of attachments only images; no output stays.
    """
    lang = cells.language(notebook)
    for name in notebook.keys() - {"cells", "metadata", "nbformat", "nbformat_minor"}:
        del notebook[name]
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    notebook["metadata"] = {**_PYTHON, "autograder": {"lang": lang}}
    taken: set[str] = set()
    for index, cell in enumerate(notebook["cells"]):
        mark = cells.mark(cell)
        untouched = mark is not None and released.get(mark["grade_id"]) == cell["source"]
        if cell.get("cell_type") != "code" and not untouched:
            images = _images(cell.get("attachments"))
            cell["cell_type"], cell["attachments"] = "markdown", images
            cell["source"] = text(cell["source"])
            if set(re.findall(r"attachment:([^)\s]*)", cell["source"])) - images.keys():
                cell["source"] = cell["source"].replace("attachment:", "attachment :")  # else nbconvert fails
        own = cell.get("id")
        if not isinstance(own, str) or not _ID.fullmatch(own) or own in taken:
            own = next(name for n in range(len(taken) + 1) if (name := f"cell-{index + n}") not in taken)
        taken.add(own)
        kept = {name: cell[name] for name in ("cell_type", "source") if name in cell}
        kept |= {"id": own, "metadata": {} if mark is None else {"nbgrader": mark}}
        if cell["cell_type"] == "code":
            kept |= {"outputs": [], "execution_count": None}
        elif cell.get("attachments"):
            kept["attachments"] = cell["attachments"]
        cell.clear()
        cell.update(kept)


def _images(attachments: Any) -> dict[str, dict[str, str]]:
    """The attached images that a browser draws and never runs."""
    found: dict[str, dict[str, str]] = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            content = (
                "".join(data) if isinstance(data, list) and all(isinstance(d, str) for d in data) else data
            )
            good = isinstance(content, str) and _BASE64.fullmatch(content)
            if good and kind in _IMAGES and _FILE.fullmatch(name):
                found[name] = {kind: content}
    return found
