"""Typed answers to derivation exercises: the lecture's lines, written out, or one formula for all of them.

The comparator `Derivation` asks for the answer in each line; a text is read once for all its lines. Every
side of a chain of equalities must be right, and its last one carried out; a general formula is evaluated at
every element of a layer that the student has not seen. Text must never be executed: `notation` parses it,
`meaning` gives it terms, `faults` says what is wrong.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations.checking.faults import (
    SHOWN,
    TermFault,
    as_typed,
    asked_for,
    counted,
    explain,
    has_sum,
    is_undone,
    repeats,
)
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.meaning.evaluate import MAX_STEPS, Evaluator, instances
from autograder.cnn.derivations.meaning.indices import Values, free_variables
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas, formulas_of
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Meaningless, NotCovered, Terms, write_term
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.errors import NotationError
from autograder.cnn.derivations.notation.nodes import Equation, Node
from autograder.cnn.derivations.notation.parse import parse_equation
from autograder.cnn.derivations.notation.rows import split_rows
from autograder.cnn.derivations.notation.spelling import in_lecture_letters, without_comments
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom

MAX_CHARACTERS = 8_000
"""Limit of an answer: twice the lecture's whole example in LaTeX, with every step."""
MAX_FORMULA_CHARACTERS = 2_000
"""Limit of an answer with general formulas: each takes 100 characters, 300 with its derivation."""
MAX_ANSWER_STEPS = 4_000
"""Limit of an answer's evaluation (`Evaluator`), against untrusted input: four times the lecture's lines with
every step. A formula is evaluated once for every layer."""
MAX_FORMULAS = 8
"""Equations that are read of an answer with general formulas."""
MAX_ANSWERS = 2
"""Lines for one left-hand side; all of them must be right, further ones are not read."""

RIGHT = "right"
"""`Answer.says` of every right line; an answer key holds this in place of the answer."""
Verdict = Literal["right", "wrong", "missing", "not_carried_out", "unreadable"]


