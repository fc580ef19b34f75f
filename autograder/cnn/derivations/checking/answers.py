"""Typed answers to derivation exercises: the lecture's lines, written out, or one formula for all of them.

The comparator `Derivation` asks for the answer in each line; a text is read once for all its lines. A general
formula is evaluated at every element of a layer that the student has not seen. Text must never be executed:
`notation` parses it, `meaning` gives it terms, `faults` says what is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations.checking.faults import explain
from autograder.cnn.derivations.checking.lines import LineResult, check_lines
from autograder.cnn.derivations.checking.sides import as_typed, asked_for, has_sum, is_undone, repeats
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.meaning.evaluate import Evaluator, instances
from autograder.cnn.derivations.meaning.indices import Values, free_variables
from autograder.cnn.derivations.meaning.layer_formulas import formulas_of
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Meaningless, NotCovered, Terms, write_term
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.errors import NotationError
from autograder.cnn.derivations.notation.nodes import Equation
from autograder.cnn.derivations.notation.parse import parse_equation
from autograder.cnn.derivations.notation.rows import split_rows
from autograder.cnn.derivations.notation.spelling import in_lecture_letters, without_comments
from autograder.cnn.derivations.notation.write import left_side
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom

MAX_CHARACTERS = 8_000
"""Limit of an answer: twice the lecture's whole example in LaTeX, with every step."""
MAX_FORMULA_CHARACTERS = 2_000
"""Limit of an answer with general formulas: each takes 100 characters, 300 with its derivation."""
MAX_STEPS = 4_000
"""Limit of an answer's evaluation (`Evaluator`), against untrusted input: four times the lecture's lines with
every step. A formula is evaluated once for every layer."""
MAX_FORMULAS = 8
"""Equations that are read of an answer with general formulas."""

RIGHT = "right"
"""`Answer.says` of every right line; an answer key holds this in place of the answer."""


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
class Answer:
    """The answer of a text in one line.

    Attributes
    ----------
    result : LineResult
        The verdict and why.
    says : str
        `RIGHT`, or the wrong terms, so that wrong lines can be compared whatever their notation; "" if the
        line has no terms.
    """

    result: LineResult
    says: str


def answer(question: Question, line: str, typed: str) -> Answer:
    """The answer of the untrusted text `typed` in the line of that name."""
    return _answers(question, typed)[line]


def title(line: str) -> Text:
    """The name of a line in a sentence: δ₁₂⁽ˡ⁻¹⁾, or the general formula of δ."""
    if line in _QUANTITY:
        letter, layer = _QUANTITY[line]
        name = write.quantity(Atom(letter, (), layer))  # type: ignore[arg-type]
        shown = f"∂J/∂{name}" if line in ("w", "b") else name
        return say("cnn.equation.title_formula", quantity=shown)
    name = left_side(Atom.named(line))
    return Verbatim(name)


_QUANTITY = {"z": ("z", CURRENT), "delta": ("delta", BEFORE), "w": ("w", CURRENT), "b": ("b", CURRENT)}


@lru_cache(maxsize=64)
def _answers(question: Question, typed: str) -> Mapping[str, Answer]:
    """All lines of a text. A cache, for each line is a case of its own and they share one text."""
    limit = MAX_FORMULA_CHARACTERS if question.general else MAX_CHARACTERS
    if len(typed) > limit:
        text = say("cnn.equation.too_many_characters", limit=f"{limit:,}")
        refused = Answer(LineResult(None, "unreadable", "", "", text), "")
        return MappingProxyType(dict.fromkeys(question.lines(), refused))
    if question.general:
        return MappingProxyType(_General(question).read(typed))
    wanted = _wanted(question)
    results = check_lines(typed, wanted, formulas_of(question.layer), MAX_STEPS)
    answered = {str(result.left): Answer(result, _said(result)) for result in results[: len(wanted)]}
    return MappingProxyType(answered)


def _wanted(question: Question) -> dict[Atom, Terms]:
    wanted: dict[Atom, Terms] = {}
    for letter in question.of:
        wanted |= formulas_of(question.layer).asked(letter)
    return wanted


def _said(result: LineResult) -> str:
    if result.verdict == "right":
        return RIGHT
    return f"wrong: {_written(result.comes_to)}" if result.verdict == "wrong" and result.comes_to else ""


