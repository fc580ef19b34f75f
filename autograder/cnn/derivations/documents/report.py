"""Result records for the equations of a file, and their counts.

`check` fills the records; `findings` shows them, and the command line writes them as JSON.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, get_args

from autograder.base.messages import Text
from autograder.cnn.derivations.checking.faults import TermFault
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.documents.conventions import described
from autograder.cnn.derivations.layer import AnyLayer, describe
from autograder.cnn.derivations.meaning.convention import Convention
from autograder.cnn.derivations.notation.nodes import Equation
from autograder.judging.result_json import with_sentence

Status = Literal[
    "right", "wrong", "conditional", "not_carried_out", "statement", "not_covered", "not_understood"
]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Checked:
    """One equation of a file.

    Parameters
    ----------
    cell : int
        Of a notebook, counted from 1; 0 in other files.
    line : int
        Of the file or cell, counted from 1.
    source : str
        As it stands there.
    read_as : str
        What was understood; "" where nothing was.
    status : str
        "right"; "wrong"; "conditional": right if what `text` says is so; "statement": a size, a value or a
        definition, with nothing to check; "not_carried_out": true, but it repeats its left-hand side or
        ends in derivatives that are left to be formed; "not_covered": read, but outside of what is checked,
        as max(…) is; "not_understood".
    text : Text
        Why, or what is remarkable.
    elements : int
        How many elements a general formula was checked at; 1 for an equation between elements.
    tree
        What was understood, where something was.
    faults, slips
        As in `LineResult`, for "wrong".
    """

    cell: int
    line: int
    source: str
    read_as: str
    status: Status
    text: Text
    elements: int = 1
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()
    tree: Equation | None = None


@dataclass(frozen=True)
class Report:
    """All equations of a file, in its order, and the sizes and conventions that they were checked with."""

    layers: tuple[AnyLayer, ...]
    equations: tuple[Checked, ...]
    conventions: tuple[Convention, ...] = ()

    @property
    def counts(self) -> dict[Status, int]:
        """How many equations there are of each status."""
        found = Counter(equation.status for equation in self.equations)
        return {status: found[status] for status in STATUSES}

    @property
    def checked(self) -> int:
        """How many equations were held against the layer's formulas; what repeats its left side was not."""
        return sum(self.counts[status] for status in ("right", "wrong", "conditional"))

    def to_data(self, lang: str) -> dict[str, Any]:
        """As plain data, for `--json`: texts by their ids and values, with sentences in `lang`."""
        return {
            "layers": [with_sentence(describe(layer), lang) for layer in self.layers],
            "conventions": [with_sentence(described(each), lang) for each in self.conventions],
            "counts": self.counts,
            "equations": [
                {
                    **({"cell": equation.cell} if equation.cell else {}),
                    "line": equation.line,
                    "source": equation.source,
                    "read_as": equation.read_as,
                    "status": equation.status,
                    "text": with_sentence(equation.text, lang),
                    "elements": equation.elements,
                    "faults": [
                        vars(fault) | {"text": with_sentence(fault.text, lang)} for fault in equation.faults
                    ],
                    "slips": [slip.id for slip in equation.slips],
                }
                for equation in self.equations
            ],
        }
