"""Judging code that is trusted, in this process: the sandbox's runner without the sandbox around it.

Down to the bytes it is what a graded submission goes through (`autograder.checking` does the same for a
student's notebook), and it takes milliseconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograder import submission
from autograder.answer_key import AnswerKey
from autograder.judge import calls, judge
from autograder.sandbox import runner
from autograder.sandbox.client import outcome_of
from autograder.sandbox.records import Outcome
from autograder.verdicts import ExerciseResult


def outcomes(
    key: AnswerKey, functions: Mapping[str, Callable[..., Any]] | None = None, source: str = ""
) -> list[Outcome]:
    """What comes of the calls of `key` when they are made of `functions` or of what `source` defines."""
    read = submission.read("solution.py", source.encode())
    statements = [(s.source, s.where, s.line) for s in read.statements]
    loaded = runner.Loaded(statements, lambda kind, payload: None)
    loaded.module.__dict__.update(functions or {})
    requests = [
        {"function": call.function, "args": call.args, "layout": call.layout, "fresh": call.fresh}
        for call in calls(key)
    ]
    with np.errstate(all="ignore"):  # misconceptions may well divide by zero
        return [outcome_of(runner.message(loaded.call(one))) for one in requests]


def graded(key: AnswerKey, functions: Mapping[str, Callable[..., Any]]) -> tuple[ExerciseResult, ...]:
    """The results of functions, given by the names of their exercises."""
    return judge(key, outcomes(key, functions))


def graded_source(key: AnswerKey, source: str) -> tuple[ExerciseResult, ...]:
    """The results of a file's text."""
    return judge(key, outcomes(key, source=source))


def only(key: AnswerKey, name: str) -> AnswerKey:
    """`key` with the one exercise `name`."""
    return replace(key, exercises=tuple(one for one in key.exercises if one.name == name))
