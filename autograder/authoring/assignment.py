"""An assignment as it lies on the instructor's disk: a folder with `notebook.py` and `hidden.py`.

`texts.toml` and `alternatives.py` may lie beside them. `load` imports the modules (they are the instructor's
own, trusted code), attaches the texts and returns one record. The folder above becomes a package of its own,
so that `hidden.py` can write `from .notebook import conv2d` and two courses on one machine never get in each
other's way.
"""

import hashlib
import importlib
import sys
import traceback
import types
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.authoring import texts
from autograder.authoring.exercise import AuthoringError, Exercise
from autograder.judging.domain import UnknownDomain, find


@dataclass(frozen=True)
class Assignment:
    """One notebook's worth of exercises, in the order in which `hidden.py` defines them."""

    name: str
    folder: Path
    exercises: tuple[Exercise, ...]
    domain: str = ""
    """What adds the subject's knowledge to the engine: the `DOMAIN` of `hidden.py`; see `judging.domain`."""

    @property
    def notebook(self) -> Path:
        return self.folder / "notebook.py"

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)


def load_all(course: Path) -> list[Assignment]:
    """Every assignment of a course folder, in alphabetical order."""
    if not course.is_dir():
        raise AuthoringError(
            f"{course} is not a folder; name the folder that holds the assignments' sources."
        )
    folders = [hidden.parent for hidden in sorted(course.glob("*/hidden.py"))]
    if not folders:
        raise AuthoringError(
            f"{course} holds no assignments; each is a folder with notebook.py and hidden.py."
        )
    course_texts = texts.read(course.resolve() / "texts.toml")
    assignments = [load(folder, course_texts) for folder in folders]
    course_texts.check_used()
    return assignments


def load(folder: Path, course_texts: texts.TextFile | None = None) -> Assignment:
    """Import one assignment.

    Raises
    ------
    AuthoringError
        A file is missing or cannot be imported, the folder's name is no Python name, two exercises have one
        name, an exercise is inconsistent, a text is missing, or the domain is unknown.
    """
    folder = folder.resolve()
    for name in ("notebook.py", "hidden.py"):
        if not (folder / name).is_file():
            raise AuthoringError(f"{folder} has no {name}; an assignment needs notebook.py and hidden.py.")
    if not folder.name.isidentifier():
        raise AuthoringError(f"{folder.name!r} is not a Python name; rename the assignment's folder.")
    hidden = _imported(folder, "hidden")
    exercises = tuple(_unique(value for value in vars(hidden).values() if isinstance(value, Exercise)))
    if not exercises:
        raise AuthoringError(f"{folder / 'hidden.py'} defines no Exercise.")
    names = [exercise.name for exercise in exercises]
    for exercise in exercises:
        if names.count(exercise.name) > 1:
            raise AuthoringError(f"{folder / 'hidden.py'} has two exercises {exercise.name!r}; rename one.")
        exercise.validate()
    course_texts = course_texts or texts.read(folder.parent / "texts.toml")
    told = texts.attach(exercises, texts.read(folder / "texts.toml"), course_texts)
    return Assignment(folder.name, folder, _with_alternatives(told, folder), _domain(hidden, folder))


def _with_alternatives(exercises: tuple[Exercise, ...], folder: Path) -> tuple[Exercise, ...]:
    """The exercises with what `alternatives.py` lists: `ALTERNATIVES = {"conv2d": [by_loops, by_einsum]}`."""
    path = folder / "alternatives.py"
    if not path.is_file():
        return exercises
    listed = getattr(_imported(folder, "alternatives"), "ALTERNATIVES", None)
    if not isinstance(listed, dict):
        raise AuthoringError(f"{path} has no ALTERNATIVES, from exercises' names to lists of functions.")
    for name in listed:
        if name not in [exercise.name for exercise in exercises]:
            raise AuthoringError(f"{path} lists alternatives of {name!r}, which is no exercise.")
    return tuple(replace(one, alternatives=list(listed.get(one.name, ()))) for one in exercises)


def _imported(folder: Path, module: str) -> types.ModuleType:
    package = _course_package(folder.parent)
    try:
        return importlib.import_module(f"{package}.{folder.name}.{module}")
    except Exception as error:
        raise AuthoringError(f"{_place(error, folder)}: {type(error).__name__}: {error}") from error


def _domain(hidden: types.ModuleType, folder: Path) -> str:
    name = getattr(hidden, "DOMAIN", "")
    try:
        if not isinstance(name, str):
            raise UnknownDomain(f"it is a {type(name).__name__}, not a str")
        find(name)
    except UnknownDomain as error:
        raise AuthoringError(
            f"{folder / 'hidden.py'} names a DOMAIN that cannot be used: {error}."
        ) from error
    return name


def _place(error: Exception, folder: Path) -> str:
    """The last line of the author's own files that `error` went through."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else str(folder)


def _course_package(course: Path) -> str:
    """The name of a package whose submodules are found in `course`."""
    name = "_course_" + hashlib.sha256(str(course).encode()).hexdigest()[:12]
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(course)]
        sys.modules[name] = package
    return name


def _unique(exercises: Iterable[Exercise]) -> list[Exercise]:
    return list({id(exercise): exercise for exercise in exercises}.values())
