"""Copy the course's student files into a student's folder (`autograder start`).

The files are found inside the installed package, else in the checkout beside it. A file that a student has
changed is never overwritten.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.base import atomic
from autograder.base.messages import COURSE_LANGUAGES, Text, TextError, course_language, say
from autograder.judging import answer_key
from autograder.student.workspace import ENDING, course_order

What = Literal["new", "same", "kept", "renewed"]
"""A file was written, already the same, kept although it differs, or replaced by a newer one."""


class HandoutError(TextError):
    """The files cannot be copied."""


@dataclass(frozen=True)
class Copied:
    """What was done with the course's files.

    Attributes
    ----------
    assignments : tuple of str
        In the course's order.
    titles : dict
        What the course calls them, by name.
    lang : str
        In which the reader is told about it.
    files : dict
        What was done, by path below the student's folder.
    """

    assignments: tuple[str, ...]
    titles: dict[str, Text]
    lang: str
    files: dict[Path, What]

    def that_are(self, what: What) -> list[Path]:
        return [path for path, done in self.files.items() if done == what]


def source() -> Path:
    """The folder that holds the students' files of all languages.

    Raises
    ------
    HandoutError
    """
    package = Path(__file__).parent.parent
    for folder in (package / "assignments", package.parent / "assignments"):
        if any(folder.glob(f"*/*/*{ENDING}")):
            return folder
    raise HandoutError(say("error.no_assignments_installed"))


def copy(course: Path, lang: str, target: Path) -> Copied:
    """Copy the files of one language into `target`, a folder for each assignment.

    A `lang` in which there is nothing gets English, else the course's only language. What a student has
    changed is kept. A file that is still as it was handed out in another language is replaced, and so is a
    visible answer key, which students do not edit.

    Raises
    ------
    HandoutError
        There is nothing to copy, or nowhere to write.
    """
    written = [known for known in COURSE_LANGUAGES if any((course / known).glob(f"*/*{ENDING}"))]
    reader, lang = lang, course_language(lang, written or COURSE_LANGUAGES)
    # By folder: the assignment's name inside a key may be a different one.
    keys = {path.parent.name: answer_key.load(path) for path in sorted((course / lang).glob(f"*/*{ENDING}"))}
    if not keys:
        raise HandoutError(say("error.no_assignments_in_language", folder=course, lang=lang))
    names = tuple(sorted(keys, key=lambda name: course_order(keys[name])))
    files: dict[Path, What] = {}
    try:
        for name in names:
            for path in sorted((course / lang / name).rglob("*")):
                if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                    relative = path.relative_to(course / lang)
                    files[relative] = _copy_file(path, target / relative, course, relative)
    except OSError as error:
        raise HandoutError(
            say("error.handout_not_written", file=error.filename or target, error=error.strerror or error)
        ) from error
    titles = {name: keys[name].about.title for name in names}
    return Copied(names, titles, keys[names[0]].about.language(reader), files)


def _copy_file(path: Path, target: Path, course: Path, relative: Path) -> What:
    content = path.read_bytes()
    existing = target.read_bytes() if target.exists() else None
    if existing == content:
        return "same"
    if existing is not None and not _is_unchanged(existing, course, relative):
        return "kept"
    target.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(target, content)  # the next `start` would take half a file for a student's work
    return "new" if existing is None else "renewed"


def _is_unchanged(content: bytes, course: Path, relative: Path) -> bool:
    """Whether no student has worked on the file."""
    if relative.name.endswith(ENDING):
        return True
    handed_out = (course / lang / relative for lang in COURSE_LANGUAGES)
    return any(path.is_file() and path.read_bytes() == content for path in handed_out)
