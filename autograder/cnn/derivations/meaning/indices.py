"""Index letters: which of them a formula leaves free, what an index comes to, and how far a Σ runs.

`evaluate` calls it for every index and every Σ, `checking` and `documents` ask for the free letters. It knows
the sizes of a layer but none of its formulas; what has no value raises `NotCovered` or `Meaningless`.
"""

from collections.abc import Mapping

from autograder.base.messages import say
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer
from autograder.cnn.derivations.meaning.convention import LECTURE, Convention
from autograder.cnn.derivations.meaning.errors import Meaningless, NotCovered
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.notation.nodes import (
    Bound,
    IndexEntry,
    NamedQuantity,
    Node,
    Range,
    Summation,
    Variable,
    children,
    walk,
)
from autograder.cnn.derivations.symbols import CURRENT

Values = Mapping[str, int]
"""What index letters stand for."""


def free_variables(node: Node) -> frozenset[str]:
    """The index letters of a formula that no Σ in it binds."""
    match node:
        case NamedQuantity(index=index):
            return frozenset(name for entry in index.entries for name in entry.variables)
        case Variable(name=name):
            return frozenset((name,))
        case Summation(ranges=ranges, body=body):
            return free_variables(body) - {range.variable for range in ranges}
    return frozenset[str]().union(*map(free_variables, children(node)))


def entries(
    named: NamedQuantity, formulas: LayerFormulas, convention: Convention = LECTURE
) -> tuple[IndexEntry, ...]:
    """The indices of a quantity in the lecture's order, as many as it has in this layer.

    Raises
    ------
    Meaningless
        There are too many or too few.
    """
    index, rank = named.index, formulas.rank(named.letter, layer_of(named))
    if len(index.entries) == rank:
        found = index.entries
        if convention.map_last and rank > 2:
            found = (*found[2:], *found[:2])
        if (
            convention.channel_first
            and named.letter == "w"
            and (rank == 4 or isinstance(formulas.layer, Dense))
        ):
            found = (found[1], found[0], *found[2:])
        return found
    if convention.arrays and len(index.entries) in {0, rank - 2 if rank > 2 else 0}:
        return index.entries[::-1] if convention.channel_first else index.entries
    if rank == 1 and index.run.isdigit():
        return (IndexEntry(((int(index.run), ()),)),)
    if rank == 0 and index.run == "1":
        return ()
    name = "δ" if named.letter == "delta" else named.letter
    raise Meaningless(say("cnn.meaning.number_of_indices", name=name, wanted=rank, found=len(index.entries)))


def entry_value(entry: IndexEntry, values: Values, layer: AnyLayer) -> int:
    """What an index comes to; s is the stride where nothing else is called so."""
    total = 0
    for value, names in entry.terms:
        for name in names:
            if name in values:
                value *= values[name]
            elif name == "s" and isinstance(layer, Layer):
                value *= layer.stride
            else:
                raise unexplained(name)
        total += value
    return total


def span(
    summed: Range, body: Node, formulas: LayerFormulas, convention: Convention, named: dict[str, str]
) -> range:
    """From where to where a letter of Σ runs: as written, else wherever the elements exist.

    A size's letter stands for the size of that axis on which the letter of the Σ is the index; `named` keeps
    of which quantity, for it may stand for one only.
    """
    first = convention.base
    axes = _axes(summed.variable, body, formulas, convention)
    last = first - 1 + (min(size for _, size in axes) if axes else _largest(body, formulas))
    low = first if summed.low is None else _bound(summed.low, axes, named)
    high = last if summed.high is None else _bound(summed.high, axes, named)
    if axes and (low < first or high > last) and (summed.low, summed.high) != (None, None):
        raise NotCovered(say("cnn.meaning.sum_beyond", name=summed.variable))
    return range(low, min(high, 1_000) + 1)


def _bound(bound: Bound, axes: list[tuple[str, int]], named: dict[str, str]) -> int:
    if not bound.name:
        return bound.offset
    if not axes:
        raise unexplained(bound.name)
    letter, size = min(axes, key=lambda axis: axis[1])
    if named.setdefault(bound.name, letter) != letter:
        raise NotCovered(say("cnn.meaning.size_of_two", name=bound.name))
    return size + bound.offset


def reach(variable: str, body: Node, formulas: LayerFormulas, convention: Convention = LECTURE) -> int:
    """The number of values of a letter that stands alone as an index; of all indices, if none does."""
    axes = _axes(variable, body, formulas, convention)
    return min((size for _, size in axes), default=_largest(body, formulas))


def _axes(
    variable: str, body: Node, formulas: LayerFormulas, convention: Convention
) -> list[tuple[str, int]]:
    """Where a letter is an index by itself: of which quantity, and how long that axis is."""
    found: list[tuple[str, int]] = []
    for node in walk(body):
        if isinstance(node, NamedQuantity) and node.index.entries:
            where = layer_of(node)
            extent = formulas.extent(node.letter, where)
            letter = "output" if where == CURRENT and node.letter in ("z", "delta", "a") else node.letter
            pairs = zip(entries(node, formulas, convention), extent[: len(node.index.entries)], strict=False)
            found += [(letter, side) for entry, side in pairs if entry.bare == variable]
    return found


def _largest(body: Node, formulas: LayerFormulas) -> int:
    named = [node for node in walk(body) if isinstance(node, NamedQuantity) and node.index.entries]
    return max([1, *(side for node in named for side in formulas.extent(node.letter, layer_of(node)))])


def unexplained(names: str) -> NotCovered:
    """Letters of which nobody says what they stand for."""
    return NotCovered(say("cnn.meaning.index_unexplained", name=names))