def _written(terms: Terms) -> str:
    """Terms in an order of their own, so that equal sums are equal texts."""
    return " + ".join(sorted(write_term(monomial, value) for monomial, value in terms.items())) or "0"


# ---- General formulas -------------------------------------------------------------------------------------


class _General:
    """The general formulas of one answer, tried at every element of the layer."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.formulas = formulas_of(question.layer)
        self.evaluator = Evaluator(self.formulas, steps=MAX_STEPS)
        self.found: dict[str, Answer] = {}

    def read(self, typed: str) -> dict[str, Answer]:
        """What the text answers to each letter that is asked for."""
        stray: list[LineResult] = []
        rows = [in_lecture_letters(row.text) for row in split_rows(without_comments(typed))]
        for row in rows[:MAX_FORMULAS]:
            try:
                equation = settle_layers(parse_equation(row), left_before="delta" in self.question.of)
                if not equation.continued and equation.relations:
                    self._take(row, equation)
            except NotationError as error:
                stray.append(LineResult(None, "unreadable", row, "", error.pointed))
            except (NotCovered, Meaningless) as error:
                stray.append(LineResult(None, "unreadable", row, "", error.text))
        absent = stray[0] if stray else LineResult(None, "missing", "", "", say("cnn.equation.line_missing"))
        return {letter: self.found.get(letter, Answer(absent, "")) for letter in self.question.of}

    def _take(self, typed: str, equation: Equation) -> None:
        """One equation, which is the answer to the letter on its left; of two answers both must be right."""
        choices = list(instances(equation, self.evaluator))
        lefts = [asked_for(self.evaluator.as_written(equation.sides[0], values)) for values in choices]
        letter = next(
            (asked for asked in self.question.of if lefts and lefts[0] in self.formulas.asked(asked)), None
        )
        if letter is None:
            return
        before = self.found.get(letter)
        if before is not None and before.result.verdict != "right":
            return
        read_as = write.equation(equation)
        try:
            result, said = self._judged(equation, letter, choices, lefts)
        except (NotCovered, Meaningless) as error:
            result, said = LineResult(None, "unreadable", typed, read_as, error.text), ""
        self.found[letter] = Answer(
            LineResult(result.left, result.verdict, typed, read_as, result.text, result.faults, result.slips),
            said,
        )

    def _judged(
        self, equation: Equation, letter: str, choices: list[Values], lefts: list[Atom | None]
    ) -> tuple[LineResult, str]:
        right = self.formulas.asked(letter)
        if letter != "b" and not free_variables(equation.sides[0]):
            return LineResult(lefts[0], "not_carried_out", "", "", say("cnn.equation.one_element_only")), ""
        if set(lefts) != set(right):
            return LineResult(lefts[0], "wrong", "", "", say("cnn.equation.not_every_element")), ""
        unfinished = is_undone(equation.sides[-1])
        ends: dict[Atom, Terms] = {}
        wrong: LineResult | None = None
        for values, left in zip(choices, lefts, strict=True):
            assert left is not None
            asked, *read = (self.evaluator.as_written(side, values) for side in equation.sides)
            done = [self.evaluator.carried_out(side) for side in read]
            unfinished = unfinished or repeats(read[-1], asked)
            ends[left] = done[-1]
            for typed, side in zip(read, done, strict=True):
                if wrong is None and side != right[left]:
                    wrong = self._wrong(left, as_typed(typed, side), right[left])
        if wrong is not None:
            return wrong, "wrong: " + "; ".join(f"{left} = {_written(end)}" for left, end in ends.items())
        if unfinished or "∼" in equation.relations:
            text = say("cnn.equation.nothing_carried_out")
            return LineResult(lefts[0], "not_carried_out", "", "", text), ""
        if letter == "b" and len(right) == 1 and not has_sum(equation.sides[-1]):
            return LineResult(lefts[0], "not_carried_out", "", "", say("cnn.equation.one_size_only")), ""
        return LineResult(lefts[0], "right", "", "", say("cnn.equation.right")), RIGHT

    def _wrong(self, left: Atom, typed: Terms, right: Terms) -> LineResult:
        text, faults, slips = explain(typed, right, left, self.formulas)
        place = say("cnn.equation.at_element", element=left_side(left))
        return LineResult(left, "wrong", "", "", joined([place, text], "list.sentences"), faults, slips)
