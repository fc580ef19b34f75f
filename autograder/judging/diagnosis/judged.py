"""The records that judging hands to diagnosis: a case with its outcome and its verdict."""

from dataclasses import dataclass
from typing import Any

from autograder.judging.comparison import Difference
from autograder.judging.diagnosis.facts import Facts
from autograder.judging.key_records import KeyCase, Step
from autograder.judging.results import Verdict
from autograder.sandbox.records import Outcome


@dataclass(frozen=True)
class Judged:
    """A case after judging: what was asked, its outcome, its verdict, and how the values differ."""

    group: str
    case: KeyCase
    outcome: Outcome
    verdict: Verdict
    difference: Difference

    @property
    def step(self) -> Step | None:
        """The step of a class's script that raised; its process tells, so it may be a lie."""
        raised = self.outcome.status == "raised" and self.outcome.step < len(self.case.script)
        return self.case.script[self.outcome.step] if raised else None


@dataclass(frozen=True)
class AnalysedCase(Judged):
    """A judged case with the facts of its arguments; made only where an exercise has a wrong case."""

    facts: Facts


def way_of_failing(judged: Judged) -> tuple[Any, ...]:
    """A key by which cases that fail in the same way are described together."""
    verdict, outcome, how = judged.verdict, judged.outcome, judged.difference
    if outcome.status != "returned":
        return verdict, outcome.status, outcome.exception, outcome.where, outcome.line, outcome.step
    if how.kind == "values":
        return verdict, how.kind
    if how.kind == "names":
        return verdict, how.kind, how.path, how.got, how.expected
    got = how.got if how.kind in ("type", "not numeric", "length") else None
    return verdict, how.kind, how.path, got, outcome.changed
