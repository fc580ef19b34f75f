"""The lecture's pages for any layer: z with the terms that matter boxed, the chain rule, the result.

`derive` builds a `Page`; the command line and notebooks print it. The formulas come from `expand`; each
closed form is drawn beside them and called equal only after it was compared.
"""

from collections.abc import Callable
from typing import Literal, cast

import sympy

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations import closed_form, expand
from autograder.cnn.derivations.closed_form import ClosedForm
from autograder.cnn.derivations.expand import Formulas
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, LayerError, Pooling
from autograder.cnn.derivations.page import (
    Aligned,
    Block,
    Equation,
    Largest,
    Page,
    Prose,
    Section,
    Side,
    Slope,
    Sum,
    as_sum,
    sum_of,
)
from autograder.cnn.derivations.symbols import BEFORE, Atom, Derivative, Monomial

Part = Literal["z", "delta", "input", "weights", "bias", "all"]
PARTS: tuple[Part, ...] = ("z", "delta", "input", "weights", "bias", "all")

MAX_WITH_STEPS = 100
"""Connections of a layer whose every step is shown unless asked otherwise; the lecture's example has 16."""
FEW = 4
"""Up to so many z are all repeated beside every variable, as in the lecture; of more, those that hold it."""


def derive(layer: AnyLayer, of: Part = "all", steps: bool | None = None) -> Page:
    """The derivation of a layer's quantities, as the lecture's pages show it.

    Parameters
    ----------
    layer : Layer, Pooling or Dense
    of : {"z", "delta", "input", "weights", "bias", "all"}
        The forward pass (lecture 2.1); δ of the layer before (3.1, 3.2), with σ′; ∂J/∂a, the same without
        σ′; ∂J/∂w; ∂J/∂b (3.3); or z, δ, ∂J/∂w and ∂J/∂b together.
    steps : bool, optional
        Whether every step is shown or results only; steps for small layers, unless said otherwise.

    Raises
    ------
    LayerError
        The layer has no such quantity: pooling has neither weights nor bias.
    """
    shown_steps = layer.connections <= MAX_WITH_STEPS if steps is None else steps
    lines = _Lines(layer, shown_steps)
    if isinstance(layer, Pooling):
        if of in ("weights", "bias"):
            raise LayerError(say("cnn.meaning.pooling_without_weights"))
        wanted: tuple[Part, ...] = ("z", "delta") if of == "all" else (of,)
    else:
        wanted = ("z", "delta", "weights", "bias") if of == "all" else (of,)
    sections = [section for part in wanted for section in _SECTIONS[part](lines)]
    return Page(_title(layer), (*_remarks(layer, shown_steps, steps), *sections))


def part(name: str) -> Part:
    """A part by its name.

    Raises
    ------
    LayerError
        There is none of that name.
    """
    for known in PARTS:
        if name == known:
            return known
    raise LayerError(
        say(
            "cnn.page.part_unknown",
            name=repr(name[:40]),
            known=", ".join(PARTS),
        )
    )


class _Lines:
    """z of a layer, written out once, and where each quantity occurs in it."""

    def __init__(self, layer: AnyLayer, steps: bool) -> None:
        self.layer = layer
        self.steps = steps
        self.z = expand.forward(layer)

    def occurrences(self, variables: list[Atom]) -> dict[Atom, dict[Atom, sympy.Expr]]:
        """For each variable the z that hold it, and their derivatives by it."""
        found: dict[Atom, dict[Atom, sympy.Expr]] = {variable: {} for variable in variables}
        for z, formula in self.z.items():
            for variable, slope in expand.derivatives(
                formula, variables[0].letter, variables[0].layer
            ).items():
                found[variable][z] = slope
        return found

    def boxed(self, variable: Atom, holding: list[Atom]) -> Aligned:
        """The lines of z with the terms that hold the variable boxed."""
        shown = list(self.z) if len(self.z) <= FEW else holding
        return Aligned(
            tuple(Equation(z, (as_sum(self.z[z], lambda term, _: variable in term),)) for z in shown)
        )


# ---- Sections ----------------------------------------------------------------------------------------------


