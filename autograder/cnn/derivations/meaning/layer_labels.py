"""Which layer each quantity of an equation belongs to, where it was not written: l or l−1.

`checking` and `documents` call `settle_layers` on what was parsed, before anything is evaluated. The rules
are the lecture's habits; an equation that speaks of more than two layers is refused, never guessed at.
"""

from dataclasses import replace

from autograder.base.messages import say
from autograder.cnn.derivations.meaning.terms import NotCovered
from autograder.cnn.derivations.notation import nodes
from autograder.cnn.derivations.notation.nodes import Equation, Loss, NamedQuantity, Node, PartialDerivative
from autograder.cnn.derivations.symbols import BEFORE, CURRENT, LayerName


def settle_layers(equation: Equation, left_before: bool = False) -> Equation:
    """The same equation with a layer, l or l−1, at every quantity.

    Written layers come first: in an equation that speaks of l+1 and l, or of (3) and (2), the higher one is
    this layer (lecture 2.1 and 3.2 number them so). Where none is written,

    - w and b are of layer l, a of layer l−1, as in the whole lecture;
    - z is of layer l, but of l−1 inside σ(z) and σ′(z), and of a's layer in ∂a/∂z;
    - δ, and ∂J/∂z, are of layer l; of l−1 only when they are the left-hand side and the right-hand side holds
      w, σ′ or another residual: δ₁₂ = δ₁₁·w₁₂·σ′(z₁₂) + … speaks of the layer before on its left.

    Parameters
    ----------
    left_before : bool
        A residual on the left-hand side is of layer l−1 in any case, for that is what was asked for.

    Raises
    ------
    NotCovered
        More than two layers, or layers both by number and by letter.
    """
    shift = _highest_layer(equation)
    first, *rights = equation.sides
    before = left_before or any(_speaks_of_this_layer(side) for side in rights if side != first)
    residual = _is_undone_residual(first) or (isinstance(first, NamedQuantity) and first.letter == "delta")
    default = -1 if residual and before and not equation.continued else 0
    sides = [
        _settle(side, shift, default if side == first or _is_undone_residual(side) else 0)
        for side in equation.sides
    ]
    return replace(equation, sides=tuple(sides))


def layer_of(quantity: NamedQuantity) -> LayerName:
    """The layer of a quantity of an equation whose layers are settled."""
    assert quantity.layer is not None
    return CURRENT if quantity.layer.offset == 0 else BEFORE


def _highest_layer(equation: Equation) -> int:
    """The highest layer that is written: a number, or how many layers it is behind l."""
    written = {
        node.layer
        for node in equation.nodes()
        if isinstance(node, NamedQuantity | nodes.Call) and node.layer is not None
    }
    if not written:
        return 0
    base, *others = {layer.base for layer in written}
    if others:
        raise NotCovered(say("cnn.meaning.layers_mixed"))
    offsets = [layer.offset for layer in written]
    # Alone, l−1 is the layer before, and nothing else.
    top = max(offsets) if base == "" else max(*offsets, 0)
    if top - min(offsets) > 1:
        raise NotCovered(say("cnn.uncovered.more_layers"))
    return top


def _is_undone_residual(node: Node) -> bool:
    match node:
        case PartialDerivative(of=Loss(), by=NamedQuantity(letter="z")):
            return True
    return False


def _speaks_of_this_layer(side: Node) -> bool:
    if _is_undone_residual(side):
        return False
    for node in nodes.walk(side):
        match node:
            case (
                NamedQuantity(letter="w" | "delta" | "a")
                | PartialDerivative()
                | nodes.Call(function="dsigma")
            ):
                return True
    return False


def _settle(node: Node, shift: int, residual: int, inside: int | None = None) -> Node:
    """One side; `residual` is the layer of δ, `inside` that of z where something around it decides."""

    def again(part: Node, inside: int | None = inside) -> Node:
        return _settle(part, shift, residual, inside)

    def of(said: nodes.LayerLabel | None, usual: int) -> nodes.LayerLabel:
        return nodes.LayerLabel("l", usual if said is None else said.offset - shift)

    match node:
        case NamedQuantity(letter=letter, layer=said):
            usual = {"w": 0, "b": 0, "a": -1, "delta": residual, "z": 0 if inside is None else inside}[letter]
            return replace(node, layer=of(said, usual))
        case nodes.Call(function=function, arguments=arguments):
            within = -1 if function in ("sigma", "dsigma") else inside
            return replace(
                node,
                arguments=tuple(again(argument, within) for argument in arguments),
                layer=None if node.layer is None else of(node.layer, 0),
            )
        case PartialDerivative(of=Loss(), by=NamedQuantity(letter="z") as by):
            return replace(node, by=again(by, residual))
        case PartialDerivative(of=NamedQuantity(letter="a") as above, by=NamedQuantity(letter="z") as by):
            a = again(above)
            assert isinstance(a, NamedQuantity) and a.layer is not None
            return PartialDerivative(a, again(by, a.layer.offset))
    return nodes.with_children(node, again)
