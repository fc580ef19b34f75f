"""Gradescope's `results.json`: one document a submission, a test an exercise.

Gradescope shows it to the student, so it holds what a student may know and no more: no notes, no output.
The fields are those of gradescope-autograders.readthedocs.io/en/latest/specs.
"""

import json
from typing import Any, TextIO

from autograder.messages import say
from autograder.reports.words import told
from autograder.verdicts import ExerciseResult, SubmissionResult, Verdict


def write(result: SubmissionResult, lang: str, stream: TextIO) -> None:
    """Write one submission's document; texts are in `lang`."""
    json.dump(document(result, lang), stream, ensure_ascii=False, indent=2)
    stream.write("\n")


def document(result: SubmissionResult, lang: str) -> dict[str, Any]:
    """What Gradescope reads, as plain values."""
    failed = say("The grader failed here, not you: the points count in full.").in_language(lang)
    return {
        "score": result.points,
        "execution_time": round(result.seconds),
        "output": failed if result.has_judge_error else "",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(exercise, str(number), lang) for number, exercise in enumerate(result.exercises, start=1)
        ],
    }


def _test(exercise: ExerciseResult, number: str, lang: str) -> dict[str, Any]:
    return {
        "name": exercise.name,
        "number": number,
        "score": exercise.points,
        "max_score": exercise.max_points,
        "status": "passed" if exercise.verdict in (Verdict.AC, Verdict.JE) else "failed",
        "output": "\n".join(text.in_language(lang) for text in told(exercise)),
        "tags": [exercise.verdict.value],
        "visibility": "visible",
    }