def _forward(lines: _Lines) -> list[Section]:
    equations = []
    for z, formula in lines.z.items():
        sides: tuple[Side, ...] = (as_sum(formula),)
        if isinstance(lines.layer, Pooling) and lines.layer.kind == "max":
            sides = (Largest(tuple(lines.layer.cells(z))), *sides)
        equations.append(Equation(z, sides))
    title = {
        Layer: say("cnn.page.forward_convolution"),
        Pooling: say("cnn.page.forward_pooling"),
        Dense: say("cnn.page.forward_dense"),
    }[type(lines.layer)]
    return [Section(Prose(title), (Aligned(tuple(equations)),))]


def _residual(lines: _Lines) -> list[Section]:
    """δ of the layer before, variable by variable, then by the closed form."""
    results = expand.delta_before(lines.layer, written=lines.z)
    title = Prose(say("cnn.page.residual_title"))
    if not lines.steps:
        return [Section(title, (_results(results),))]
    parts = [Section(title, ())]
    for a, occurrences in lines.occurrences(lines.layer.atoms("a")).items():
        parts.append(_residual_steps(lines, a, occurrences, results))
    closed = closed_form.delta_before(lines.layer)
    if closed is not None:
        parts.append(_closed(closed, results, _recipe(lines.layer, "delta")))
    return parts


def _residual_steps(
    lines: _Lines, a: Atom, occurrences: dict[Atom, sympy.Expr], results: Formulas
) -> Section:
    delta, z_before = Atom("delta", a.index, BEFORE), Atom("z", a.index, BEFORE)
    title = Prose(say("cnn.page.residual_of"), ((delta,),))
    undone = Derivative("J", z_before)
    if not occurrences:
        unseen = Prose(
            say("cnn.page.residual_without_influence"),
            ((a,),),
        )
        return Section(title, (unseen, _equations(delta, undone, as_sum(results[delta]))), level=3)
    holding = list(occurrences)
    blocks: list[Block] = [
        Prose(
            say("cnn.page.residual_depends"),
            ((delta,), tuple(holding), (a,)),
        ),
        lines.boxed(a, holding),
        Aligned(tuple(_local_derivative(lines, z, a, slope) for z, slope in occurrences.items())),
    ]
    chain = [(Derivative("J", z), Derivative(z, a), Derivative(a, z_before)) for z in holding]
    blocks.append(_equations(delta, undone, sum_of(chain), as_sum(results[delta])))
    return Section(title, tuple(blocks), level=3)


def _local_derivative(lines: _Lines, z: Atom, a: Atom, slope: sympy.Expr) -> Equation:
    """∂z₁₁/∂a₁₂ = ∂(a₁₂·w₁₂)/∂a₁₂ = w₁₂."""
    holding = tuple(term for term in as_sum(lines.z[z]).terms if a in term.factors)
    own = holding == as_sum(a.symbol).terms
    middle: tuple[Side, ...] = () if own else (Slope(Sum(holding), a),)
    return Equation(Derivative(z, a), (*middle, as_sum(slope)), in_one_line=True)


def _input(lines: _Lines) -> list[Section]:
    results = expand.input_gradient(lines.layer, written=lines.z)
    title = say("cnn.page.input_title")
    return _by_variable(lines, Prose(title), results)


def _weights(lines: _Lines) -> list[Section]:
    layer = cast(Layer | Dense, lines.layer)
    results = expand.weight_gradient(layer, written=lines.z)
    sections = _by_variable(lines, Prose(say("cnn.page.weights_title")), results)
    if isinstance(layer, Layer) and lines.steps:
        sections.append(_closed(closed_form.weight_gradient(layer), results, _recipe(layer, "weights")))
    return sections


def _bias(lines: _Lines) -> list[Section]:
    results = expand.bias_gradient(cast(Layer | Dense, lines.layer), written=lines.z)
    return _by_variable(lines, Prose(say("cnn.page.bias_title")), results)


def _by_variable(lines: _Lines, title: Prose, results: Formulas) -> list[Section]:
    """∂J/∂w, ∂J/∂b or ∂J/∂a: the lines of z with the variable boxed, the chain rule, the result."""
    if not lines.steps:
        undone = {Derivative("J", variable): formula for variable, formula in results.items()}
        equations = tuple(Equation(left, (as_sum(formula),)) for left, formula in undone.items())
        return [Section(title, (Aligned(equations),))]
    parts = [Section(title, ())]
    for variable, occurrences in lines.occurrences(list(results)).items():
        holding = list(occurrences)
        chain: list[Monomial] = [(Derivative("J", z), Derivative(z, variable)) for z in holding]
        sides: list[Side] = [sum_of(chain)] if chain else []
        result = _equations(Derivative("J", variable), *sides, as_sum(results[variable]))
        heading = Prose(Verbatim("{0}"), ((Derivative("J", variable),),))
        blocks: tuple[Block, ...] = (lines.boxed(variable, holding), result) if holding else (result,)
        parts.append(Section(heading, blocks, level=3))
    return parts


