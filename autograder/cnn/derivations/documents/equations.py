"""One equation in one layer, read by one convention: is it right at every element that it speaks of?

`check` asks for every equation, layer and convention that it tries. What is wrong with it is found out only
when somebody asks (`fully`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations.checking.faults import TermFault, explain
from autograder.cnn.derivations.checking.sides import (
    as_typed,
    asked_for,
    is_undone,
    repeats,
    written,
)
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.documents.report import Status
from autograder.cnn.derivations.layer import AnyLayer
from autograder.cnn.derivations.meaning.convention import Convention
from autograder.cnn.derivations.meaning.evaluate import Evaluator, instances, require_covered
from autograder.cnn.derivations.meaning.indices import SizeName, free_variables
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Meaningless, NotCovered, Terms
from autograder.cnn.derivations.notation import write
from autograder.cnn.derivations.notation.nodes import (
    Equation,
    LayerLabel,
    Loss,
    NamedQuantity,
    Node,
    PartialDerivative,
    Product,
    walk,
    with_children,
)
from autograder.cnn.derivations.symbols import BEFORE, Atom, Derivative


@dataclass(frozen=True)
class Outcome:
    """What became of an equation; see `Checked`.

    `layers` are those in which it was tried, `sizes` the letters of its bounds.
    """

    status: Status
    text: Text
    elements: int = 1
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()
    layers: tuple[AnyLayer, ...] = ()
    sizes: frozenset[SizeName] = frozenset()
    why: "Callable[[], Outcome] | None" = None
    """Finds out what is wrong; while conventions are tried, nobody asks."""

    @property
    def told(self) -> "Outcome":
        return self if self.why is None else self.why()


def judge(equation: Equation, evaluator: Evaluator, fully: bool) -> Outcome:
    """The verdict on an equation whose layers are settled; what is wrong with it only if `fully` is asked."""
    whole_derivatives = [side for side in equation.sides if _is_jacobian(side, evaluator)]
    if whole_derivatives and len(equation.sides) - len(whole_derivatives) > 1:
        # ∂z/∂a of whole maps has no value here: the sides around it are compared.
        kept = [side for side in equation.sides if side not in whole_derivatives]
        shorter = replace(equation, sides=tuple(kept), relations=equation.relations[: len(kept) - 1])
        outcome = judge(shorter, evaluator, fully)
        if outcome.status == "right":
            skipped = write.formula(whole_derivatives[0])
            outcome = replace(outcome, text=say("cnn.document.side_skipped", side=skipped))
        return outcome
    count, unfinished, empty = 0, is_undone(equation.sides[-1]), True
    wrong: Outcome | None = None
    try:
        require_covered(equation)
        for values in instances(equation, evaluator):
            count += 1
            plain_side = next((side for side in equation.sides if not _starred(side)), equation.sides[0])
            evaluator.shape = getattr(evaluator.value(plain_side, values), "shape", ())
            whole = [evaluator.value(side, values) for side in equation.sides]
            if len({getattr(side, "shape", ()) for side in whole}) > 1:
                raise NotCovered(say("cnn.uncovered.shapes"))
            places = list(np.ndindex(evaluator.shape))
            count += len(places) - 1
            for place in places:
                read = [side[place] if places != [()] else side for side in whole]
                done = [evaluator.carried_out(side) for side in read]
                empty = empty and not read[0]
                repeated = equation.sides[-1] == equation.sides[0] or (
                    read[-1] != read[0] and asked_for(read[0]) is not None and repeats(read[-1], read[0])
                )
                unfinished = unfinished or repeated
                wrong = wrong or _wrong(equation, evaluator.formulas, read, done, fully)
                if wrong is not None and not fully:
                    return wrong
    except NotCovered as error:
        return Outcome("not_covered", error.text)
    except Meaningless as error:
        return Outcome("not_understood", error.text)
    if not count:
        return Outcome("not_covered", say("cnn.document.no_element"))
    if wrong is not None:
        return replace(wrong, elements=count)
    if unfinished or empty:  # 0 = 0 says nothing
        return Outcome("not_carried_out", say("cnn.document.not_carried_out"), count)
    return Outcome("right", Verbatim(""), count, sizes=frozenset(evaluator.sizes))


def _wrong(
    equation: Equation, formulas: LayerFormulas, read: list[Terms], done: list[Terms], fully: bool
) -> Outcome | None:
    """The first side that is not what the left-hand side is."""
    left = asked_for(read[0])
    for place, relation in enumerate(equation.relations, 1):
        expected = done[0]
        if relation == "∼":
            expected = _without_slope(left, formulas)
        if done[place] == expected:
            continue
        if not fully:
            return Outcome("wrong", Verbatim(""))
        typed = as_typed(read[place], done[place])
        text, faults, slips = explain(typed, expected, left, formulas)
        notes = []
        if free_variables(equation.sides[0]) or not _has_index(equation):
            notes.append(say("cnn.equation.at_element", element=written(read[0])))
        if len(equation.relations) > 1:
            shown = write.formula(equation.sides[place])
            notes.append(say("cnn.document.side_wrong", side=shown if len(shown) < 80 else shown[:79] + "…"))
        return Outcome("wrong", joined([*notes, text], "list.sentences"), 1, faults, slips)
    return None


def _starred(side: Node) -> bool:
    return any(isinstance(node, Product) and node.stars for node in walk(side))


def _is_jacobian(side: Node, evaluator: Evaluator) -> bool:
    """Whether it holds a derivative of a whole map by a whole map."""
    try:
        return any(
            isinstance(node, PartialDerivative)
            and isinstance(node.of, NamedQuantity)
            and isinstance(node.by, NamedQuantity)
            and (evaluator.is_array(node.of) or evaluator.is_array(node.by))
            for node in walk(side)
        )
    except Meaningless:
        return False


def _has_index(equation: Equation) -> bool:
    return any(isinstance(node, NamedQuantity) and node.index.entries for node in equation.nodes())


def weights_before(equation: Equation) -> bool | None:
    """Whether w has the number of the layer before z or δ of this one; None where that is not written."""
    layers: dict[str, set[int]] = {}
    for node in equation.nodes():
        if isinstance(node, NamedQuantity) and node.layer is not None:
            layers.setdefault(node.letter, set()).add(node.layer.offset)
    above = layers.get("z", set()) | layers.get("delta", set())
    if "w" not in layers or not above or len(layers["w"]) > 1:
        return None
    return max(above) - max(layers["w"]) == 1


def with_layers(equation: Equation, convention: Convention) -> Equation | NotCovered:
    """With a layer at every quantity, where that can be."""

    def moved(node: Node) -> Node:
        if isinstance(node, NamedQuantity) and node.letter in ("w", "b") and node.layer is not None:
            return replace(node, layer=replace(node.layer, offset=node.layer.offset + 1))
        return with_children(node, moved)

    layers = {node.layer for node in equation.nodes() if isinstance(node, NamedQuantity)} - {None}
    activation = any(
        isinstance(node, PartialDerivative)
        and isinstance(node.of, Loss)
        and isinstance(node.by, NamedQuantity)
        and node.by.letter == "a"
        for node in equation.nodes()
    )
    if len(layers) == 1 and activation and not names_letter(equation, "w"):
        # δ^l = ∂J/∂a^l · σ′(z^l) speaks of one layer: what holds for the layer before holds for each.
        equation = replace(equation, sides=tuple(_in_one_layer(side) for side in equation.sides))
    try:
        if convention.weights_before:
            equation = replace(equation, sides=tuple(map(moved, equation.sides)))
        return settle_layers(equation)
    except NotCovered as error:
        return error


def _in_one_layer(node: Node) -> Node:
    if isinstance(node, NamedQuantity):
        return replace(node, layer=LayerLabel("l", -1))
    return with_children(node, _in_one_layer)


def names_letter(equation: Equation, letter: str) -> bool:
    """Whether a quantity of that letter stands in it."""
    return any(isinstance(node, NamedQuantity) and node.letter == letter for node in equation.nodes())


def _without_slope(left: Atom | None, formulas: LayerFormulas) -> Terms:
    """What δ^(l−1) is proportional to, element by element: ∂J/∂a, without σ′ (lecture 3.2, 全连接)."""
    if left is None or left.letter != "delta" or left.layer != BEFORE:
        raise NotCovered(say("cnn.uncovered.proportional"))
    return formulas.value(Derivative("J", Atom("a", left.index, BEFORE)))