@dataclass(frozen=True)
class Question:
    """What an exercise asks for.

    Parameters
    ----------
    layer : Layer
    of : tuple of {"z", "delta", "w", "b"}
        Whose lines: z, δ of the layer before, ∂J/∂w, ∂J/∂b.
    general : bool
        One formula with index letters for each of `of`, in place of a line for each element.
    """

    layer: Layer
    of: tuple[str, ...]
    general: bool = False

    def lines(self) -> tuple[str, ...]:
        """The names of the lines, in the lecture's order; of general formulas, the letters."""
        return self.of if self.general else tuple(map(str, _wanted(self)))


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
    says : str
        `RIGHT`, or the wrong terms, so that wrong lines can be compared whatever their notation; "" if the
        line has no terms.
    twice : bool
        Whether an earlier line answers it, too.
    """

    left: Atom | None
    verdict: Verdict
    typed: str
    read_as: str
    text: Text
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()
    says: str = ""
    twice: bool = False

    def without_answer(self, again: bool) -> Text:
        """Why it is wrong: how many terms, or `again` the mistake and which terms; never the right ones."""
        if not self.faults:
            return self.text
        twice = [say("cnn.equation.answered_twice")] if self.twice else []
        if not again:
            return joined([*twice, counted(self.faults)], "list.sentences")
        which = [fault.which for fault in self.faults[:SHOWN]]
        more = len(self.faults) - SHOWN
        which += [say("note.and_more", count=more)] if more > 0 else []
        return joined([*twice, *(slip.text for slip in self.slips), *dict.fromkeys(which)], "list.sentences")


def answer(question: Question, line: str, typed: str) -> LineResult:
    """The answer of the untrusted text `typed` in the line of that name."""
    return _answers(question, typed)[line]


def title(line: str) -> Text:
    """The name of a line in a sentence: δ₁₂⁽ˡ⁻¹⁾, or the general formula of δ."""
    if line in _QUANTITY:
        letter, layer = _QUANTITY[line]
        name = write.quantity(Atom(letter, (), layer))  # type: ignore[arg-type]
        shown = f"∂J/∂{name}" if line in ("w", "b") else name
        return say("cnn.equation.title_formula", quantity=shown)
    name = write.left_side(Atom.named(line))
    return Verbatim(name)


_QUANTITY = {"z": ("z", CURRENT), "delta": ("delta", BEFORE), "w": ("w", CURRENT), "b": ("b", CURRENT)}


@lru_cache(maxsize=64)
def _answers(question: Question, typed: str) -> Mapping[str, LineResult]:
    """All lines of a text. A cache, for each line is a case of its own and they share one text."""
    limit = MAX_FORMULA_CHARACTERS if question.general else MAX_CHARACTERS
    if len(typed) > limit:
        text = say("cnn.equation.too_many_characters", limit=f"{limit:,}")
        refused = LineResult(None, "unreadable", "", "", text)
        return MappingProxyType(dict.fromkeys(question.lines(), refused))
    if question.general:
        return MappingProxyType(_general_answers(question, typed))
    wanted = _wanted(question)
    results = check_lines(typed, wanted, formulas_of(question.layer), MAX_ANSWER_STEPS)
    return MappingProxyType({str(result.left): result for result in results[: len(wanted)]})


def _wanted(question: Question) -> dict[Atom, Terms]:
    wanted: dict[Atom, Terms] = {}
    for letter in question.of:
        wanted |= formulas_of(question.layer).asked(letter)
    return wanted


def _written(terms: Terms) -> str:
    """Terms in an order of their own, so that equal sums are equal texts."""
    return " + ".join(sorted(write_term(monomial, value) for monomial, value in terms.items())) or "0"


# ---- Lines -------------------------------------------------------------------------------------------------


def _rows(typed: str) -> list[str]:
    return [in_lecture_letters(row.text) for row in split_rows(without_comments(typed))]


def _why(error: NotationError | NotCovered | Meaningless) -> Text:
    return error.pointed if isinstance(error, NotationError) else error.text


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
    checker = _Lines(wanted, formulas, steps or MAX_STEPS + 2_000 * len(wanted))
    lines, limit = _rows(typed), 2 * len(wanted) + 50
    for line in lines[:limit]:
        checker.take(line)
    if len(lines) > limit:
        text = say("cnn.equation.too_many_lines", limit=limit, count=len(lines))
        checker.enter(None, "unreadable", lines[limit][:80], "", text)
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
        self.evaluator = Evaluator(formulas, steps=steps)
        self.answers: Counter[Atom] = Counter()
        self.asks_before = any(left.letter == "delta" and left.layer == BEFORE for left in wanted)
        self.found: dict[Atom, LineResult] = {}
        self.stray: list[LineResult] = []

    def take(self, typed: str) -> None:
        """Judge a line."""
        read_as, left = "", typed.replace("＝", "=").partition("=")[0]
        try:
            equation = self._read(typed)
            read_as = write.equation(equation)
            if equation.continued or not equation.relations:
                self.enter(None, "unreadable", typed, read_as, say("cnn.equation.no_equation"))
            else:
                self._judge(equation, typed, read_as)
        except (NotationError, NotCovered, Meaningless) as error:
            try:  # the line that was probably meant, if the part before the equals sign can be read
                side = equation.sides[0] if read_as else self._read(left).sides[0]
                meant = self._key(side)
            except (NotationError, NotCovered, Meaningless):
                meant = None
            self.enter(meant, "unreadable", typed, read_as, _why(error))

    def _read(self, typed: str) -> Equation:
        return settle_layers(parse_equation(typed), left_before=self.asks_before)

    def _judge(self, equation: Equation, typed: str, read_as: str) -> None:
        first, *rest = equation.sides
        if free_variables(first):
            keys = {self._key(first, values): None for values in instances(equation, self.evaluator)}
            unanswered = [left for left in keys if left is not None and left not in self.found]
            for key in unanswered or (None,):
                self.enter(key, "not_carried_out", typed, read_as, say("cnn.equation.general_formula"))
            return
        try:
            left = self._key(first)
        except (NotCovered, Meaningless):
            left = None
        if left is None:
            text = say("cnn.equation.not_asked_for", left=write.formula(first))
            self.enter(None, "wrong", typed, read_as, text)
            return
        self.answers[left] += 1
        if self.answers[left] > MAX_ANSWERS:
            return  # a further answer cannot change the verdict
        if "∼" in equation.relations:
            raise NotCovered(say("cnn.equation.factor_left_open"))
        right, asked = self.right[left], self.evaluator.as_written(first)
        sides = [self.evaluator.as_written(side) for side in rest]
        done = [self.evaluator.carried_out(side) for side in sides]
        for place in (len(done) - 1, *range(len(done) - 1)):
            if done[place] == right:
                continue
            typed_terms = as_typed(sides[place], done[place])
            text, faults, slips = explain(typed_terms, right, left, self.evaluator.formulas)
            if place != len(done) - 1:
                step = say("cnn.equation.step_wrong", step=write.formula(rest[place]))
                text = joined([step, text], "list.sentences")
            says = f"wrong: {_written(done[-1])}" if done[-1] else ""
            self.enter(left, "wrong", typed, read_as, text, faults, slips, says)
            return
        if is_undone(rest[-1]) or repeats(sides[-1], asked) or sides[-1] != right:
            self.enter(left, "not_carried_out", typed, read_as, say("cnn.equation.nothing_carried_out"))
        elif has_sum(rest[-1]):
            self.enter(left, "not_carried_out", typed, read_as, say("cnn.equation.sum_not_written_out"))
        else:
            self.enter(left, "right", typed, read_as, say("cnn.equation.right"), says=RIGHT)

    def _key(self, side: Node, values: Values | None = None) -> Atom | None:
        """The wanted left-hand side that one asks for."""
        found = asked_for(self.evaluator.as_written(side, values))
        return found if found in self.right else None

    def enter(
        self,
        left: Atom | None,
        verdict: Verdict,
        typed: str,
        read_as: str,
        text: Text,
        faults: tuple[TermFault, ...] = (),
        slips: tuple[Slip, ...] = (),
        says: str = "",
    ) -> None:
        """Note a line; of two answers both must be right."""
        result = LineResult(left, verdict, typed, read_as, text, faults, slips, says)
        if left is None:
            self.stray.append(result)
        elif left not in self.found:
            self.found[left] = result
        elif (self.found[left].verdict, verdict) != ("right", "right"):
            text = joined([say("cnn.equation.answered_twice"), text], "list.sentences")
            said = "" if says == RIGHT else says
            self.found[left] = replace(result, verdict="wrong", text=text, says=said, twice=True)


# ---- General formulas -------------------------------------------------------------------------------------


def _general_answers(question: Question, typed: str) -> dict[str, LineResult]:
    """What a text answers to each letter that is asked for; of two answers both must be right."""
    formulas = formulas_of(question.layer)
    evaluator = Evaluator(formulas, steps=MAX_ANSWER_STEPS)
    found: dict[str, LineResult] = {}
    stray: list[LineResult] = []
    for row in _rows(typed)[:MAX_FORMULAS]:
        letter, read_as = "", ""
        try:
            equation = settle_layers(parse_equation(row), left_before="delta" in question.of)
            if equation.continued or not equation.relations:
                continue
            choices = list(instances(equation, evaluator))
            lefts = [asked_for(evaluator.as_written(equation.sides[0], values)) for values in choices]
            asked = (letter for letter in question.of if lefts and lefts[0] in formulas.asked(letter))
            letter = next(asked, "")
            if letter and (letter not in found or found[letter].says == RIGHT):
                read_as = write.equation(equation)
                result = _general(equation, letter, evaluator, choices, lefts)
                found[letter] = replace(result, typed=row, read_as=read_as)
        except (NotationError, NotCovered, Meaningless) as error:
            result = LineResult(None, "unreadable", row, read_as, _why(error))
            if letter:
                found[letter] = result
            else:
                stray.append(result)
    absent = stray[0] if stray else LineResult(None, "missing", "", "", say("cnn.equation.line_missing"))
    return {letter: found.get(letter, absent) for letter in question.of}


def _general(
    equation: Equation, letter: str, evaluator: Evaluator, choices: list[Values], lefts: list[Atom | None]
) -> LineResult:
    """The verdict on a formula that is tried at every element of the layer."""
    right, last = evaluator.formulas.asked(letter), equation.sides[-1]
    if letter != "b" and not free_variables(equation.sides[0]):
        return LineResult(lefts[0], "not_carried_out", "", "", say("cnn.equation.one_element_only"))
    if set(lefts) != set(right):
        return LineResult(lefts[0], "wrong", "", "", say("cnn.equation.not_every_element"))
    unfinished = is_undone(last) or "∼" in equation.relations
    ends: list[str] = []
    wrong: LineResult | None = None
    for values, left in zip(choices, lefts, strict=True):
        assert left is not None
        asked, *read = (evaluator.as_written(side, values) for side in equation.sides)
        done = [evaluator.carried_out(side) for side in read]
        unfinished = unfinished or repeats(read[-1], asked)
        ends.append(f"{left} = {_written(done[-1])}")
        for typed, side in zip(read, done, strict=True):
            if wrong is None and side != right[left]:
                text, faults, slips = explain(as_typed(typed, side), right[left], left, evaluator.formulas)
                place = say("cnn.equation.at_element", element=write.left_side(left))
                text = joined([place, text], "list.sentences")
                wrong = LineResult(left, "wrong", "", "", text, faults, slips)
    if wrong is not None:
        return replace(wrong, says="wrong: " + "; ".join(ends))
    if unfinished:
        return LineResult(lefts[0], "not_carried_out", "", "", say("cnn.equation.nothing_carried_out"))
    if letter == "b" and len(right) == 1 and not has_sum(last):
        return LineResult(lefts[0], "not_carried_out", "", "", say("cnn.equation.one_size_only"))
    return LineResult(lefts[0], "right", "", "", say("cnn.equation.right"), says=RIGHT)
