"""Functions that are trusted, run in this very process on the calls of an answer key.

For a student's own notebook (`checking`) and an author's own course (`verification`). Down to the
bytes it is what happens in the sandbox, so that all of them agree; but it protects from nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from autograder.judging.answer_key import AnswerKey
from autograder.judging.judge import calls
from autograder.sandbox import runner
from autograder.sandbox.client import outcome_of
from autograder.sandbox.records import Outcome

Statement = runner.Statement


def outcomes(
    key: AnswerKey,
    functions: Mapping[str, Callable[..., Any]],
    statements: list[Statement] | None = None,
    places: Mapping[str, str] | None = None,
) -> Iterator[Outcome]:
    """What comes of `judge.calls(key)`, one call after the other as they are asked for.

    Parameters
    ----------
    functions : mapping
        Functions by the names of their exercises; they win over those that the statements define.
    statements : list, optional
        Top-level statements to execute first, as `submission.read` gives them.
    places : mapping, optional
        What the files of the functions are called where an outcome names the line of an exception.
    """
    named = places or {}
    loaded = runner.Loaded(statements or [], lambda kind, payload: None)
    loaded.module.__dict__.update(functions)
    loaded.labels.update(named)
    for call in calls(key):
        outcome = outcome_of(runner.message(*loaded.call(call.to_data())))
        yield replace(outcome, where=named.get(outcome.where, outcome.where))
