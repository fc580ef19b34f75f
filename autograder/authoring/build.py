"""Solutions → what students get, and the keys.

For each assignment and language `release` writes a notebook, a plain `.py` file and the visible answer
key to `assignments/<lang>/<assignment>/`; `draw_keys` draws the hidden keys. Both leave alone what is
up to date, so that building twice changes nothing.

The plain file is made from `notebook.py` (a jupytext percent script) by two small steps: cells and lines
of the other language go, and solutions become stubs. The notebook is what nbgrader releases; whoever
calls `release` says how it is made (`nbgrader_plugin.release`).
"""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.authoring import source_digest
from autograder.authoring.assignment import Assignment
from autograder.authoring.draw import draw_hidden, draw_visible
from autograder.authoring.exercise import AuthoringError
from autograder.base import atomic
from autograder.base.messages import COURSE_LANGUAGES
from autograder.judging import answer_key

_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
_PICTURE = re.compile(r"\(attachment:([\w.-]+)\)")
_PICTURE_LINE = re.compile(r"^!\[[^\]\n]*\]\(attachment:[\w.-]+\)\n*", re.MULTILINE)
_MARK_SCHEME = re.compile(r"^### BEGIN MARK SCHEME\n.*?^### END MARK SCHEME\n?", re.MULTILINE | re.DOTALL)
_SOFT_BREAK = re.compile(r"(?<=[\u3001-\u9fff\uff01-\uff5e])\n *(?=[\u3001-\u9fff\uff01-\uff5e])")
"""A line's end inside a Chinese sentence, which Markdown would show as a space."""
_TAG = re.compile(r"^(\s*(?:#\s*)?)(zh|en): (.*)$")


@dataclass(frozen=True)
class Built:
    """One file of a build: its path and whether it had to be written.

    Attributes
    ----------
    because : str
        Of a hidden key that took the place of an older one, without being asked to: why.
    kept : bool
        It is not what would be written, and stays all the same: somebody has worked on it.
    """

    path: Path
    changed: bool
    because: str = ""
    kept: bool = False


def release(
    assignment: Assignment, folder: Path, notebook: Callable[[Assignment, str], str], *, dry_run: bool = False
) -> list[Built]:
    """Write what students of either language get. With `dry_run`, only say what would change.

    Parameters
    ----------
    notebook : function (assignment, lang)
        Gives the text of the released notebook: `nbgrader_plugin.release.releasing` makes one.
    """
    key = draw_visible(assignment.name, assignment.exercises, domain=assignment.domain)
    files = []
    for lang in COURSE_LANGUAGES:
        target = folder / lang / assignment.name
        for suffix, text in ((".py", stub(assignment, lang)), (".ipynb", notebook(assignment, lang))):
            files.append(write(target / f"{assignment.name}{suffix}", text.encode(), dry_run))
        files.append(write_visible_key(target / f"{assignment.name}.visible.npz", key, dry_run))
        files += copy_data(assignment, target, dry_run)
    return files


def copy_data(assignment: Assignment, target: Path, dry_run: bool = False) -> list[Built]:
    """Copy the data files that go with an assignment: its `data/` folder, as it is."""
    data = assignment.folder / "data"
    files = sorted(path for path in data.rglob("*") if path.is_file()) if data.is_dir() else []
    return [write(target / path.relative_to(assignment.folder), path.read_bytes(), dry_run) for path in files]


def draw_keys(assignment: Assignment, folder: Path, *, fresh: bool = False) -> Built:
    """Draw the hidden key where there is none, its sources have changed, or `fresh` asks for new draws."""
    path = folder / (assignment.name + answer_key.HIDDEN)
    source = source_digest.digest(assignment)
    because = ""
    if not fresh and path.exists():
        try:
            if answer_key.load(path).source == source:
                return Built(path, False)
            because = "its sources changed"
        except answer_key.KeyFileError:
            because = "the old one is damaged or of another version"
    key = draw_hidden(assignment.name, assignment.exercises, source, domain=assignment.domain)
    answer_key.save(key, path)
    return Built(path, True, because)


def write(path: Path, content: bytes, dry_run: bool = False) -> Built:
    """Write a file, unless it is there already with the same content."""
    if path.exists() and path.read_bytes() == content:
        return Built(path, False)
    if not dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, content)
    return Built(path, True)


def write_visible_key(path: Path, key: answer_key.AnswerKey, dry_run: bool = False) -> Built:
    """Another machine may round the last digit differently; that alone is no change."""
    if path.exists():
        try:
            if answer_key.same_up_to_rounding(answer_key.load(path), key):
                return Built(path, False)
        except answer_key.KeyFileError:
            pass
    return write(path, answer_key.to_bytes(key), dry_run)


def stub(assignment: Assignment, lang: str) -> str:
    """The plain `.py` file as a student finds it, nothing filled in."""
    import jupytext
    import nbformat

    script = nbformat.v4.new_notebook(cells=list(cells_in_language(assignment, lang)))
    for cell in script.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.source = without_solutions(cell.source)
        else:
            cell.source = _MARK_SCHEME.sub("", _PICTURE_LINE.sub("", cell.source))
            cell.pop("attachments", None)
    script.metadata["jupytext"] = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}
    text: str = jupytext.writes(script, fmt="py:percent")
    return text


def cells_in_language(assignment: Assignment, lang: str) -> Iterator[Any]:
    """The cells of `notebook.py` in one language, solutions included.

    A picture `![…](attachment:name.png)` is attached from the assignment's `pictures/`, so that a notebook is
    one file, wherever it goes.

    Raises
    ------
    AuthoringError
        A picture is not there.
    """
    import jupytext
    import nbformat

    notebook = jupytext.reads(assignment.notebook.read_text(encoding="utf-8"), fmt="py:percent")
    for cell in notebook.cells:
        if cell.metadata.get("lang", lang) != lang:
            continue
        if cell.cell_type == "markdown":
            new = nbformat.v4.new_markdown_cell(_SOFT_BREAK.sub("", cell.source))
            pictures = _PICTURE.findall(cell.source)
            if pictures:
                new["attachments"] = {name: {"image/png": _picture(assignment, name)} for name in pictures}
        else:
            new = nbformat.v4.new_code_cell(in_language(cell.source, lang))
        new.metadata = cell.metadata
        yield new


def _picture(assignment: Assignment, name: str) -> str:
    path = assignment.folder / "pictures" / name
    if not path.is_file():
        raise AuthoringError(f"{assignment.notebook} shows the picture {name}, but there is no {path}.")
    return base64.b64encode(path.read_bytes()).decode()


def in_language(source: str, lang: str) -> str:
    """Keep the lines of one language.

    In a docstring or a comment, a line that begins with `zh: ` or `en: ` belongs to that language alone.
    """
    lines = []
    for line in source.split("\n"):
        tagged = _TAG.match(line)
        if tagged is None:
            lines.append(line)
        elif tagged[2] == lang:
            lines.append(tagged[1] + tagged[3])
    return "\n".join(lines)


def without_solutions(source: str) -> str:
    """Put a stub in place of each region between the solution markers."""
    lines: list[str] = []
    inside = False
    for line in source.split("\n"):
        if line.strip() == _BEGIN:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in _STUB]
        elif line.strip() == _END:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)
