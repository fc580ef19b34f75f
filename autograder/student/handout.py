"""The students' files of the course, and copying them into a student's folder.

`autograder start` calls `copy`. Files are found inside an installed package, else in the checkout beside it
(`packaging`). A file that a student has changed is never written over.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.base import atomic
from autograder.base.messages import COURSE_LANGUAGES, TextError, course_language, say
from autograder.judging import answer_key
from autograder.student.workspace import ENDING, course_order

What = Literal["new", "same", "kept", "renewed"]
"""Of a file: written, already there, kept although it differs, or replaced by a newer one."""


class HandoutError(TextError):
    """Files that cannot be handed out."""


@dataclass(frozen=True)
class Copied:
    """What became of the course's files.

    Attributes
    ----------
    assignments : tuple of str
        In the course's order.
    files : dict
        Their places below the student's folder, and what was done.
    """

    assignments: tuple[str, ...]
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
    """Copy the files of one language into `target`, a folder for each assignment; English for what is none of
    `COURSE_LANGUAGES`.

    What a student has changed is kept. A file that is still as it was handed out in another language is
    replaced; so is a visible answer key, which is nobody's work.

    Raises
    ------
    HandoutError
        There is nothing to copy, or nowhere to write.
    """
    lang = course_language(lang)
    # The folder is the place: what a key calls its assignment is the word of whoever made it.
    keys = {path.parent.name: answer_key.load(path) for path in sorted((course / lang).glob(f"*/*{ENDING}"))}
    if not keys:
        raise HandoutError(say("error.no_assignments_in_language", folder=course, lang=lang))
    names = tuple(sorted(keys, key=lambda name: course_order(keys[name])))
    files: dict[Path, What] = {}
    try:
        for name in names:
            for path in sorted((course / lang / name).rglob("*")):
                if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                    place = path.relative_to(course / lang)
                    files[place] = _copy_file(path, target / place, course, place)
    except OSError as error:
        raise HandoutError(
            say(
                "error.handout_not_written",
                file=error.filename or target,
                error=error.strerror or error,
            )
        ) from error
    return Copied(names, files)


def _copy_file(path: Path, target: Path, course: Path, place: Path) -> What:
    content = path.read_bytes()
    there = target.read_bytes() if target.exists() else None
    if there == content:
        return "same"
    if there is not None and not _is_ours(there, course, place):
        return "kept"
    target.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(target, content)  # half a file would pass for a student's work
    return "new" if there is None else "renewed"


def _is_ours(content: bytes, course: Path, place: Path) -> bool:
    """Is the file one that no student has worked on?"""
    if place.name.endswith(ENDING):
        return True
    handed_out = (course / lang / place for lang in COURSE_LANGUAGES)
    return any(path.is_file() and path.read_bytes() == content for path in handed_out)