_SECTIONS: dict[Part, Callable[[_Lines], list[Section]]] = {
    "z": _forward,
    "delta": _residual,
    "input": _input,
    "weights": _weights,
    "bias": _bias,
}


# ---- Closed forms ------------------------------------------------------------------------------------------

_CLOSED_CONVOLUTION = (
    say("cnn.page.recipe_residual"),
    say("cnn.page.recipe_weights"),
)
_CLOSED_STRIDED = (
    say("cnn.page.recipe_residual_strided"),
    say("cnn.page.recipe_weights_strided"),
)
_CLOSED_POOLING = {
    "max": say("cnn.page.recipe_max_pooling"),
    "avg": say("cnn.page.recipe_average_pooling"),
}
_CLOSED_DENSE = say("cnn.page.recipe_dense")


def _recipe(layer: AnyLayer, of: Literal["delta", "weights"]) -> Text:
    """The closed form in words."""
    match layer:
        case Layer():
            residual, weights = _CLOSED_STRIDED if layer.stride > 1 else _CLOSED_CONVOLUTION
            return residual if of == "delta" else weights
        case Pooling():
            return _CLOSED_POOLING[layer.kind]
        case Dense():
            return _CLOSED_DENSE


def _closed(closed: ClosedForm, results: Formulas, how: Text) -> Section:
    """The drawings, and what the comparison with the derivation found."""
    if closed_form.agrees(closed, results):
        verdict = say("cnn.page.compared_equal", count=len(results))
    else:
        verdict = say("cnn.page.compared_unequal")
    return Section(
        Prose(say("cnn.page.pattern_title")), (Prose(how), *closed.recipes, Prose(verdict)), level=3
    )


# ---- Small parts -------------------------------------------------------------------------------------------


def _equations(left: Atom | Derivative, *sides: Side) -> Aligned:
    return Aligned((Equation(left, sides),))


def _results(results: Formulas) -> Aligned:
    return Aligned(tuple(Equation(left, (as_sum(formula),)) for left, formula in results.items()))


def _title(layer: AnyLayer) -> Prose:
    match layer:
        case Layer():
            sizes = {name: _size(getattr(layer, name)) for name in ("input", "kernel", "output")}
            parts = [say("cnn.page.title_convolution", **sizes)]
            if layer.stride != 1:
                parts.append(say("cnn.layer.stride", stride=layer.stride))
            if layer.padding:
                parts.append(say("cnn.layer.padding", padding=layer.padding))
            if layer.channels != 1:
                parts.append(say("cnn.page.part_input_channels", count=layer.channels))
            if layer.kernels != 1:
                parts.append(say("cnn.page.part_kernels", count=layer.kernels))
        case Pooling():
            sizes = {name: _size(getattr(layer, name)) for name in ("input", "output", "window")}
            maximum = layer.kind == "max"
            parts = [
                say("cnn.page.title_max_pooling" if maximum else "cnn.page.title_average_pooling", **sizes)
            ]
            if layer.steps != layer.window:
                parts.append(say("cnn.layer.stride", stride=_size(layer.steps)))
            if layer.channels != 1:
                parts.append(say("cnn.page.part_channels", count=layer.channels))
        case Dense():
            return Prose(say("cnn.page.title_dense", inputs=layer.inputs, outputs=layer.outputs))
    if layer.samples != 1:
        parts.append(say("cnn.page.part_samples", count=layer.samples))
    return Prose(joined(parts, "list.clauses"))


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def _remarks(layer: AnyLayer, shown: bool, asked: bool | None) -> list[Section]:
    """What a reader has to know beforehand, if anything."""
    remarks = []
    if isinstance(layer, Layer) and layer.padding:
        remarks.append(Prose(say("cnn.page.note_padding")))
    if not shown and asked is None:
        remarks.append(Prose(say("cnn.page.note_large")))
    return [Section(Prose(say("cnn.page.notes_title")), tuple(remarks), level=3)] if remarks else []
