"""Index letters: which of them a formula leaves free, what an index comes to, and how far a Σ runs.

`evaluate` calls it for every index and every Σ, `checking` and `documents` ask for the free letters. It knows
the sizes of a layer but none of its formulas; what has no value raises `NotCovered` or `Meaningless`.
"""

from collections.abc import Mapping

from autograder.base.messages import say
from autograder.cnn.derivations.layer import AnyLayer, Layer
from autograder.cnn.derivations.meaning.errors import Meaningless, NotCovered
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.notation.nodes import (
    IndexEntry,
    NamedQuantity,
    Node,
    Range,
    Summation,
    Variable,
    children,
    walk,
)

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


def entries(named: NamedQuantity, formulas: LayerFormulas) -> tuple[IndexEntry, ...]:
    """The indices of a quantity, as many as it has in this layer.

    Raises
    ------
    Meaningless
        There are too many or too few.
    """
    index, rank = named.index, formulas.rank(named.letter, layer_of(named))
    if len(index.entries) == rank:
        return index.entries
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


def span(summed: Range, body: Node, formulas: LayerFormulas) -> range:
    """From where to where a letter of Σ runs: as written, else wherever the elements exist."""
    if summed.low is not None and summed.low != 1:
        raise NotCovered(say("cnn.uncovered.sum_start"))
    if isinstance(summed.high, int):
        return range(1, min(summed.high, 1_000) + 1)
    return range(1, reach(summed.variable, body, formulas) + 1)


def reach(variable: str, body: Node, formulas: LayerFormulas) -> int:
    """The largest value of a letter that stands alone as an index; of all indices, if none is."""
    sizes, largest = [], 1
    for node in walk(body):
        if isinstance(node, NamedQuantity) and node.index.entries:
            extent = formulas.extent(node.letter, layer_of(node))
            largest = max(largest, *extent, 1)
            pairs = zip(entries(node, formulas), extent, strict=True)
            sizes += [side for entry, side in pairs if entry.bare == variable]
    return min(sizes, default=largest)


def unexplained(names: str) -> NotCovered:
    """Letters of which nobody says what they stand for."""
    return NotCovered(say("cnn.meaning.index_unexplained", name=names))
