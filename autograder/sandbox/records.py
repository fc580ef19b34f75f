"""The calls that a submission is asked to make, and their outcomes: records on the grader's side."""

from dataclasses import dataclass
from typing import Any, Literal

from autograder.base.messages import Text

Isolation = Literal["bubblewrap", "process", "user"]
"""Inside bubblewrap; without it; or without it, started as root, with each run as another user ("user")."""
Status = Literal[
    "returned",
    "raised",
    "missing",
    "forbidden",
    "unsendable",
    "time",
    "output",
    "died",
    "unanswered",
    "not made",
]


@dataclass(frozen=True)
class Call:
    """A call of a student's function; inputs only."""

    function: str
    args: tuple[Any, ...]
    group: str
    """Calls of one group earn points together: when one is stopped, the others are not made."""
    layout: str = "C"
    fresh: bool = False
    rest: tuple[Any, ...] = ()
    """Default values of the parameters after `args`, passed to a function that has no defaults."""
    script: tuple[tuple[str, str, int | None], ...] = ()
    """What is done with a class: see `runner.answer`."""

    def to_data(self) -> dict[str, Any]:
        """What the runner needs of it."""
        names = ("function", "args", "layout", "fresh", "rest", "script")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Outcome:
    """The outcome of one call.

    Everything but a `status` of "time", "output", "died" or "not made" was reported by the student's process
    and may be false. `text` may hold anything, also hidden inputs: with a hidden key it is shown to the
    instructor alone. Of a call that was not made it is the reason: "group", another call of its group was
    stopped; "total", the submission had used up its time. `reason` comes from the submission's text alone:
    why it has no such function, or raised; students may read it, of hidden cases too.
    """

    status: Status
    value: Any = None
    seconds: float = 0.0
    changed: tuple[int, ...] = ()
    shares: bool = False
    exception: str = ""
    text: str = ""
    where: str = ""
    line: int = 0
    step: int = 0
    """The step of a script that raised; 0 for the first, and for a function."""
    reason: Text | None = None


@dataclass(frozen=True)
class LoadNote:
    """A statement of the submission that failed while it was loaded. `text`: see `Outcome`.

    Without an `exception` it was stopped and left out, and `text` is the status of a call that ends like it.
    """

    where: str
    line: int
    exception: str
    text: str


@dataclass(frozen=True)
class Run:
    """A submission's outcomes, in the order of the calls."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[LoadNote, ...] = ()
    output: str = ""
    left_out: tuple[tuple[str, int], ...] = ()
    """Where the statements stand that were stopped and left out, as (where, line)."""
