"""One equation in one layer, read by one convention: is it right at every element that it speaks of?

`check` asks for every equation, layer and convention that it tries. What is wrong with it is found out only
when somebody asks (`Outcome.told`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from math import prod

import numpy as np

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations.checking.faults import (
    TermFault,
    as_typed,
    asked_for,
    explain,
    is_undone,
    repeats,
    written,
)
from autograder.cnn.derivations.checking.slips import Slip
from autograder.cnn.derivations.documents.report import Status
from autograder.cnn.derivations.documents.settings import Kind, layer_kind
from autograder.cnn.derivations.layer import AnyLayer, Dense
from autograder.cnn.derivations.meaning.convention import Convention
from autograder.cnn.derivations.meaning.evaluate import MAX_STEPS, Evaluator, instances, require_covered
from autograder.cnn.derivations.meaning.indices import SizeName, free_variables
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import settle_layers
from autograder.cnn.derivations.meaning.terms import Meaningless, NotCovered, Terms
from autograder.cnn.derivations.notation import nodes, write
from autograder.cnn.derivations.notation.nodes import Equation, Loss, NamedQuantity, Node, PartialDerivative
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, Atom

NOTHING = Verbatim("")


@dataclass(frozen=True)
class Outcome:
    """What became of an equation; see `Checked`.

    `layers` are those in which it was tried, `sizes` the letters of its bounds, `place` says where it is
    wrong. `why` finds out what is wrong: while conventions are tried, nobody asks.
    """

    status: Status
    text: Text = NOTHING
    elements: int = 1
    faults: tuple[TermFault, ...] = ()
    slips: tuple[Slip, ...] = ()
    layers: tuple[AnyLayer, ...] = ()
    sizes: frozenset[SizeName] = frozenset()
    place: Text | None = None
    why: "Callable[[], Outcome] | None" = None

    @property
    def told(self) -> "Outcome":
        """With what is wrong."""
        if self.why is None:
            return self
        found = self.why()
        text = joined([self.place, found.text], "list.sentences") if self.place else found.text
        return replace(found, text=text, layers=self.layers)

    def if_(self, condition: Text) -> "Outcome":
        """Right under a condition."""
        return replace(self, status="conditional", text=say("cnn.document.right_if", condition=condition))


def judge(equation: Equation, evaluator: Evaluator) -> Outcome:
    """The verdict on an equation whose layers are settled."""
    whole_derivatives = [side for side in equation.sides if _is_jacobian(side, evaluator)]
    if whole_derivatives and len(equation.sides) - len(whole_derivatives) > 1:
        # ∂z/∂a of whole maps has no value here: the sides around it are compared.
        kept = [side for side in equation.sides if side not in whole_derivatives]
        shorter = replace(equation, sides=tuple(kept), relations=equation.relations[: len(kept) - 1])
        outcome = judge(shorter, evaluator)
        if outcome.status == "right":
            skipped = write.formula(whole_derivatives[0])
            outcome = replace(outcome, text=say("cnn.document.side_skipped", side=skipped))
        return outcome
    windows, count, unfinished, empty = evaluator.windows, 0, is_undone(equation.sides[-1]), True
    plain_side = next((side for side in equation.sides if not _starred(side)), equation.sides[0])
    try:
        require_covered(equation, evaluator.formulas.layer)
        for values in instances(equation, evaluator):
            evaluator.shape = getattr(evaluator.value(plain_side, values), "shape", ())
            whole = [evaluator.value(side, values) for side in equation.sides]
            if len({getattr(side, "shape", ()) for side in whole}) > 1:
                raise NotCovered(say("cnn.uncovered.shapes"))
            for place in np.ndindex(evaluator.shape):
                count += 1
                read = [side[place] if place else side for side in whole]
                if windows.wins:
                    windows.assume_of(read[-1])
                done = [evaluator.carried_out(side) for side in read]
                empty = empty and not read[0]
                repeated = equation.sides[-1] == equation.sides[0] or (
                    read[-1] != read[0] and asked_for(read[0]) is not None and repeats(read[-1], read[0])
                )
                unfinished = unfinished or repeated
                for number, relation in enumerate(equation.relations, 1):
                    left = asked_for(read[0])
                    right = done[0] if relation == "=" else _without_slope(left, evaluator.formulas)
                    if done[number] != right:
                        wrong = partial(_wrong, equation, evaluator, number, read, done[number], right)
                        if evaluator.formulas.routed and windows.wins is None:
                            return _if_it_wins(equation, evaluator, wrong)
                        return Outcome("wrong", why=wrong)
    except NotCovered as error:
        return Outcome("not_covered", error.text)
    except Meaningless as error:
        return Outcome("not_understood", error.text)
    if not count:
        return Outcome("not_covered", say("cnn.document.no_element"))
    if unfinished or empty:  # 0 = 0 says nothing
        return Outcome("not_carried_out", say("cnn.document.not_carried_out"), count)
    note: Text = NOTHING
    if windows.loose:
        note = say("cnn.document.of_the_window", names=", ".join(sorted(windows.loose)))
    return Outcome("right", note, elements=count, sizes=frozenset(evaluator.sizes))


def _if_it_wins(equation: Equation, evaluator: Evaluator, wrong: "Callable[[], Outcome]") -> Outcome:
    """The verdict on what is wrong of max pooling in general: is it right where the element wins, or not?"""
    if any(isinstance(node, nodes.Matrix) for node in equation.nodes()):
        return Outcome("not_covered", say("cnn.uncovered.winners"))
    told = any(
        isinstance(node, nodes.Cases | nodes.Indicator)
        or (isinstance(node, nodes.Call) and node.function == "upsample")
        for node in equation.nodes()
    )
    for wins in () if told else (True, False):
        evaluator.windows.wins = wins
        outcome = judge(equation, evaluator)
        if outcome.status == "right":
            return outcome.if_(say("cnn.document.wins" if wins else "cnn.document.does_not_win"))
    evaluator.windows.wins = None
    return Outcome("wrong", why=wrong)


def _wrong(
    equation: Equation, evaluator: Evaluator, number: int, read: list[Terms], done: Terms, right: Terms
) -> Outcome:
    """What is wrong with a side."""
    typed = as_typed(read[number], done)
    text, faults, slips = explain(typed, right, asked_for(read[0]), evaluator.formulas)
    notes = []
    if free_variables(equation.sides[0]) or not any(node.index.entries for node in quantities(equation)):
        notes.append(say("cnn.equation.at_element", element=written(read[0])))
    if len(equation.relations) > 1:
        shown = write.formula(equation.sides[number])
        notes.append(say("cnn.document.side_wrong", side=shown if len(shown) < 80 else shown[:79] + "…"))
    count, evaluator.steps = 0, MAX_STEPS
    with suppress(NotCovered):  # of a very large layer not all are counted
        for _ in instances(equation, evaluator):
            count += prod(evaluator.shape)
    return Outcome("wrong", joined([*notes, text], "list.sentences"), count, faults, slips)


def _starred(side: Node) -> bool:
    return any(isinstance(node, nodes.Product) and node.stars for node in nodes.walk(side))


def _is_jacobian(side: Node, evaluator: Evaluator) -> bool:
    """Whether it holds a derivative of a whole map by a whole map."""
    try:
        return any(
            isinstance(node, PartialDerivative)
            and isinstance(node.of, NamedQuantity)
            and isinstance(node.by, NamedQuantity)
            and (evaluator.is_array(node.of) or evaluator.is_array(node.by))
            for node in nodes.walk(side)
        )
    except Meaningless:
        return False


# ---- What an equation is about ---------------------------------------------------------------------------


def quantities(equation: Equation) -> list[NamedQuantity]:
    """All that stand in it."""
    return [node for node in equation.nodes() if isinstance(node, NamedQuantity)]


def names_letter(equation: Equation, letter: str) -> bool:
    """Whether a quantity of that letter stands in it."""
    return any(node.letter == letter for node in quantities(equation))


def is_forward(equation: Equation) -> bool:
    """Whether it says what z is."""
    left = equation.sides[0]
    return isinstance(left, NamedQuantity) and left.letter == "z"


def defines_residual(equation: Equation) -> bool:
    """Whether it calls ∂J/∂a δ, as some do."""
    match equation.sides[:2]:
        case (NamedQuantity(letter="delta"), PartialDerivative(by=NamedQuantity(letter="a"))):
            return True
    return False


def kinds_of(
    equation: Equation, about_dense: bool, pooled: tuple[Kind, ...], others: bool = True
) -> tuple[Kind, ...]:
    """What layers an equation may speak of: by its indices, else by its stars and transposes.

    Parameters
    ----------
    pooled : tuple of {"max", "avg"}
        Of what pooling the text speaks there.
    others : bool
        Whether it speaks of other layers, too.
    """
    found = list(equation.nodes())
    calls = {node.function for node in found if isinstance(node, nodes.Call | nodes.Summation)}
    if any(isinstance(node, nodes.Indicator) for node in found):
        calls.add("max")
    if calls & {"max", "avg", "mean", "upsample", "pool"}:
        told: dict[str, tuple[Kind, ...]] = {"max": ("max",), "avg": ("avg",), "mean": ("avg",)}
        return next((told[name] for name in told if name in calls), pooled or ("max", "avg"))
    if pooled and not any(names_letter(equation, letter) for letter in "wb"):
        return (*pooled, *(kinds_of(equation, about_dense, ()) if others else ()))
    named = [node for node in quantities(equation) if node.letter != "b"]
    starred = any(isinstance(node, nodes.Product) and node.stars for node in found) or any(
        isinstance(node, nodes.Call) and node.function == "rot180" for node in found
    )
    if all(not node.index.entries for node in named):
        if starred:
            return ("dense", "map") if any(isinstance(node, nodes.Transposed) for node in found) else ("map",)
        if any(isinstance(node, nodes.Transposed | nodes.Matrix) for node in found):
            return ("dense",)
        return ("dense", "map") if about_dense else ("map", "dense")
    kind = layer_kind(equation)
    summed = {each.variable for node in found if isinstance(node, nodes.Summation) for each in node.ranges}
    pairs = all(len(node.index.entries) == 2 for node in named)
    if kind == "map" and names_letter(equation, "w") and len(summed) == 1 and pairs:
        return ("dense",)  # a product of matrices, as of a batch; a convolution sums over two letters
    return ("numbered",) if starred and kind == "dense" else (kind,)


def tells_too_little(layer: AnyLayer, equation: Equation) -> bool:
    """Whether a layer of a text's largest indices is so small that terms may be missing: of z with a single
    weight, of a gradient with a single weight or a single output."""
    first = equation.sides[0]
    weights, outputs = prod(layer.shape("w", CURRENT)[-2:]), prod(layer.shape("z", CURRENT)[-2:])
    if isinstance(layer, Dense):
        weights, outputs = layer.inputs, layer.outputs
    if is_forward(equation):
        return weights == 1
    gradient = isinstance(first, PartialDerivative) and isinstance(first.of, Loss)
    return (gradient or isinstance(first, NamedQuantity)) and (weights == 1 or outputs == 1)


def weights_before(equation: Equation) -> bool | None:
    """Whether w has the number of the layer before z or δ of this one; None where that is not written."""
    layers: dict[str, set[int]] = {}
    for node in quantities(equation):
        if node.layer is not None:
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
        return nodes.with_children(node, moved)

    layers = {node.layer for node in quantities(equation)} - {None}
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
        return replace(node, layer=nodes.LayerLabel("l", -1))
    return nodes.with_children(node, _in_one_layer)


def _without_slope(left: Atom | None, formulas: LayerFormulas) -> Terms:
    """What δ^(l−1) is proportional to, element by element: ∂J/∂a, without σ′ (lecture 3.2, 全连接)."""
    if left is None or left.letter != "delta" or left.layer != BEFORE:
        raise NotCovered(say("cnn.uncovered.proportional"))
    return formulas.gradients[Atom("a", left.index, BEFORE)]
