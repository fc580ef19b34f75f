"""The lecture's pages for any layer: z with the terms that matter boxed, the chain rule, the result.

Commands and notebooks call `derive` and print its `Page`. The formulas come from `expand`; a closed form is
drawn beside them and may be called equal only after the comparison.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any, Literal

import sympy

from autograder.base.messages import Text, Verbatim, joined, say
from autograder.cnn.derivations import expand
from autograder.cnn.derivations.expand import Formulas
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, LayerError, Pooling, size_text
from autograder.cnn.derivations.pages import closed_form
from autograder.cnn.derivations.pages.closed_form import ClosedForm
from autograder.cnn.derivations.pages.records import (
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
    example_map,
    sum_of,
)
from autograder.cnn.derivations.symbols import BEFORE, Atom, Derivative, Monomial

Part = Literal["z", "delta", "input", "weights", "bias", "all"]
PARTS: tuple[Part, ...] = ("z", "delta", "input", "weights", "bias", "all")

MAX_WITH_STEPS = 100
"""Connections up to which every step is shown unless asked otherwise; the lecture's example has 16."""
FEW = 4
"""Up to this many z, all are repeated beside every variable, as in the lecture; else those that hold it."""


_PART_OF: dict[str, Part] = {"z": "z", "delta": "delta", "a": "input", "w": "weights", "b": "bias"}


def derive(layer: AnyLayer, of: Part = "all", steps: bool | None = None, element: Atom | None = None) -> Page:
    """The derivation of a layer's quantities, as the lecture's pages show it.

    Parameters
    ----------
    layer : Layer, Pooling or Dense
    of : {"z", "delta", "input", "weights", "bias", "all"}
        The forward pass (lecture 2.1); δ of the layer before (3.1, 3.2), with σ′; ∂J/∂a, the same without
        σ′; ∂J/∂w; ∂J/∂b (3.3); or z, δ, ∂J/∂w and ∂J/∂b together.
    steps : bool, optional
        Whether every step is shown or results only; steps for small layers, unless said otherwise.
    element : Atom, optional
        The only element that is wanted, in place of `of`: z, δ of the layer before, or a, w, b for ∂J/∂ each.

    Raises
    ------
    LayerError
        The layer has no such quantity (pooling has neither weights nor bias) or no such element.
    """
    if element is not None:
        of = _PART_OF[element.letter]
    if isinstance(layer, Pooling) and of in ("weights", "bias"):
        raise LayerError(say("cnn.meaning.pooling_without_weights"))
    lines = _Lines(layer, steps, element)
    if isinstance(layer, Pooling):
        wanted: tuple[Part, ...] = ("z", "delta") if of == "all" else (of,)
    else:
        wanted = ("z", "delta", "weights", "bias") if of == "all" else (of,)
    sections = [section for part in wanted for section in _SECTIONS[part](lines)]
    return Page(_title(layer), (*_remarks(layer, lines.steps, steps), *sections))


def part(name: str) -> Part:
    """A part by its name.

    Raises
    ------
    LayerError
        There is none of that name.
    """
    if name not in PARTS:
        raise LayerError(say("cnn.page.part_unknown", name=repr(name[:40]), known=", ".join(PARTS)))
    return name


class _Lines:
    """z of a layer, expanded once for all sections, and where each quantity occurs in it.

    Attributes
    ----------
    only : list of Atom
        The a, w or b that is wanted; none where all are.
    """

    def __init__(self, layer: AnyLayer, steps: bool | None, element: Atom | None) -> None:
        self.layer = layer
        products = layer.connections
        holding = element
        if element is not None:
            layer.position(element)  # refuses what there is not
            holding = replace(element, letter="a") if element.letter == "delta" else element
            ranges, inside = expand.reach(layer, holding)
            products = prod(map(len, ranges)) * inside
        self.steps = products <= MAX_WITH_STEPS if steps is None else steps
        self.only = [] if holding is None else [holding]
        self.z = expand.forward(layer, holding, self.steps)

    def occurrences(self, variables: list[Atom]) -> dict[Atom, dict[Atom, sympy.Expr]]:
        """For each variable (all of one quantity) the z that hold it, and their derivatives by it."""
        found: dict[Atom, dict[Atom, sympy.Expr]] = {variable: {} for variable in variables}
        letter, layer = variables[0].letter, variables[0].layer
        for z, formula in self.z.items():
            for variable, slope in expand.derivatives(formula, letter, layer).items():
                if variable in found:
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
    results = expand.delta_before(lines.layer, written=lines.z, of=lines.only)
    title = Prose(say("cnn.page.residual_title"))
    if not lines.steps:
        return [Section(title, (_results(results),))]
    parts = [Section(title, ())]
    for a, occurrences in lines.occurrences(lines.only or lines.layer.atoms("a")).items():
        parts.append(_residual_steps(lines, a, occurrences, results))
    closed = None if lines.only else closed_form.delta_before(lines.layer)
    if closed is not None:
        parts.append(_closed(closed, results, _residual_recipe(lines.layer)))
    return parts


