"""Build the students' files and the answer keys from a course's sources.

For each assignment and language `release` writes a notebook, a plain `.py` file and the visible answer key to
`assignments/<lang>/<assignment>/`; `draw_keys` draws the hidden keys. Files that are up to date are not
written again.

The plain file is `notebook.py` (a jupytext percent script) without the cells and lines of other languages and
with stubs in place of solutions. How the notebook is made is an argument of `release`: nbgrader releases it.
"""

import base64
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.authoring import notebook_text, source_digest
from autograder.authoring.assignment import Assignment
from autograder.authoring.draw import draw_hidden, draw_visible, inputs
from autograder.authoring.notebook_text import PICTURE, TAG
from autograder.base import atomic
from autograder.base.messages import Text, joined, say
from autograder.judging import answer_key
from autograder.sandbox.values import dumps

_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
_PICTURE_LINE = re.compile(r"^!\[[^\]\n]*\]\(attachment:[\w.-]+\)\n*", re.MULTILINE)
_MARK_SCHEME = re.compile(r"^### BEGIN MARK SCHEME\n.*?^### END MARK SCHEME\n?", re.MULTILINE | re.DOTALL)
_SOFT_BREAK = re.compile(r"(?<=[\u3001-\u9fff\uff01-\uff5e])\n *(?=[\u3001-\u9fff\uff01-\uff5e])")
"""A line's end inside a Chinese sentence, which Markdown would show as a space."""


@dataclass(frozen=True)
class Built:
    """A file of a build: its path and whether it had to be written.

    Attributes
    ----------
    note : Text or None
        What became of a hidden key that replaced an older one without `fresh`, and of the grades.
    kept : bool
        The file differs from what would be written, and was kept because somebody has edited it.
    """

    path: Path
    changed: bool
    note: Text | None = None
    kept: bool = False


def release(
    assignment: Assignment,
    folder: Path,
    notebook: Callable[[Assignment, str], str],
    visible: answer_key.AnswerKey | None = None,
    *,
    dry_run: bool = False,
) -> list[Built]:
    """Write the students' files in the course's languages. With `dry_run`, only report what would change.

    Parameters
    ----------
    notebook : function (assignment, lang)
        Returns the text of the released notebook, such as `integrations.nbgrader.release.releasing`.
    visible : AnswerKey, optional
        The visible key, where it is drawn already (`mistakes.check_release`).
    """
    key = visible or draw_visible(assignment.name, assignment.exercises, domain=assignment.domain)
    key = assignment.with_settings(key)
    files = []
    for lang in assignment.languages:
        target = folder / lang / assignment.name
        for suffix, text in ((".py", stub(assignment, lang)), (".ipynb", notebook(assignment, lang))):
            files.append(write(target / f"{assignment.name}{suffix}", text.encode(), dry_run))
        files.append(write_visible_key(target / f"{assignment.name}.visible.npz", key, dry_run))
        files += copy_data(assignment, target, dry_run)
    return files


def copy_data(assignment: Assignment, target: Path, dry_run: bool = False) -> list[Built]:
    """Copy the assignment's `data/` folder."""
    data = assignment.folder / "data"
    files = sorted(path for path in data.rglob("*") if path.is_file()) if data.is_dir() else []
    return [write(target / path.relative_to(assignment.folder), path.read_bytes(), dry_run) for path in files]


def draw_keys(assignment: Assignment, folder: Path, *, fresh: bool = False) -> Built:
    """Draw the hidden key if there is none or `fresh` is set; where its sources changed, compute it again."""
    name, path = assignment.name, folder / (assignment.name + answer_key.HIDDEN)
    source = source_digest.digest(assignment)
    old, note = None, None
    if not fresh and path.exists():
        try:
            old = answer_key.load(path, name)
        except answer_key.KeyFileError:
            note = say("file.key_drawn_anew", name=name)
    if old and old.source == source and old.siblings.exercises:  # an older version's key has none
        with contextlib.suppress(PermissionError):  # it is somebody else's
            path.chmod(0o600)  # an older version left it open
        return Built(path, False)
    key = draw_hidden(name, assignment.exercises, source, domain=assignment.domain, earlier=old)
    key = assignment.with_settings(key)
    answer_key.save(key, path)
    if old and answer_key.with_digest(replace(key, source=old.source)).digest == old.digest:
        return Built(path, False)
    return Built(path, True, _what_became(old, key) if old else note)


