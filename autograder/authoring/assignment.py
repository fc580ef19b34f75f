"""Load an assignment from its folder: `notebook.py`, `hidden.py`, optionally `texts.toml`, `alternatives.py`.

`load` imports the modules (the instructor's own, trusted code), attaches the texts, applies the course's
settings (`course`) and returns one record.
The course folder becomes a package with a name of its own, so that `hidden.py` can write
`from .notebook import conv2d` and several courses can be loaded in one process.
"""

import hashlib
import importlib
import itertools
import sys
import traceback
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.authoring import course as course_settings
from autograder.authoring import notebook_mistakes, notebook_text, texts
from autograder.authoring.course import AssignmentSettings, Course
from autograder.authoring.exercise import AuthoringError, Exercise, collected, described, refuse
from autograder.base.messages import COURSE_LANGUAGES, Text, say
from autograder.judging.answer_key import AnswerKey, KeySettings, with_digest
from autograder.judging.domain import UnknownDomain, find
from autograder.sandbox.limits import Limits

_FILES = ("notebook.py", "hidden.py", "texts.toml", "alternatives.py")


@dataclass(frozen=True)
class Assignment:
    """The exercises of one notebook, in the order in which `hidden.py` defines them.

    Attributes
    ----------
    domain : str
        The `DOMAIN` of `hidden.py`: see `judging.domain`.
    languages : tuple of str
        Those of the course.
    settings : KeySettings
        What its answer keys carry of the course's settings.
    written : mapping
        The written questions of the notebook and their points; people grade them.
    left_out : tuple of str
        Exercises and questions that the course leaves out, and that are in neither of these.
    """

    name: str
    folder: Path
    exercises: tuple[Exercise, ...]
    domain: str = ""
    languages: tuple[str, ...] = COURSE_LANGUAGES
    settings: KeySettings = field(default_factory=KeySettings)
    written: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def notebook(self) -> Path:
        return self.folder / "notebook.py"

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def worth(self) -> dict[str, float]:
        """The points of all exercises and written questions."""
        return {**{exercise.name: exercise.points for exercise in self.exercises}, **self.written}

    def with_settings(self, key: AnswerKey) -> AnswerKey:
        """A key of this assignment, with the course's settings and what people grade."""
        return with_digest(replace(key, settings=self.settings, by_hand=sum(self.written.values())))


def load_all(course: Path) -> list[Assignment]:
    """Every assignment of a course folder, in the course's order.

    Raises
    ------
    AuthoringError
        With the mistakes of the settings and of all assignments, as far as they can be imported.
    """
    if not course.is_dir():
        raise AuthoringError(say("author.no_course", folder=course))
    # A folder with none of an assignment's files may hold anything: data, modules, pictures.
    folders = sorted({file.parent for name in _FILES for file in course.glob(f"[!._]*/{name}")})
    if not folders:
        raise AuthoringError(say("author.no_assignments", folder=course))
    settings = course_settings.read(course)
    names = [folder.name for folder in folders]
    mistakes: list[Text | str] = [*settings.mistakes, *course_settings.beside(settings, names)]
    if not settings.languages:  # without them, much that would be said of the texts is false
        refuse(mistakes)
    settings = replace(settings, mistakes=())
    course_texts = texts.read(course.resolve() / "texts.toml", settings.languages)
    assignments: list[Assignment] = []
    for folder in folders:
        with collected(mistakes):
            assignments.append(load(folder, course_texts, settings))
    if len(assignments) == len(folders):
        mistakes += course_texts.mistakes()
    refuse(mistakes)
    return sorted(assignments, key=lambda loaded: (loaded.settings.position, loaded.name))


