"""What is asked of a submission, and what comes of it: the records on the grader's side of the sandbox."""

from dataclasses import dataclass
from typing import Any, Literal

Isolation = Literal["bubblewrap", "process", "user"]
"""Inside bubblewrap; without it; without it and, started as root, each run as another user ("user")."""
Status = Literal[
    "returned", "raised", "missing", "forbidden", "unsendable", "time", "output", "died", "unanswered"
]


@dataclass(frozen=True)
class Call:
    """What the student's process is asked to do; inputs only."""

    function: str
    args: tuple[Any, ...]
    group: str
    """Calls of one group are worth points together: when one is stopped, the others are not tried."""
    layout: str = "C"
    fresh: bool = False
    rest: tuple[Any, ...] = ()
    """Default values of the parameters that `args` leaves out: given to a function that has no defaults."""

    def to_data(self) -> dict[str, Any]:
        """As the runner reads it."""
        return {
            "function": self.function,
            "args": self.args,
            "layout": self.layout,
            "fresh": self.fresh,
            "rest": self.rest,
        }


@dataclass(frozen=True)
class Outcome:
    """What came of one call.

    Everything but a `status` of "time", "output" or "died" is the student's own word. `text` may hold
    anything, hidden inputs too: with a hidden key it is shown to the instructor alone.
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


@dataclass(frozen=True)
class LoadNote:
    """A statement of the submission that failed while it was loaded. `text`: see `Outcome`."""

    where: str
    line: int
    exception: str
    text: str


@dataclass(frozen=True)
class Run:
    """A submission's outcomes, one a call in the order of the calls."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[LoadNote, ...] = ()
    output: str = ""
