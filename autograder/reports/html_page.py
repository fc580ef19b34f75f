"""The class report as one page that needs no network, and the page that each student gets.

`class_report` calls it. Everything from a submission, such as a student's name or a program's output, is
escaped by the templates, and a content security policy lets the browser run the page's own script only. A
student's page holds points, the sentences of `words.told` and the pictures of sibling cases: never notes,
output or details.
"""

import base64
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from autograder import __version__
from autograder.base import html
from autograder.base.messages import course_language, page_languages
from autograder.judging.pictures import words as pictures
from autograder.judging.results import SubmissionResult, Verdict, total, total_earned
from autograder.reports import words
from autograder.reports.class_statistics import Cell, ClassStatistics, StudentStatistics

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_OUTPUT = 2000
"""Characters of a submission's output that the instructor's view shows; `results.json` holds more."""
_MARKS = {Verdict.AC: "✓", Verdict.NI: "·", Verdict.JE: "!"}
_STEPS = 5
"""Number of tints in the heat map between no points and full points."""


def write_class(
    graded: ClassStatistics,
    feedback: Iterable[tuple[int, Sequence[SubmissionResult]]],
    pages: Mapping[str, str],
    made: str,
    lang: str,
    stream: TextIO,
) -> None:
    """Write the page of a class incrementally.

    Parameters
    ----------
    feedback : iterable of (int, results)
        The results of each student, with the student's index in `graded.students`, for the view inside the
        page; consumed after everything else.
    pages : mapping
        The address of each student's own page, by name.
    made : str
        When the report was made, as shown.
    lang : str
        The language that is shown first.
    """
    indices = {student.name: index for index, student in enumerate(graded.students)}

    def link(name: str) -> Markup:
        said = html.element("bdi", name)
        return html.element("a", said, href=quote(pages[name]), data_student=f"{indices[name]}")

    widths = [len(assignment.exercises) for assignment in graded.assignments]
    written = page_languages(lang for assignment in graded.assignments for lang in assignment.languages)
    script = (_TEMPLATES / "class.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = environment(written).get_template("class.html")
    for part in page.generate(
        graded=graded,
        feedback=feedback,
        link=link,
        heat=functools.partial(_heat, widths),
        made=made,
        lang=course_language(lang, written),
        version=__version__,
        script=Markup(script),
        title={assignment.name: assignment.title for assignment in graded.assignments},
        script_digest=f"sha256-{digest}",
        verdicts=Verdict,
    ):
        stream.write(part)


def write_student(name: str, results: Sequence[SubmissionResult], lang: str, stream: TextIO) -> None:
    """Write the page that a student gets."""
    written = page_languages(lang for result in results for lang in result.about.languages)
    page = environment(written).get_template("student.html")
    stream.write(
        page.render(
            name=name,
            results=results,
            points=total_earned(result.earned for result in results),
            max_points=total(result.max_points for result in results),
            lang=course_language(lang, written),
        )
    )


@functools.cache
def environment(languages: tuple[str, ...]) -> Environment:
    """The templates of this package."""
    found = html.environment("autograder.reports", languages, "autograder.judging.pictures")
    found.globals["pictures"] = pictures
    filters: dict[str, Callable[..., Any]] = {
        "cut": lambda text: text if len(text) <= _SHOWN_OUTPUT else text[:_SHOWN_OUTPUT] + " …",
        "mark": lambda verdict: _MARKS.get(verdict, "✗"),
        "name": words.name_of,
        "percent": _percent,
        "seconds": _seconds,
        "submissions": words.submissions,
        "told": words.told,
        "written": words.about_written,
    }
    found.filters |= filters
    return found


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 0.001:
        return "< 1 ms"
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _heat(widths: Sequence[int], student: StudentStatistics) -> Markup:
    """A student's cells, each assignment's after its points; kept short, as a class may have 100,000."""
    cells = iter(student.cells)
    parts = []
    for points, width in zip(student.by_assignment, widths, strict=True):
        parts.append(html.element("td", "" if points is None else f"{points:g}", class_="sum"))
        parts += [_cell(next(cells)) for _ in range(width)]
    return html.together(parts)


@functools.lru_cache(maxsize=4096)
def _cell(cell: Cell | None) -> Markup:
    if cell is None:
        return html.element("td", data_s="-1")
    if cell.points is None:
        return html.element("td", "–", class_="cell he", data_v=cell.verdict.value, data_s="-1")
    share = cell.points / cell.max_points if cell.max_points else 1.0
    tint = "n" if cell.verdict is Verdict.NI else str(int(_STEPS * share + 1e-9))
    order = f"{share - (cell.verdict is Verdict.NI) / 2:.3g}"
    told = f"{cell.points:g} / {cell.max_points:g}"
    return html.element("td", told, class_=f"cell h{tint}", data_v=cell.verdict.value, data_s=order)
