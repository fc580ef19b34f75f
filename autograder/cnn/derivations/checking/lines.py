"""An answer of several typed lines, each compared with the formula that was asked for.

`answers` calls `check_lines` for the derivation exercises. Every side of a chain of equalities must be right,
and its last one carried out. There is no simplification, no random numbers and no tolerance.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from autograder.base.messages import Text, joined, say
from autograder.cnn.derivations.checking.faults import TermFault, explain
from autograder.cnn.derivations.checking.sides import as_typed, asked_for, has_sum, is_undone, repeats
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.meaning.evaluate import MAX_STEPS, Evaluator, instances
from autograder.cnn.derivations.meaning.indices import free_variables
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Meaningless, NotCovered, Terms
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.errors import NotationError
from autograder.cnn.derivations.notation.nodes import Equation, Node
from autograder.cnn.derivations.notation.parse import parse_equation
from autograder.cnn.derivations.notation.rows import split_rows
from autograder.cnn.derivations.notation.spelling import in_lecture_letters, without_comments
from autograder.cnn.derivations.symbols import BEFORE, Atom

MAX_TEXT = 50_000
"""Characters of all lines together."""
MAX_ANSWERS = 2
"""Lines for one left-hand side; all of them must be right, further ones are not read."""
Verdict = Literal["right", "wrong", "missing", "not_carried_out", "unreadable"]


@dataclass(frozen=True)
class LineResult:
    """The verdict on one wanted left-hand side, or on a line that answers none.

    Parameters
    ----------
    left : Atom or None
        The key of `wanted`; None for a line that cannot be read, or was not asked for.
    verdict : str
        "right", "wrong", "missing" (no such line), "not_carried_out", "unreadable".
    typed : str
        The line as it was typed; for a missing line, one that could not be read and may have been meant.
    read_as : str
        The line as it was understood, in Unicode with all layers; "" if it was not.
    text : Text
        Why, in a sentence or two; of an unreadable line also the place, with a caret below it.
    faults : tuple of TermFault
        For "wrong".
    slips : tuple of Slip
        The mistake that leads exactly to what was typed, if it is known; rarely two together.
    comes_to : Terms
        For "wrong", the last side, carried out.
    """

    left: Atom | None
    verdict: Verdict
    typed: str
    read_as: str
    text: Text
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()
    comes_to: Terms = field(default_factory=dict)


def check_lines(
    typed: str, wanted: Mapping[Atom, Terms], formulas: LayerFormulas, steps: int | None = None
) -> list[LineResult]:
    """Compare typed equations, one a line or rows of an `aligned`, with the wanted formulas.

    Parameters
    ----------
    typed : str
        Untrusted. A line may be a chain of equalities; then every side must be right, and the last one is
        the answer.
    wanted : mapping
        z ↦ its formula, δ^(l−1) ↦ its formula, and w, b, a ↦ ∂J/∂ each of them.
    formulas : LayerFormulas
        The layer that they belong to.
    steps : int, optional
        The limit of steps (`Evaluator`), where it should be lower than usual.

    Returns
    -------
    list of LineResult
        One for each key of `wanted`, in that order; after them one for each line that belongs to none.
    """
    if len(typed) > MAX_TEXT:
        text = say("cnn.equation.too_many_characters", limit=f"{MAX_TEXT:,}")
        return [LineResult(left, "unreadable", "", "", text) for left in wanted]
    checker = _Lines(wanted, formulas, steps or MAX_STEPS + 2_000 * len(wanted))
    lines = [row.text for row in split_rows(without_comments(typed))]
    limit = 2 * len(wanted) + 50
    for line in lines[:limit]:
        checker.take(in_lecture_letters(line))
    if len(lines) > limit:
        text = say("cnn.equation.too_many_lines", limit=limit, count=len(lines))
        checker.stray.append(LineResult(None, "unreadable", lines[limit][:80], "", text))
    unread = next(
        (line for line in checker.stray if line.verdict == "unreadable" and "=" in line.typed), None
    )
    absent, typed_for = say("cnn.equation.line_missing"), ""
    if unread is not None:
        absent, typed_for = say("cnn.equation.line_unreadable", why=unread.text), unread.typed
    answered = [
        checker.found.get(left) or LineResult(left, "missing", typed_for, "", absent) for left in wanted
    ]
    return [*answered, *checker.stray]


class _Lines:
    """The lines of an answer, in their order."""

    def __init__(self, wanted: Mapping[Atom, Terms], formulas: LayerFormulas, steps: int) -> None:
        self.right = wanted
        self.formulas = formulas
        self.evaluator = Evaluator(self.formulas, steps=steps)
        self.answers: Counter[Atom] = Counter()
        self.asks_before = any(left.letter == "delta" and left.layer == BEFORE for left in wanted)
        self.found: dict[Atom, LineResult] = {}
        self.stray: list[LineResult] = []

    def take(self, typed: str) -> None:
        """Judge a line."""
        try:
            equation = settle_layers(parse_equation(typed), left_before=self.asks_before)
        except (NotationError, NotCovered) as error:
            why = error.pointed if isinstance(error, NotationError) else error.text
            self._enter(self._left_of_unreadable(typed), "unreadable", typed, "", why)
            return
        read_as = write.equation(equation)
        if equation.continued or not equation.relations:
            self._enter(None, "unreadable", typed, read_as, say("cnn.equation.no_equation"))
            return
        try:
            self._judge(equation, typed, read_as)
        except (NotCovered, Meaningless) as error:
            self._enter(self._left(equation.sides[0]), "unreadable", typed, read_as, error.text)

    def _judge(self, equation: Equation, typed: str, read_as: str) -> None:
        if free_variables(equation.sides[0]):
            text = say("cnn.equation.general_formula")
            keys = (
                self._key(self.evaluator.as_written(equation.sides[0], values))
                for values in instances(equation, self.evaluator)
            )
            unanswered = [left for left in dict.fromkeys(keys) if left is not None and left not in self.found]
            if not unanswered:
                self._enter(None, "not_carried_out", typed, read_as, text)
            for key in unanswered:
                self._enter(key, "not_carried_out", typed, read_as, text)
            return
        left = self._left(equation.sides[0])
        if left is None:
            text = say("cnn.equation.not_asked_for", left=write.formula(equation.sides[0]))
            self._enter(None, "wrong", typed, read_as, text)
            return
        self.answers[left] += 1
        if self.answers[left] > MAX_ANSWERS:
            return  # a further answer cannot change the verdict
        if "∼" in equation.relations:
            raise NotCovered(say("cnn.equation.factor_left_open"))
        right, asked = self.right[left], self.evaluator.as_written(equation.sides[0])
        sides = [self.evaluator.as_written(side) for side in equation.sides[1:]]
        done = [self.evaluator.carried_out(side) for side in sides]
        answer = len(done) - 1
        wrong = next((place for place in (answer, *range(answer)) if done[place] != right), None)
        if wrong is not None:
            text, faults, slips = explain(as_typed(sides[wrong], done[wrong]), right, left, self.formulas)
            if wrong != answer:
                step = say("cnn.equation.step_wrong", step=write.formula(equation.sides[1 + wrong]))
                text = joined([step, text], "list.sentences")
            self._enter(left, "wrong", typed, read_as, text, faults, slips, done[answer])
            return
        last = equation.sides[-1]
        if is_undone(last) or repeats(sides[-1], asked) or sides[-1] != right:
            text = say("cnn.equation.nothing_carried_out")
            self._enter(left, "not_carried_out", typed, read_as, text)
        elif has_sum(last):
            text = say("cnn.equation.sum_not_written_out")
            self._enter(left, "not_carried_out", typed, read_as, text)
        else:
            self._enter(left, "right", typed, read_as, say("cnn.equation.right"))

    def _left(self, side: Node) -> Atom | None:
        """The key that a left-hand side asks for."""
        try:
            return self._key(self.evaluator.as_written(side))
        except (NotCovered, Meaningless):
            return None

    def _key(self, side: Terms) -> Atom | None:
        found = asked_for(side)
        return found if found in self.right else None

    def _left_of_unreadable(self, typed: str) -> Atom | None:
        """The line that was probably meant, if the part before the equals sign can be read."""
        try:
            equation = parse_equation(typed.replace("＝", "=").partition("=")[0])
            return self._left(settle_layers(equation, left_before=self.asks_before).sides[0])
        except (NotationError, NotCovered, Meaningless):
            return None

    def _enter(
        self,
        left: Atom | None,
        verdict: Verdict,
        typed: str,
        read_as: str,
        text: Text,
        faults: tuple[TermFault, ...] = (),
        slips: tuple[Slip, ...] = (),
        comes_to: Terms | None = None,
    ) -> None:
        result = LineResult(left, verdict, typed, read_as, text, faults, slips, comes_to or {})
        if left is None:
            self.stray.append(result)
        elif left not in self.found:
            self.found[left] = result
        elif (self.found[left].verdict, verdict) != ("right", "right"):
            text = joined([say("cnn.equation.answered_twice"), text], "list.sentences")
            self.found[left] = replace(result, verdict="wrong", text=text)
