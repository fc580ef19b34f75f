"""Judge functions that need no sandbox: references, alternatives, misconceptions, stubs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.judging import in_process
from autograder.judging.answer_key import AnswerKey
from autograder.judging.judge import judge
from autograder.judging.results import ExerciseResult
from autograder.sandbox.records import Outcome
from autograder.submissions.source import read as read_source


def outcomes(
    key: AnswerKey, functions: Mapping[str, Callable[..., Any]] | None = None, *, source: str = ""
) -> list[Outcome]:
    """The calls of `key`, made on functions by name or on a file's text."""
    read = read_source("solution.py", source.encode()).statements if source else ()
    statements = [(each.source, each.where, each.line) for each in read]
    with np.errstate(all="ignore"):  # misconceptions may well divide by zero
        return list(in_process.outcomes(key, functions or {}, statements))


def graded(key: AnswerKey, functions: Mapping[str, Callable[..., Any]]) -> tuple[ExerciseResult, ...]:
    """The results of functions, given by the names of their exercises."""
    return judge(key, outcomes(key, functions))


def graded_source(key: AnswerKey, source: str) -> tuple[ExerciseResult, ...]:
    """The results of a file's text."""
    return judge(key, outcomes(key, source=source))


def only(key: AnswerKey, name: str) -> AnswerKey:
    """`key` with the one exercise `name`."""
    return replace(key, exercises=tuple(one for one in key.exercises if one.name == name))