def _residual_steps(
    lines: _Lines, a: Atom, occurrences: dict[Atom, sympy.Expr], results: Formulas
) -> Section:
    delta, z_before = Atom("delta", a.index, BEFORE), Atom("z", a.index, BEFORE)
    title = Prose(say("cnn.page.residual_of"), ((delta,),))
    undone = Derivative("J", z_before)
    if not occurrences:
        unseen = Prose(say("cnn.page.residual_without_influence"), ((a,),))
        return Section(title, (unseen, _equations(delta, undone, as_sum(results[delta]))), level=3)
    holding = list(occurrences)
    blocks: list[Block] = [
        Prose(say("cnn.page.residual_depends"), ((delta,), tuple(holding), (a,))),
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


def _gradient(
    title: str, formulas: Callable[..., Formulas], recipe: bool = False
) -> Callable[[_Lines], list[Section]]:
    """∂J/∂w, ∂J/∂b or ∂J/∂a: the lines of z with the variable boxed, the chain rule, the result."""

    def sections(lines: _Lines) -> list[Section]:
        heading = Prose(say(title))
        results = formulas(lines.layer, lines.z, lines.only)
        if not lines.steps:
            undone = {Derivative("J", variable): formula for variable, formula in results.items()}
            return [Section(heading, (_results(undone),))]
        parts = [Section(heading, ())]
        for variable, occurrences in lines.occurrences(list(results)).items():
            holding = list(occurrences)
            chain: list[Monomial] = [(Derivative("J", z), Derivative(z, variable)) for z in holding]
            sides: list[Side] = [sum_of(chain)] if chain else []
            result = _equations(Derivative("J", variable), *sides, as_sum(results[variable]))
            of = Prose(Verbatim("{0}"), ((Derivative("J", variable),),))
            blocks: tuple[Block, ...] = (lines.boxed(variable, holding), result) if holding else (result,)
            parts.append(Section(of, blocks, level=3))
        if recipe and isinstance(lines.layer, Layer) and not lines.only:
            strided = lines.layer.stride > 1
            words = say("cnn.page.recipe_weights_strided" if strided else "cnn.page.recipe_weights")
            parts.append(_closed(closed_form.weight_gradient(lines.layer), results, words))
        return parts

    return sections


_SECTIONS: dict[Part, Callable[[_Lines], list[Section]]] = {
    "z": _forward,
    "delta": _residual,
    "input": _gradient("cnn.page.input_title", expand.input_gradient),
    "weights": _gradient("cnn.page.weights_title", expand.weight_gradient, recipe=True),
    "bias": _gradient("cnn.page.bias_title", expand.bias_gradient),
}


# ---- Closed forms ------------------------------------------------------------------------------------------


def _residual_recipe(layer: AnyLayer) -> Text:
    """The closed form of δ in words."""
    if isinstance(layer, Dense):
        return say("cnn.page.recipe_dense")
    if isinstance(layer, Layer):
        return say("cnn.page.recipe_residual" if layer.stride == 1 else "cnn.page.recipe_residual_strided")
    return say("cnn.page.recipe_max_pooling" if layer.kind == "max" else "cnn.page.recipe_average_pooling")


def _closed(closed: ClosedForm, results: Formulas, in_words: Text) -> Section:
    """The drawings, and the outcome of the comparison with the derivation."""
    if closed_form.agrees(closed, results):
        outcome = say("cnn.page.compared_equal", count=len(results))
    else:
        outcome = say("cnn.page.compared_unequal")
    blocks: tuple[Block, ...] = (Prose(in_words), *closed.recipes, Prose(outcome))
    return Section(Prose(say("cnn.page.pattern_title")), blocks, level=3)


# ---- Small parts -------------------------------------------------------------------------------------------


def _equations(left: Atom | Derivative, *sides: Side) -> Aligned:
    return Aligned((Equation(left, sides),))


def _results(results: Mapping[Any, sympy.Expr]) -> Aligned:
    return Aligned(tuple(Equation(left, (as_sum(formula),)) for left, formula in results.items()))


def _title(layer: AnyLayer) -> Prose:
    if isinstance(layer, Dense):
        return Prose(say("cnn.page.title_dense", inputs=layer.inputs, outputs=layer.outputs))
    sizes = {"input": size_text(layer.input), "output": size_text(layer.output)}
    if isinstance(layer, Layer):
        parts = [say("cnn.page.title_convolution", **sizes, kernel=size_text(layer.kernel))]
        if layer.stride != 1:
            parts.append(say("cnn.layer.stride", stride=layer.stride))
        if layer.padding:
            parts.append(say("cnn.layer.padding", padding=layer.padding))
    else:
        title = "cnn.page.title_max_pooling" if layer.kind == "max" else "cnn.page.title_average_pooling"
        parts = [say(title, input=sizes["input"], output=sizes["output"], window=size_text(layer.window))]
        if layer.steps != layer.window:
            parts.append(say("cnn.layer.stride", stride=size_text(layer.steps)))
    if layer.channels != 1:
        words = "cnn.page.part_input_channels" if isinstance(layer, Layer) else "cnn.page.part_channels"
        parts.append(say(words, count=layer.channels))
    if isinstance(layer, Layer) and layer.kernels != 1:
        parts.append(say("cnn.page.part_kernels", count=layer.kernels))
    if layer.samples != 1:
        parts.append(say("cnn.page.part_samples", count=layer.samples))
    return Prose(joined(parts, "list.clauses"))


def _remarks(layer: AnyLayer, steps: bool, asked: bool | None) -> list[Section]:
    """Notes on the page as a whole, if any."""
    remarks: list[Block] = []
    if isinstance(layer, Layer) and layer.padding:
        remarks.append(Prose(say("cnn.page.note_padding")))
    if not steps and asked is None:
        remarks.append(Prose(say("cnn.page.note_large")))
    if isinstance(layer, Pooling) and layer.values:
        if len(layer.values) <= MAX_WITH_STEPS:
            remarks += [Prose(say("cnn.page.note_map")), example_map(layer)]
        else:
            remarks.append(Prose(say("cnn.page.note_map_large")))
    return [Section(Prose(say("cnn.page.notes_title")), tuple(remarks), level=3)] if remarks else []
