"""Check every equation of a file and say what became of it.

The command `check-derivation` calls `check_file`, a notebook `check_text`. Each side of a chain of equalities
is carried out by first principles and compared with the left-hand side; a general formula is checked at every
element. What is not checked is counted and named, never passed as right.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations.checking.faults import TermFault, explain
from autograder.cnn.derivations.checking.sides import (
    as_typed,
    asked_for,
    has_sum,
    is_undone,
    repeats,
    written,
)
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.documents.find import MATRIX, DocumentError, Found, Scan
from autograder.cnn.derivations.documents.report import Checked, Report, Status
from autograder.cnn.derivations.documents.settings import (
    FROM_THE_TEXT,
    GENERIC,
    Kind,
    LargestIndices,
    Options,
    layer_kind,
)
from autograder.cnn.derivations.layer import AnyLayer, Layer, describe
from autograder.cnn.derivations.meaning.errors import Meaningless, NotCovered
from autograder.cnn.derivations.meaning.evaluate import MAX_STEPS, Evaluator, instances, require_covered
from autograder.cnn.derivations.meaning.indices import free_variables
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas, formulas_of
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Terms
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.errors import NotationError
from autograder.cnn.derivations.notation.nodes import Equation, NamedQuantity
from autograder.cnn.derivations.notation.parse import parse_equation
from autograder.cnn.derivations.symbols import BEFORE, Atom, Derivative

MAX_BYTES = 4 * 2**20
MAX_STEPS_EACH = 4 * MAX_STEPS
"""For one equation, such as a general formula at each element of 28×28."""
MAX_STEPS_IN_ALL = 12 * MAX_STEPS
"""For a whole file: some fifteen seconds."""


def check_file(path: Path, options: Options = FROM_THE_TEXT) -> Report:
    """Check every equation of a file.

    Raises
    ------
    DocumentError
        The file cannot be read, is too large, or is no notebook although it is called one.
    LayerError
        The given sizes make no layer.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(say("cnn.document.too_large", file=path.name, limit=MAX_BYTES // 2**20))
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(say("cnn.document.not_utf8", file=path.name)) from None
    except OSError as error:
        raise DocumentError(
            say("cnn.document.unreadable", file=str(path), reason=error.strerror or str(error))
        ) from None
    return check_text(text, path.suffix.lower(), options)


def check_text(text: str, suffix: str = ".md", options: Options = FROM_THE_TEXT) -> Report:
    """Check every equation of a text, which is of the kind that `suffix` tells: .md, .tex, .ipynb, .txt.

    Raises
    ------
    DocumentError, LayerError
    """
    _refuse_impossible(options)
    return _Checker(Scan(text, suffix), options).report()


def _refuse_impossible(options: Options) -> None:
    """Sizes that make no layer whatever the text says."""
    kernel = options.kernel or (1, 1)
    Layer(options.input or kernel, kernel, options.stride, options.padding)


_POOLING = re.compile(r"池化|pool|upsample|上采样", re.IGNORECASE)
_CONVOLUTION = re.compile(r"卷积|convol|kernel", re.IGNORECASE)
_ROTATION = re.compile(r"翻转|旋转|rot180|rotat|flip", re.IGNORECASE)
_WORDS = re.compile(
    r"\\(?:text|mbox|mathrm|textbf)\s*\{[^{}]*(?:[\u3400-\u9fff]|[A-Za-z]+\s+[A-Za-z]+)[^{}]*\}|[\u3400-\u9fff]"
)


@dataclass(frozen=True)
class _Parsed:
    found: Found
    equation: Equation
    kind: Kind
    options: Options


@dataclass(frozen=True)
class _Outcome:
    status: Status
    text: Text
    elements: int = 1
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()


class _Checker:
    """The equations of a file. Those that share given or stated sizes are checked in the same layer."""

    def __init__(self, scan: Scan, options: Options) -> None:
        self.scan = scan
        self.given = options
        self.used: dict[AnyLayer, None] = {}
        self.steps = MAX_STEPS_IN_ALL

    def report(self) -> Report:
        read = [self._read(found) for found in self.scan.found]
        all_parsed = [result for result in read if isinstance(result, _Parsed)]
        checked: dict[int, Checked] = {}
        groups: dict[tuple[Kind, Options], list[_Parsed]] = {}
        for parsed in all_parsed:
            groups.setdefault((parsed.kind, parsed.options), []).append(parsed)
        for (kind, options), members in groups.items():
            largest = LargestIndices()
            for parsed in members:
                largest.take(parsed.equation)
            results = self._best(members, largest.layers(kind, options), kind, options)
            checked |= {id(parsed): result for parsed, result in zip(members, results, strict=True)}
        equations = [result if isinstance(result, Checked) else checked[id(result)] for result in read]
        return Report(tuple(self.used), tuple(equations))

    def _read(self, found: Found) -> _Parsed | Checked:
        if MATRIX.search(found.source):
            return self._checked(found, None, _Outcome("not_covered", say("cnn.uncovered.vectors")))
        if _WORDS.search(found.source):
            return self._checked(found, None, _Outcome("not_covered", say("cnn.document.words_in_formula")))
        try:
            equation = parse_equation(found.source)
        except NotationError as error:
            return self._checked(found, None, _Outcome("not_understood", error.pointed))
        if equation.continued:
            text = say("cnn.document.left_side_missing")
            return self._checked(found, equation, _Outcome("not_understood", text))
        try:
            equation = settle_layers(equation)
        except NotCovered as error:
            return self._checked(found, equation, _Outcome("not_covered", error.text))
        return _Parsed(found, equation, layer_kind(equation), self._options(found))

    def _options(self, found: Found) -> Options:
        """Given sizes, else those stated last before the equation."""
        if self.given.input and self.given.kernel:
            return self.given
        place = (found.cell, found.line)
        before = [stated for stated in self.scan.stated if (stated.cell, stated.line) <= place]
        return before[-1].options if before and self.given == FROM_THE_TEXT else self.given

    def _best(
        self, members: list[_Parsed], layers: list[AnyLayer], kind: Kind, options: Options
    ) -> list[Checked]:
        """Checked in the layer that the largest indices tell; where they contradict each other, in the one
        in which most equations come out right, for a wrong index should cost its own line only."""
        best: list[Checked] = []
        chosen: AnyLayer | None = None
        candidates: list[AnyLayer | None] = [*layers] or [None]
        for layer in candidates:
            results = [self._check(parsed, layer, kind, options) for parsed in members]
            if not best or _count(results, "right") > _count(best, "right"):
                best, chosen = results, layer
        if chosen is not None:
            self.used.setdefault(chosen)
        return best

    def _check(self, parsed: _Parsed, layer: AnyLayer | None, kind: Kind, options: Options) -> Checked:
        general = _is_general(parsed.equation)
        layers = [] if layer is None else [layer]
        if general and kind == "map" and not (options.input and options.kernel):
            # Its own sizes come second, so that a mistake is told in the sizes of the text.
            layers.append(
                Layer(GENERIC.input or (1, 1), GENERIC.kernel or (1, 1), options.stride, options.padding)
            )
            self.used.setdefault(layers[-1])
        if not layers:
            text = say("cnn.document.sizes_unknown")
            return self._checked(parsed.found, parsed.equation, _Outcome("not_covered", text))
        outcomes = [self._in_layer(parsed, size) for size in layers]
        worst = next((outcome for outcome in outcomes if outcome.status != outcomes[0].status), outcomes[0])
        if worst is not outcomes[0]:
            place = say("cnn.document.wrong_in_layer", layer=describe(layers[1]))
            worst = replace(worst, text=joined([place, worst.text], "list.sentences"))
        return self._checked(parsed.found, parsed.equation, worst)

    def _in_layer(self, parsed: _Parsed, layer: AnyLayer) -> _Outcome:
        outcome = self._judge(parsed.equation, self._evaluator(layer))
        section = self.scan.sections[parsed.found.section]
        if outcome.status == "wrong" and _is_general(parsed.equation):
            again = self._judge(parsed.equation, self._evaluator(layer, rotated=True))
            if again.status == "right" and _ROTATION.search(section):
                return replace(again, text=say("cnn.document.read_as_rotated"))
            if again.status == "right":
                hint = say("cnn.document.right_if_rotated")
                outcome = replace(outcome, text=joined([hint, outcome.text], "list.sentences"))
        if (
            outcome.status == "wrong"
            and not _names(parsed.equation, "w")
            and self._is_about_pooling(parsed.found)
        ):
            return _Outcome("not_covered", say("cnn.uncovered.pooling"))
        return outcome

    def _is_about_pooling(self, found: Found) -> bool:
        """Whether the section, or the nearest before it that names either, is about pooling."""
        for section in reversed(self.scan.sections[: found.section + 1]):
            if _POOLING.search(section):
                return True
            if _CONVOLUTION.search(section):
                return False
        return False

    def _evaluator(self, layer: AnyLayer, rotated: bool = False) -> Evaluator:
        return Evaluator(formulas_of(layer), rotated, min(self.steps, MAX_STEPS_EACH))

    def _judge(self, equation: Equation, evaluator: Evaluator) -> _Outcome:
        """One equation in one layer, at every element that it speaks of."""
        given = evaluator.steps
        outcome = self._judged(equation, evaluator)
        self.steps -= given - max(evaluator.steps, 0)
        return outcome

    def _judged(self, equation: Equation, evaluator: Evaluator) -> _Outcome:
        count, unfinished = 0, is_undone(equation.sides[-1])
        wrong: _Outcome | None = None
        try:
            require_covered(equation)
            for values in instances(equation, evaluator):
                count += 1
                read = [evaluator.as_written(side, values) for side in equation.sides]
                done = [evaluator.carried_out(side) for side in read]
                repeated = equation.sides[-1] == equation.sides[0] or (
                    read[-1] != read[0] and asked_for(read[0]) is not None and repeats(read[-1], read[0])
                )
                unfinished = unfinished or repeated
                wrong = wrong or self._wrong(equation, evaluator.formulas, read, done)
        except NotCovered as error:
            return _Outcome("not_covered", error.text)
        except Meaningless as error:
            return _Outcome("not_understood", error.text)
        if not count:
            return _Outcome("not_covered", say("cnn.document.no_element"))
        if wrong is not None:
            return replace(wrong, elements=count)
        if unfinished:
            return _Outcome("not_carried_out", say("cnn.document.not_carried_out"), count)
        return _Outcome("right", Verbatim(""), count)

    def _wrong(
        self, equation: Equation, formulas: LayerFormulas, read: list[Terms], done: list[Terms]
    ) -> _Outcome | None:
        """The first side that is not what the left-hand side is."""
        left = asked_for(read[0])
        for place, relation in enumerate(equation.relations, 1):
            expected = done[0]
            if relation == "∼":
                expected = _without_slope(left, formulas)
            if done[place] == expected:
                continue
            typed = as_typed(read[place], done[place])
            text, faults, slips = explain(typed, expected, left, formulas)
            notes = []
            if free_variables(equation.sides[0]):
                notes.append(say("cnn.equation.at_element", element=written(read[0])))
            if len(equation.relations) > 1:
                shown = write.formula(equation.sides[place])
                notes.append(
                    say("cnn.document.side_wrong", side=shown if len(shown) < 80 else shown[:79] + "…")
                )
            return _Outcome("wrong", joined([*notes, text], "list.sentences"), 1, faults, slips)
        return None

    def _checked(self, found: Found, equation: Equation | None, outcome: _Outcome) -> Checked:
        read_as = "" if equation is None else write.equation(equation)
        return Checked(found.cell, found.line, found.source, read_as, **vars(outcome))


def _is_general(equation: Equation) -> bool:
    """Whether it has index variables, of the left-hand side or of a Σ."""
    return any(free_variables(side) or has_sum(side) for side in equation.sides)


def _names(equation: Equation, letter: str) -> bool:
    return any(isinstance(node, NamedQuantity) and node.letter == letter for node in equation.nodes())


def _count(results: Iterable[Checked], status: Status) -> int:
    return sum(result.status == status for result in results)


def _without_slope(left: Atom | None, formulas: LayerFormulas) -> Terms:
    """What δ^(l−1) is proportional to, element by element: ∂J/∂a, without σ′ (lecture 3.2, 全连接)."""
    if left is None or left.letter != "delta" or left.layer != BEFORE:
        raise NotCovered(say("cnn.uncovered.proportional"))
    return formulas.value(Derivative("J", Atom("a", left.index, BEFORE)))
