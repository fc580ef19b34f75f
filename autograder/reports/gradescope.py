"""One graded submission as Gradescope's `results.json`: a test for each group of hidden cases.

The autograder that runs on Gradescope writes this, and `autograder report` for a class graded elsewhere.
Students see points and feedback and nothing of a hidden case, not even how long it took: the submission's
output, and notes that quote its exceptions, are in a test that only instructors see.
"""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from autograder.base.messages import Text, say
from autograder.judging.pictures.text import picture
from autograder.judging.results import ExerciseResult, SubmissionResult, Verdict
from autograder.reports import words

_SHOWN = 20_000
"""Characters of a submission's output that the instructor sees."""


def write(result: SubmissionResult, lang: str, stream: TextIO) -> None:
    """Write the document of a submission graded elsewhere, without the instructor's test."""
    json.dump(to_gradescope(result, lang, instructor=False), stream, ensure_ascii=False, indent=2)
    stream.write("\n")


def to_gradescope(
    result: SubmissionResult, lang: str, notes: Sequence[Text] = (), *, instructor: bool = True
) -> dict[str, Any]:
    """The document, after https://gradescope-autograders.readthedocs.io/en/latest/specs/.

    Points and symptoms are visible at once; the idea behind a mistake after the due date, so that it cannot
    be had by resubmitting; notes and output are visible to the instructor alone.

    A judge error gives `not_graded`.

    Parameters
    ----------
    notes : sequence of Text
        Further notes for the student, such as that the file cannot be read.
    instructor : bool
        Whether to add the hidden test with notes and output.
    """
    lang = result.about.language(lang)
    if result.has_judge_error:
        reason = _for_instructor(result, lang)["output"] if instructor else ""
        return not_graded(reason, lang)
    tests = [
        test
        for number, exercise in enumerate(result.exercises, 1)
        for test in _tests(exercise, number, lang, in_full=not result.unread)
    ]
    said = dict.fromkeys([*([result.unread] if result.unread else []), *notes])
    sentences = [note.in_language(lang) for note in said]
    if result.by_hand:
        sentences.append(words.about_written(result).in_language(lang))
    hidden = [_for_instructor(result, lang)] if instructor else []
    return {
        **_document("\n".join(sentences), [*tests, *hidden]),
        "score": result.points,
        "test_output_format": "text",
        "test_name_format": "text",
        "extra_data": {"assignment": result.assignment, "isolation": result.isolation},
    }


def _document(output: str, tests: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {"output_format": "text", "visibility": "visible", "stdout_visibility": "hidden"}
    return {"output": output, **shown, "tests": tests}


def _hidden(output: str, status: str, lang: str) -> dict[str, Any]:
    """The test that only the instructor sees."""
    name = say("gradescope.instructor_heading").in_language(lang)
    return {"name": name, "status": status, "output": output, "visibility": "hidden"}


def not_graded(reason: str, lang: str) -> dict[str, Any]:
    """The document where nothing was graded; only the instructor sees the reason, if there is one.

    It has no score, which Gradescope requires: it then shows the submission as one that its autograder failed
    on, and counts nothing, where a 0 would count.
    """
    hidden = [{**_hidden(reason, "failed", lang), "output_format": "text"}] if reason else []
    return _document(say("gradescope.not_graded").in_language(lang), hidden)


def _tests(exercise: ExerciseResult, number: int, lang: str, *, in_full: bool) -> list[dict[str, Any]]:
    """A test for each group, and one for the idea behind a mistake, visible after the due date."""
    tests: list[dict[str, Any]] = []
    for index, group in enumerate(exercise.groups, 1):
        verdict = next((case.verdict for case in group.cases if not case.verdict.earns), Verdict.AC)
        passed = verdict is Verdict.AC
        first = in_full and all(test["status"] == "passed" for test in tests)
        told = (_told(exercise, lang) if first else []) or [words.name_of(verdict).in_language(lang)]
        tests.append(
            {
                "name": f"{exercise.name}: {group.name}",
                "number": f"{number}.{index}",
                "score": group.points,
                "max_score": group.max_points,
                "status": "passed" if passed else "failed",
                "output": "" if passed else "\n".join(told),
                "visibility": "visible",
            }
        )
    if (idea := words.idea(exercise)) is not None:
        tests.append(
            {
                "name": say("gradescope.idea_heading", exercise=exercise.name).in_language(lang),
                "number": f"{number}.{len(exercise.groups) + 1}",
                "status": "failed",
                "output": idea.in_language(lang),
                "visibility": "after_due_date",
                "tags": [exercise.misconception],
            }
        )
    return tests


def _told(exercise: ExerciseResult, lang: str) -> list[str]:
    """What is seen in the first group that fails, and the case like it."""
    lines = [said.in_language(lang) for said in (words.seen(exercise), words.of_sibling(exercise)) if said]
    if exercise.sibling is not None and exercise.sibling.picture is not None:
        lines += picture(exercise.sibling.picture, lang)
    return lines


def _for_instructor(result: SubmissionResult, lang: str) -> dict[str, Any]:
    """The hidden test: notes and output, which may contain hidden inputs."""
    lines = [
        say("gradescope.file", file=result.file or "–").in_language(lang),
        say("gradescope.isolation", isolation=result.isolation).in_language(lang),
        *(note.in_language(lang) for note in result.notes),
        *(f"{each.name}: {each.detail.in_language(lang)}" for each in result.exercises if each.detail),
    ]
    if result.output:
        lines += ["", say("gradescope.printed_heading").in_language(lang), result.output[:_SHOWN]]
    return _hidden("\n".join(lines), "passed", lang)