def _what_became(old: answer_key.AnswerKey, new: answer_key.AnswerKey) -> Text:
    """Which groups of a key that was computed again have other inputs, and whether that changes points."""
    if answer_key.deciding(new) == answer_key.deciding(old):
        return say("file.key_same_points", name=new.assignment)
    before = {at: dumps(inputs(group.cases)) for at, group in old.groups.items()}
    anew = ["/".join(at) for at, group in new.groups.items() if dumps(inputs(group.cases)) != before.get(at)]
    if not anew:
        was, now = _deciding(old), _deciding(new)
        what = joined(name for name, value in now.items() if value != was[name])
        return say("file.key_other_points", name=new.assignment, what=what)
    return say("file.key_groups_anew", name=new.assignment, groups=joined(anew))


def _deciding(key: answer_key.AnswerKey) -> dict[Text, Any]:
    """What of a key decides points, besides its inputs."""
    groups = key.groups.items()
    return {
        say("file.key_points"): [key.by_hand, {at: group.points for at, group in groups}],
        say("file.key_values"): {at: dumps([case.expected for case in group.cases]) for at, group in groups},
        say("file.key_comparators"): {at: [case.accept for case in group.cases] for at, group in groups},
        say("file.key_limits"): key.settings.limits,
        say("file.key_domain"): key.domain,
    }


def write(path: Path, content: bytes, dry_run: bool = False) -> Built:
    """Write a file unless it exists with the same content."""
    if path.exists() and path.read_bytes() == content:
        return Built(path, False)
    if not dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, content)
    return Built(path, True)


def write_visible_key(path: Path, key: answer_key.AnswerKey, dry_run: bool = False) -> Built:
    """Write a visible key unless the old one differs in rounding only: machines round differently."""
    with contextlib.suppress(answer_key.KeyFileError):
        if path.exists() and answer_key.same_up_to_rounding(answer_key.load(path), key):
            return Built(path, False)
    return write(path, answer_key.to_bytes(key), dry_run)


def stub(assignment: Assignment, lang: str) -> str:
    """The plain `.py` file as released, with stubs."""
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
    a single file.
    """
    import jupytext
    import nbformat

    notebook = jupytext.reads(assignment.notebook.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [cell for cell in notebook.cells if cell.metadata.get("lang", lang) == lang]
    worth, left_out = assignment.worth, assignment.left_out
    modules = assignment.settings.limits.get("modules", ())
    for cell in notebook_text.without_sections(cells, left_out) if left_out else cells:
        if cell.cell_type == "markdown":
            text = notebook_text.filled(cell.source, worth, modules, lang)
            new = nbformat.v4.new_markdown_cell(_SOFT_BREAK.sub("", text))
            pictures = PICTURE.findall(cell.source)
            if pictures:
                folder = assignment.folder / "pictures"
                encoded = {name: base64.b64encode((folder / name).read_bytes()) for name in pictures}
                new["attachments"] = {name: {"image/png": text.decode()} for name, text in encoded.items()}
        else:
            new = nbformat.v4.new_code_cell(in_language(cell.source, lang))
        new.metadata = cell.metadata
        answer = cell.metadata.get("answer")
        if answer in worth and worth[answer] != cell.metadata.get("points"):
            new.metadata["points"] = worth[answer]
        yield new


def in_language(source: str, lang: str) -> str:
    """Keep the lines of one language: in docstrings and comments, a line may begin with `zh: ` or `en: `."""
    lines = []
    for line in source.split("\n"):
        tagged = TAG.fullmatch(line)
        if tagged is None:
            lines.append(line)
        elif tagged[2] == lang:
            lines.append(tagged[1] + tagged[3])
    return "\n".join(lines)


def without_solutions(source: str) -> str:
    """Replace each region between the solution markers by a stub."""
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
