"""The record that judging hands to diagnosis: one case, what was asked, what came of it."""

from dataclasses import dataclass
from typing import Any

from autograder.judging.answer_key import KeyCase
from autograder.judging.comparison import Difference
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.results import Verdict
from autograder.sandbox.records import Outcome


@dataclass(frozen=True)
class Judged:
    """One case after judging: what was asked, what came of it, the verdict, and how the values differ."""

    group: str
    case: KeyCase
    outcome: Outcome
    verdict: Verdict
    difference: Difference


@dataclass(frozen=True)
class AnalysedCase(Judged):
    """A case with what its arguments are about; made once an exercise has a wrong case."""

    facts: Facts


def way_of_failing(one: Judged) -> tuple[Any, ...]:
    """How a case fails: cases that fail in the same way are described together."""
    outcome, how = one.outcome, one.difference
    if outcome.status != "returned":
        return one.verdict, outcome.status, outcome.exception, outcome.where, outcome.line
    if how.kind == "values":
        return one.verdict, how.kind
    if how.kind == "names":
        return one.verdict, how.kind, how.path, how.got, how.expected
    got = how.got if how.kind in ("type", "not numeric", "length") else None
    return one.verdict, how.kind, how.path, got, outcome.changed
