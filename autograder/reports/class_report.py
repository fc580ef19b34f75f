"""`autograder report`: write a graded class in one format, below one folder.

The command line passes a function that iterates over the results anew: some formats need the class's
statistics before their first line. Two passes are made at most, and all results are never in memory.
"""

import contextlib
import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Literal

from autograder.base.atomic import replacing
from autograder.base.messages import Text, TextError, say
from autograder.base.written import digest, remembering, remove
from autograder.judging.results import SubmissionResult
from autograder.reports import (
    canvas_file,
    csv_file,
    downloads,
    gradescope,
    json_file,
    junit_file,
    moodle_file,
)
from autograder.reports.class_statistics import collect

Format = Literal["html", "csv", "junit", "json", "gradescope", "canvas", "moodle"]
Results = Callable[[], Iterable[SubmissionResult]]

_FILES = {"csv": "grades.csv", "json": "results.json", "junit": "junit.xml", "canvas": "canvas.csv"}

IN_PAGE = 2000
"""Largest class whose feedback is in the page; in a larger one a name links to the student's own page."""


class ReportError(TextError):
    """This class has no report of that format."""


def write(
    form: Format, results: Results, folder: Path, lang: str, tell: Callable[[Text], None] = lambda text: None
) -> Path:
    """Write the class and return the file that was written, or the folder of the files.

    Parameters
    ----------
    results : function
        Iterates over all results at each call, grouped by student.
    lang : {"zh", "en"}
        The language of texts; in pages of all languages, the one that is shown first.
    tell : function
        Called with a warning, such as about students who were left out.

    Raises
    ------
    ReportError
    """
    folder.mkdir(parents=True, exist_ok=True)
    match form:
        case "html":
            return _html(results, folder, lang, tell)
        case "gradescope":
            return _gradescope(results, folder, lang, tell)
        case "moodle":
            return _moodle(results, folder / "moodle", lang, tell)
    file = folder / _FILES[form]
    exercises = (exercise.name for result in results() for exercise in result.exercises)
    columns = list(dict.fromkeys(exercises)) if form == "csv" else []
    with replacing(file) as stream:
        match form:
            case "csv":
                deque(
                    csv_file.through(results(), columns, stream, lang), maxlen=0
                )  # only for what passes through
            case "json":
                deque(json_file.through(results(), lang, stream), maxlen=0)  # only for what passes through
            case "junit":
                junit_file.write(results(), lang, stream)
            case "canvas":
                canvas_file.write(collect(results()), lang, stream)
    return file


def _html(results: Results, folder: Path, lang: str, tell: Callable[[Text], None]) -> Path:
    """Write `index.html` for the instructor, and in `students/` a page for each student."""
    from autograder.reports import html_page

    graded = collect(results())
    names = file_names(student.name for student in graded.students)
    (folder / "students").mkdir(exist_ok=True)

    def feedback() -> Iterator[tuple[int, Sequence[SubmissionResult]]]:
        """Write each student's own page while the class page consumes the results."""
        for index, (name, group) in enumerate(groupby(results(), attrgetter("student"))):
            of_student = list(group)
            with replacing(folder / pages[name]) as stream:
                html_page.write_student(name, of_student, lang, stream)
            known[pages[name]] = digest((folder / pages[name]).read_bytes())
            if graded.submissions <= IN_PAGE:
                yield index, of_student

    pages = {name: f"students/{file}.html" for name, file in names.items()}
    made = datetime.now().strftime("%Y-%m-%d %H:%M")
    with remembering(folder) as known:
        with replacing(folder / "index.html") as stream:
            html_page.write_class(graded, feedback(), pages, made, lang, stream)
        _remove_others(folder, known, pages.values(), tell)
    return folder / "index.html"


def _gradescope(results: Results, folder: Path, lang: str, tell: Callable[[Text], None]) -> Path:
    """Write `gradescope/<assignment>/<student>.json`, each its `results.json` of one submission."""
    names = file_names(dict.fromkeys(result.student for result in results()))
    written = set()
    with remembering(folder) as known:
        for result in results():
            name = f"gradescope/{result.assignment}/{names[result.student]}.json"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with replacing(folder / name) as stream:
                gradescope.write(result, lang, stream)
            known[name] = digest((folder / name).read_bytes())
            written.add(name)
        _remove_others(folder, known, written, tell)
    return folder / "gradescope"


def _moodle(results: Results, folder: Path, lang: str, tell: Callable[[Text], None]) -> Path:
    """Write `<assignment>.csv`, each a grading worksheet of the students whose Moodle number is known."""
    graded = collect(results())
    numbers = {
        student: handed
        for student, handed in downloads.handed_in(graded).items()
        if handed.system == "Moodle" and handed.number
    }
    if graded.students and not numbers:
        raise ReportError(say("report.no_moodle_numbers"))
    files = file_names(assignment.name for assignment in graded.assignments)
    folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        sheets = {
            name: moodle_file.Worksheet(stack.enter_context(replacing(folder / f"{file}.csv")), lang)
            for name, file in files.items()
        }
        for result in results():
            if result.student in numbers:
                sheets[result.assignment].add(numbers[result.student], result)
    if left_out := [student.name for student in graded.students if student.name not in numbers]:
        tell(say("report.left_out", names=", ".join(left_out)))
    return folder


def _remove_others(
    root: Path, known: dict[str, str], written: Iterable[str], tell: Callable[[Text], None]
) -> None:
    """Delete the files of an earlier, larger class, so that no outdated page is sent to anybody.

    Only what an earlier report wrote below `root`, as `known` says, into the folders that this one fills; and
    what was edited since is kept.
    """
    names = set(written)
    folders = {Path(name).parent for name in names}
    gone = [name for name in known if name not in names and Path(name).parent in folders]
    if edited := remove(root, known, gone):
        tell(say("report.kept", folder=root, names=", ".join(edited)))


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A unique file name without ending for each name.

    Letters of any language stay. A name that is changed, or differs from another in case only, gets
    eight digits of a digest.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w-]+", "_", name)[:48] or "_"
        if plain != name or plain.casefold() in taken:
            plain += "-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        taken.add(plain.casefold())
        found[name] = plain
    return found