def load(
    folder: Path, course_texts: texts.TextFile | None = None, course: Course | None = None
) -> Assignment:
    """Import one assignment.

    Raises
    ------
    AuthoringError
        A file is missing or cannot be imported, the folder's name is no Python name; or all of these: two
        exercises have the same name, an exercise is inconsistent, a text is missing, the domain is unknown,
        the notebook would publish a solution or lacks a translation, the course's settings ask for something
        that there is not.
    """
    folder = folder.resolve()
    for name in ("notebook.py", "hidden.py"):
        if not (folder / name).is_file():
            raise AuthoringError(say("author.file_missing", folder=folder, file=name))
    if not folder.name.isidentifier():
        raise AuthoringError(say("author.folder_name", name=folder.name))
    hidden = _imported(folder, "hidden")
    found = [value for value in vars(hidden).values() if isinstance(value, Exercise)]
    exercises = tuple({id(exercise): exercise for exercise in found}.values())  # a name may be an alias
    if not exercises:
        raise AuthoringError(say("author.no_exercise", file=folder / "hidden.py"))
    names = Counter(exercise.name for exercise in exercises)
    twice = [name for name in names if names[name] > 1]
    course = course or course_settings.read(folder.parent)
    mistakes: list[Text | str] = [*course.mistakes]
    if not course.languages:
        refuse(mistakes)
    mistakes += [say("author.exercise_twice", file=folder / "hidden.py", name=name) for name in twice]
    domain = ""
    with collected(mistakes):
        exercises = _with_alternatives(exercises, folder)
    told = [mistake for exercise in exercises for mistake in exercise.mistakes()]
    mistakes += [say("author.at", place=folder, error=mistake) for mistake in told]
    with collected(mistakes):
        course_texts = course_texts or texts.read(folder.parent / "texts.toml", course.languages)
        own = texts.read(folder / "texts.toml", course.languages)
        exercises = texts.attach(exercises, own, course_texts)
    with collected(mistakes):
        domain = _domain(hidden, folder)
    notebook = folder / "notebook.py"
    cells = notebook_text.read(notebook)
    asked, written = course.of(folder.name), notebook_text.written_questions(cells)
    known = [*names, *written]
    for entry, wanted in (("points", asked.points), ("left_out", asked.left_out)):
        where = course.where("assignments", folder.name, entry)
        mistakes += [course_settings.unknown(where, name, known) for name in wanted if name not in known]
    none_left = {*names} <= {*asked.left_out}
    if none_left:
        where = course.where("assignments", folder.name, "left_out")
        mistakes.append(say("course.all_left_out", where=where))
    left_out = () if none_left else asked.left_out
    mistakes += notebook_mistakes.find(notebook, cells, names, written, left_out, course.languages)
    refuse(mistakes)
    settings = course.for_key(folder.name)
    limits = Limits(**settings.limits)
    return Assignment(
        folder.name,
        folder,
        tuple(_with_settings(each, asked, limits) for each in exercises if each.name not in asked.left_out),
        domain,
        languages=course.languages,
        settings=settings,
        written={
            name: asked.points.get(name, points)
            for name, points in written.items()
            if name not in asked.left_out
        },
        left_out=asked.left_out,
    )


def _with_settings(exercise: Exercise, asked: AssignmentSettings, limits: Limits) -> Exercise:
    """The exercise with the course's limits and points, of which its groups have the same shares."""
    points = asked.points.get(exercise.name, exercise.points)
    if points == exercise.points:
        return replace(exercise, limits=limits)
    shares = [group.points if exercise.points else 1 for group in exercise.groups]
    ends = [round(points * sum(shares[:end]) / sum(shares), 2) for end in range(len(shares) + 1)]
    groups = [
        replace(group, points=round(end - start, 2))
        for group, (start, end) in zip(exercise.groups, itertools.pairwise(ends), strict=True)
    ]
    return replace(exercise, points=points, groups=groups, limits=limits)


def _with_alternatives(exercises: tuple[Exercise, ...], folder: Path) -> tuple[Exercise, ...]:
    """Attach what `alternatives.py` lists: `ALTERNATIVES = {"conv2d": [by_loops, by_einsum]}`."""
    path = folder / "alternatives.py"
    if not path.is_file():
        return exercises
    listed = getattr(_imported(folder, "alternatives"), "ALTERNATIVES", None)
    if not isinstance(listed, dict):
        raise AuthoringError(say("author.no_alternatives", file=path))
    for name, functions in listed.items():
        if name not in [exercise.name for exercise in exercises]:
            raise AuthoringError(say("author.alternatives_of_none", file=path, name=repr(name)))
        if not isinstance(functions, list | tuple):
            raise AuthoringError(say("author.alternatives_no_list", file=path, name=name))
    return tuple(
        replace(exercise, alternatives=list(listed.get(exercise.name, ()))) for exercise in exercises
    )


def _imported(folder: Path, module: str) -> types.ModuleType:
    package = _course_package(folder.parent)
    try:
        return importlib.import_module(f"{package}.{folder.name}.{module}")
    except Exception as error:
        told = described(error)
        told = told.replace(f"{package}.", "") if isinstance(told, str) else told  # a name of ours alone
        raise AuthoringError(say("author.at", place=_place(error, folder), error=told)) from error


def _domain(hidden: types.ModuleType, folder: Path) -> str:
    name = getattr(hidden, "DOMAIN", "")
    try:
        if not isinstance(name, str):
            raise UnknownDomain(say("author.domain_type", type=type(name).__name__))
        find(name)
    except UnknownDomain as error:
        raise AuthoringError(say("author.domain", file=folder / "hidden.py", error=error)) from error
    return name


def _place(error: Exception, folder: Path) -> Text | str:
    """The last line of the author's own files in the traceback of `error`."""
    if isinstance(error, SyntaxError):
        return say("author.line", file=error.filename, line=error.lineno)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    return say("author.line", file=own[-1].filename, line=own[-1].lineno) if own else str(folder)


def _course_package(course: Path) -> str:
    """The name of a package whose submodules are found in `course`."""
    name = "_course_" + hashlib.sha256(str(course).encode()).hexdigest()[:12]
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(course)]
        sys.modules[name] = package
    return name
