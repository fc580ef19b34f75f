"""Typed derivations against the right ones: exactly, term by term.

`check_lines` serves the derivation exercises; `faults` and `explain` serve it and `documents`. Two formulas
are equal when their terms are; there is no simplification, no random numbers and no tolerance. An answer that
only repeats the question, or leaves derivatives undone, is "not carried out": true perhaps, but no answer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from autograder.base.messages import Authored, Text, say
from autograder.cnn.derivations.checking import slips
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.meaning.evaluate import (
    MAX_STEPS,
    Factor,
    Known,
    Meaningless,
    Monomial,
    NotCovered,
    Reader,
    Terms,
    instances,
    settled,
    variables,
    write_factor,
    write_term,
)
from autograder.cnn.derivations.notation import parse as notation
from autograder.cnn.derivations.notation import write as notation_write
from autograder.cnn.derivations.notation.parse import (
    Derived,
    Equation,
    Loss,
    Named,
    Node,
    NotationError,
    Summation,
    walk,
)
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom, Derivative

MAX_TEXT = 50_000
"""Characters of all lines together."""
MAX_PAIRED = 80
"""Missing and surplus terms up to which it is asked which was meant for which."""
MAX_ANSWERS = 2
"""Lines for one left-hand side; all of them must be right, further ones are not read."""
SHOWN = 6
"""Terms that one sentence lists."""

FaultKind = Literal[
    "missing", "extra", "index", "layer", "letter", "coefficient", "sign", "factor missing", "factor extra"
]
Verdict = Literal["right", "wrong", "missing", "not carried out", "unreadable"]


@dataclass(frozen=True)
class TermFault:
    """One term that is not as it should be.

    Parameters
    ----------
    kind : str
        "missing" or "extra"; "index", "layer", "letter" (another quantity), "factor missing" and "factor
        extra" where a typed term was plainly meant for a missing one; "coefficient", "sign".
    wanted, typed : str
        The two terms in Unicode; "" where there is none.
    text : Text
        One sentence.
    """

    kind: FaultKind
    wanted: str
    typed: str
    text: Text


@dataclass(frozen=True)
class LineResult:
    """What became of one wanted left-hand side, or of a line that belongs to none.

    Parameters
    ----------
    left : Atom or None
        The key of `wanted`; None for a line that cannot be read, or that nobody asked for.
    verdict : str
        "right", "wrong", "missing" (no such line), "not carried out", "unreadable".
    typed : str
        The line as it was typed; of a missing one, a line that could not be read and may have been it.
    read_as : str
        What was understood, in Unicode with all layers; "" where nothing was.
    text : Text
        Why, in a sentence or two; of an unreadable line also the place, with a caret below it.
    faults : tuple of TermFault
        For "wrong".
    slips : tuple of Slip
        The mistake that leads exactly to what was typed, if there is one; seldom two together.
    comes_to : Terms
        For "wrong", what the last side is, carried out.
    """

    left: Atom | None
    verdict: Verdict
    typed: str
    read_as: str
    text: Text
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()
    comes_to: Terms = field(default_factory=dict)

    def to_data(self, lang: str) -> dict[str, Any]:
        """As plain data."""
        return {
            "left": None if self.left is None else left_side(self.left),
            "verdict": self.verdict,
            "typed": self.typed,
            "read_as": self.read_as,
            "text": self.text.in_language(lang),
            "faults": [fault_data(one, lang) for one in self.faults],
            "slips": [one.id for one in self.slips],
        }


def fault_data(fault: TermFault, lang: str) -> dict[str, str]:
    """A fault as plain data."""
    text = fault.text.in_language(lang)
    return {"kind": fault.kind, "wanted": fault.wanted, "typed": fault.typed, "text": text}


def left_side(atom: Atom) -> str:
    """How the left-hand side of a wanted line is written: a, w and b stand for ∂J/∂a, ∂J/∂w and ∂J/∂b."""
    written = notation_write.quantity(atom)
    return f"∂J/∂{written}" if atom.letter in ("a", "w", "b") else written


# ---- Term by term ------------------------------------------------------------------------------------------


def faults(typed: Terms, right: Terms, known: Known) -> tuple[TermFault, ...]:
    """What is wrong with the terms of a formula; nothing if and only if it is right."""
    found: list[TermFault] = []
    missing: dict[Monomial, Fraction] = {}
    extra: dict[Monomial, Fraction] = {}
    for monomial in {**right, **typed}:
        wanted, given = right.get(monomial, Fraction(0)), typed.get(monomial, Fraction(0))
        if wanted and given and wanted != given:
            found.append(_coefficient(monomial, wanted, given))
        elif wanted and not given:
            missing[monomial] = wanted
        elif given and not wanted:
            extra[monomial] = given
    for wanted_term, typed_term, kind in _pairs(missing, extra):
        found.append(
            _meant(wanted_term, typed_term, kind, missing.pop(wanted_term), extra.pop(typed_term), known)
        )
    for monomial, value in extra.items():
        shown = write_term(monomial, value)
        absent = _absent(monomial, known)
        sentence = (
            say("cnn.term.foreign_no_element", term=shown, element=absent)
            if absent
            else say("cnn.term.foreign", term=shown)
        )
        found.append(TermFault("extra", "", shown, sentence))
    for monomial, value in missing.items():
        shown = write_term(monomial, value)
        found.append(TermFault("missing", shown, "", say("cnn.term.missing", term=shown)))
    return tuple(found)


def _coefficient(monomial: Monomial, wanted: Fraction, given: Fraction) -> TermFault:
    wanted_term, typed_term = write_term(monomial, wanted), write_term(monomial, given)
    if wanted == -given:
        sentence = say("cnn.term.wrong_sign", term=typed_term)
        return TermFault("sign", wanted_term, typed_term, sentence)
    sentence = say("cnn.term.wrong_coefficient", typed=typed_term, wanted=wanted_term)
    return TermFault("coefficient", wanted_term, typed_term, sentence)


def _meant(
    wanted: Monomial, typed: Monomial, kind: FaultKind, value: Fraction, given: Fraction, known: Known
) -> TermFault:
    """A typed term that stands where another belongs."""
    wanted_term, typed_term = write_term(wanted, value), write_term(typed, given)
    shown = {"wanted": wanted_term, "typed": typed_term}
    match kind:
        case "layer":
            sentence = say("cnn.term.wrong_layer", **shown)
        case "letter":
            sentence = say("cnn.term.wrong_quantity", **shown)
        case "factor missing":
            sentence = say("cnn.term.factor_missing", **shown)
        case "factor extra":
            sentence = say("cnn.term.factor_surplus", **shown)
        case _:
            sentence = say("cnn.term.wrong_index", **shown)
    return TermFault(kind, wanted_term, typed_term, sentence)


def _pairs(
    missing: Iterable[Monomial], extra: Iterable[Monomial]
) -> list[tuple[Monomial, Monomial, FaultKind]]:
    """Which surplus term was meant for which missing one: the nearest pairs first."""
    wanted, typed = list(missing), list(extra)
    if len(wanted) > MAX_PAIRED or len(typed) > MAX_PAIRED:
        return []
    near = sorted(
        (
            (found[0], i, j, found[1])
            for i, one in enumerate(wanted)
            for j, other in enumerate(typed)
            if (found := _distance(one, other)) is not None
        ),
        key=lambda pair: pair[:3],
    )
    pairs: list[tuple[Monomial, Monomial, FaultKind]] = []
    taken: set[tuple[str, int]] = set()
    for _, i, j, kind in near:
        if ("w", i) not in taken and ("t", j) not in taken:
            taken |= {("w", i), ("t", j)}
            pairs.append((wanted[i], typed[j], kind))
    return pairs


def _distance(wanted: Monomial, typed: Monomial) -> tuple[int, FaultKind] | None:
    """How far two products are from each other, and in what; None for too far."""
    lacking = list((Counter(wanted) - Counter(typed)).elements())
    surplus = list((Counter(typed) - Counter(wanted)).elements())
    match lacking, surplus:
        case [_], [] if typed:
            return 2, "factor missing"
        case [], [_]:
            return 2, "factor extra"
        case [first], [second]:
            return _factor_distance(first, second)
        case [first, second], [third, fourth] if len(wanted) > 2:
            # Two of three factors, each the same quantity at another place.
            for one, other in (((first, third), (second, fourth)), ((first, fourth), (second, third))):
                found = [_factor_distance(*one), _factor_distance(*other)]
                if all(kind == "index" for _, kind in found):
                    return 6, "index"
    return None


def _factor_distance(wanted: Factor, typed: Factor) -> tuple[int, FaultKind]:
    if isinstance(wanted, Atom) and isinstance(typed, Atom):
        if (wanted.letter, wanted.layer) == (typed.letter, typed.layer):
            return 1, "index"
        if (wanted.letter, wanted.index) == (typed.letter, typed.index):
            return 1, "layer"
        if wanted.letter == typed.letter:
            return 3, "layer"
        return (3 if wanted.index == typed.index else 5), "letter"
    return 5, "letter"


def _absent(monomial: Monomial, known: Known) -> str:
    """An element in a product that the layer does not have."""
    for factor in monomial:
        if isinstance(factor, Atom) and factor.letter in ("a", "w", "delta", "z", "dsigma"):
            usual = BEFORE if factor.letter in ("a", "dsigma") else CURRENT
            if factor.layer in (usual, BEFORE) and factor.letter != "w" and not known.exists(factor):
                return write_factor(factor)
            if factor.letter == "w" and factor.layer == CURRENT and not known.exists(factor):
                return write_factor(factor)
    return ""


def explain(
    typed: Terms, right: Terms, left: Atom | None, known: Known
) -> tuple[Text, tuple[TermFault, ...], tuple[Slip, ...]]:
    """Why a formula is wrong: a sentence, the terms, and the slips that lead to it.

    Parameters
    ----------
    left : Atom or None
        Whose formula it is, in `expand`'s reading (w for ∂J/∂w); None where it is nobody's.
    """
    found = faults(typed, right, known)
    named: tuple[Slip, ...] = ()
    if left is not None and isinstance(known.layer, Layer):
        named = slips.find(known.layer, left, right, typed)
    sentences = [slip.text for slip in named]
    if not named and left is not None:
        sentences = _idea(typed, right, left, known)
    listed = [fault.text for fault in found[:SHOWN]]
    if len(found) > SHOWN:
        listed.append(say("note.and_more", count=len(found) - SHOWN))
    return joined([*sentences, *listed]), found, named


def _idea(typed: Terms, right: Terms, left: Atom, known: Known) -> list[Text]:
    """What can be said beyond the terms."""
    if typed and typed.items() < right.items() and left.letter in ("delta", "a", "w", "b"):
        return [
            say(
                "cnn.equation.z_forgotten",
                variable=_variable(left),
            )
        ]
    others: Mapping[Atom, Terms] = (
        known.forward
        if left.letter == "z"
        else known.residual_before
        if left.letter == "delta"
        else known.gradients
    )
    for other, formula in others.items():
        if other != left and other.letter == left.letter and formula == typed:
            return [say("cnn.equation.of_another_element", other=left_side(other))]
    return []


def _variable(left: Atom) -> str:
    """What the element is differentiated by: δ₁₂ of the layer before goes through a₁₂."""
    return notation_write.quantity(Atom("a", left.index, BEFORE) if left.letter == "delta" else left)


def joined(sentences: Sequence[Text]) -> Text:
    return Authored("".join(one.zh for one in sentences), " ".join(one.en for one in sentences))


# ---- Carried out or not ------------------------------------------------------------------------------------


def is_undone(side: Node) -> bool:
    """Whether a derivative is left to be carried out. ∂J/∂z^(l) is not: it is another name of δ^(l)."""
    for node in walk(side):
        match node:
            case Derived(of=Loss(), by=Named(letter="z", layer=layer)) if (
                layer is not None and layer.offset == 0
            ):
                continue
            case Derived():
                return True
    return False


def repeats(side: Terms, left: Terms) -> bool:
    """Whether a side holds the left-hand side itself."""
    asked = {factor for monomial in left for factor in monomial}
    return any(asked.intersection(monomial) for monomial in side)


def asked_for(side: Terms) -> Atom | None:
    """What a left-hand side asks for, as `expand` keys it: the element, and w for ∂J/∂w."""
    if len(side) != 1:
        return None
    ((monomial, value),) = side.items()
    if value != 1 or len(monomial) != 1:
        return None
    match monomial[0]:
        case Atom(letter="z" | "delta") as atom:
            return atom
        case Derivative(of="J", by=Atom(letter="z") as by):
            return Atom("delta", by.index, by.layer)
        case Derivative(of="J", by=by):
            return by
    return None


def written(side: Terms) -> str:
    """A side in Unicode."""
    return " + ".join(write_term(monomial, value) for monomial, value in side.items()) or "0"


def as_typed(read: Terms, carried_out: Terms) -> Terms:
    """The terms to explain: those that were typed, unless derivatives among them are still to be formed."""
    undone = any(isinstance(factor, Derivative) for monomial in read for factor in monomial)
    return carried_out if undone else read


# ---- Lines -------------------------------------------------------------------------------------------------


def check_lines(
    typed: str, wanted: Mapping[Atom, Terms], known: Known, steps: int | None = None
) -> list[LineResult]:
    """Compare typed equations, one a line or rows of an `aligned`, with the wanted formulas.

    Parameters
    ----------
    typed : str
        Hostile until proven otherwise. A line may be a chain of equalities; then every side must be right,
        and the last one is the answer.
    wanted : mapping
        z ↦ its formula, δ^(l−1) ↦ its formula, and w, b, a ↦ ∂J/∂ each of them.
    known : Known
        The layer that they belong to.
    steps : int, optional
        What reading may cost in all (`Reader`), where that should be less than usual.

    Returns
    -------
    list of LineResult
        One for each key of `wanted`, in that order; after them one for each line that belongs to none.
    """
    if len(typed) > MAX_TEXT:
        text = say("cnn.equation.too_many_characters", limit=f"{MAX_TEXT:,}")
        return [LineResult(left, "unreadable", "", "", text) for left in wanted]
    checker = _Lines(wanted, known, steps or MAX_STEPS + 2_000 * len(wanted))
    lines = [row.text for row in notation.rows(notation.without_comments(typed))]
    limit = 2 * len(wanted) + 50
    for line in lines[:limit]:
        checker.take(notation.bare(line))
    if len(lines) > limit:
        text = say("cnn.equation.too_many_lines", limit=limit, count=len(lines))
        checker.stray.append(LineResult(None, "unreadable", lines[limit][:80], "", text))
    unread = next((one for one in checker.stray if one.verdict == "unreadable" and "=" in one.typed), None)
    absent, typed_for = say("cnn.equation.line_missing"), ""
    if unread is not None:
        absent, typed_for = say("cnn.equation.line_unreadable", why=unread.text), unread.typed
    answered = [
        checker.found.get(left) or LineResult(left, "missing", typed_for, "", absent) for left in wanted
    ]
    return [*answered, *checker.stray]


class _Lines:
    """The lines of one answer, taken one by one."""

    def __init__(self, wanted: Mapping[Atom, Terms], known: Known, steps: int) -> None:
        self.right = wanted
        self.known = known
        self.reader = Reader(self.known, steps=steps)
        self.answers: Counter[Atom] = Counter()
        self.asks_before = any(left.letter == "delta" and left.layer == BEFORE for left in wanted)
        self.found: dict[Atom, LineResult] = {}
        self.stray: list[LineResult] = []

    def take(self, typed: str) -> None:
        """One line."""
        try:
            equation = settled(notation.read(typed), left_before=self.asks_before)
        except NotationError as error:
            text: Text = Authored(error.pointed("zh"), error.pointed("en"))
            self._enter(self._left_of_unreadable(typed), "unreadable", typed, "", text)
            return
        except NotCovered as error:
            self._enter(self._left_of_unreadable(typed), "unreadable", typed, "", error.text)
            return
        read_as = notation_write.equation(equation)
        if equation.continued or not equation.relations:
            text = say("cnn.equation.no_equation")
            self._enter(None, "unreadable", typed, read_as, text)
            return
        try:
            self._judge(equation, typed, read_as)
        except (NotCovered, Meaningless) as error:
            self._enter(self._left(equation.sides[0]), "unreadable", typed, read_as, error.text)

    def _judge(self, equation: Equation, typed: str, read_as: str) -> None:
        if variables(equation.sides[0]):
            text = say("cnn.equation.general_formula")
            keys = (
                self._key(self.reader.raw(equation.sides[0], one)) for one in instances(equation, self.reader)
            )
            unanswered = [left for left in dict.fromkeys(keys) if left is not None and left not in self.found]
            if not unanswered:
                self._enter(None, "not carried out", typed, read_as, text)
            for one in unanswered:
                self._enter(one, "not carried out", typed, read_as, text)
            return
        left = self._left(equation.sides[0])
        if left is None:
            text = say("cnn.equation.not_asked_for", left=notation_write.formula(equation.sides[0]))
            self._enter(None, "wrong", typed, read_as, text)
            return
        self.answers[left] += 1
        if self.answers[left] > MAX_ANSWERS:
            return  # it is wrong already, or right as often as this
        if "∼" in equation.relations:
            raise NotCovered(say("cnn.equation.factor_left_open"))
        right, asked = self.right[left], self.reader.raw(equation.sides[0])
        sides = [self.reader.raw(side) for side in equation.sides[1:]]
        done = [self.reader.carried_out(side) for side in sides]
        if done[-1] != right:
            text, found, named = explain(as_typed(sides[-1], done[-1]), right, left, self.known)
            self._enter(left, "wrong", typed, read_as, text, found, named, done[-1])
            return
        for node, side, read in zip(equation.sides[1:], done, sides, strict=True):
            if side != right:
                text, found, named = explain(as_typed(read, side), right, left, self.known)
                step = say("cnn.equation.step_wrong", step=notation_write.formula(node))
                self._enter(left, "wrong", typed, read_as, joined([step, text]), found, named, right)
                return
        last = equation.sides[-1]
        if is_undone(last) or repeats(sides[-1], asked) or sides[-1] != right:
            text = say("cnn.equation.nothing_carried_out")
            self._enter(left, "not carried out", typed, read_as, text)
        elif any(isinstance(node, Summation) for node in walk(last)):
            text = say("cnn.equation.sum_not_written_out")
            self._enter(left, "not carried out", typed, read_as, text)
        else:
            self._enter(left, "right", typed, read_as, say("cnn.equation.right"))

    def _left(self, side: Node) -> Atom | None:
        """The key that a left-hand side asks for."""
        try:
            return self._key(self.reader.raw(side))
        except (NotCovered, Meaningless):
            return None

    def _key(self, side: Terms) -> Atom | None:
        found = asked_for(side)
        return found if found in self.right else None

    def _left_of_unreadable(self, typed: str) -> Atom | None:
        """Which line it would have been: the part before the equals sign may well be readable."""
        try:
            equation = notation.read(typed.replace("＝", "=").partition("=")[0])
            return self._left(settled(equation, left_before=self.asks_before).sides[0])
        except (NotationError, NotCovered, Meaningless):
            return None

    def _enter(
        self,
        left: Atom | None,
        verdict: Verdict,
        typed: str,
        read_as: str,
        text: Text,
        found: tuple[TermFault, ...] = (),
        named: tuple[Slip, ...] = (),
        comes_to: Terms | None = None,
    ) -> None:
        result = LineResult(left, verdict, typed, read_as, text, found, named, comes_to or {})
        if left is None:
            self.stray.append(result)
        elif left not in self.found:
            self.found[left] = result
        elif (self.found[left].verdict, verdict) != ("right", "right"):
            text = joined([say("cnn.equation.answered_twice"), text])
            self.found[left] = replace(result, verdict="wrong", text=text)
