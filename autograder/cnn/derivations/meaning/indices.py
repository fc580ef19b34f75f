"""Index letters: which of them a formula leaves free, what an index comes to, and how far a Σ runs.

`evaluate` calls it for every index and every Σ, `checking` and `documents` ask for the free letters. It knows
the sizes of a layer but none of its formulas; what has no value raises `NotCovered` or `Meaningless`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from autograder.base.messages import say
from autograder.cnn.derivations.layer import AnyLayer, Dense, Layer, Pooling
from autograder.cnn.derivations.meaning.convention import Convention
from autograder.cnn.derivations.meaning.layer_formulas import LayerFormulas
from autograder.cnn.derivations.meaning.layer_labels import layer_of
from autograder.cnn.derivations.meaning.terms import Meaningless, NotCovered
from autograder.cnn.derivations.notation import nodes
from autograder.cnn.derivations.notation.nodes import IndexEntry, NamedQuantity, Node
from autograder.cnn.derivations.symbols import CURRENT

Values = Mapping[str, int]
"""What index letters stand for."""
SizeName = tuple[str, str, int]
"""A letter of a bound, of what it is the size, and along which side: 0 for rows, 1 for columns."""


class _Axis(NamedTuple):
    of: str
    side: int
    size: int
    shift: int
    """Where z and δ are numbered in the full map, they begin so much later."""


def free_variables(node: Node) -> frozenset[str]:
    """The index letters of a formula that no Σ in it binds."""
    match node:
        case NamedQuantity(index=index):
            return frozenset(name for entry in index.entries for name in entry.variables)
        case nodes.Variable(name=name):
            return frozenset((name,))
        case nodes.Summation(ranges=ranges, body=body):
            return free_variables(body) - {range.variable for range in ranges}
    return frozenset[str]().union(*map(free_variables, nodes.children(node)))


def entries(named: NamedQuantity, formulas: LayerFormulas, convention: Convention) -> tuple[IndexEntry, ...]:
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
            found = (
                (*found[2:], *found[:2])
                if rank < 4 or named.letter == "w"
                else (*(found[0], found[3]), *found[1:3])
            )
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
    """What an index comes to; a size's letter is one where nothing else is called so."""
    total = 0
    for value, names in entry.terms:
        for name in names:
            if name in values:
                value *= values[name]
            elif (size := size_of(name, layer)) is not None:
                value *= size
            else:
                raise unexplained(name)
        total += value
    return total


def size_of(name: str, layer: AnyLayer) -> int | None:
    """What a letter is by its name: s the stride, in pooling m and n (or k, k_1, k_h, …) the window's height
    and width, R how many elements it has. A letter without a side of its own needs a square window."""
    if isinstance(layer, Layer):
        return layer.stride if name == "s" else layer.samples if name == "N" and layer.samples > 1 else None
    if not isinstance(layer, Pooling):
        return None
    (height, width), (down, right) = layer.window, layer.steps
    letter, side = name[0].lower(), name[1:].strip("_").lower()
    if name == "R":
        return height * width
    if side in ("1", "h") or (not side and letter in "mh"):
        return height if letter != "s" else down
    if side in ("2", "w") or (not side and letter == "n"):
        return width if letter != "s" else right
    if side or letter not in "kfsr" or height != width:
        return None
    return height if letter != "s" else down


def span(
    summed: nodes.Range, body: Node, formulas: LayerFormulas, convention: Convention, named: set[SizeName]
) -> range:
    """From where to where a letter of Σ runs: as written, else wherever the elements exist.

    A size's letter stands for the size of that axis on which the letter of the Σ is the index; `named` keeps
    of which quantity, for it may stand for one only.
    """
    axes = _axes(summed.variable, body, formulas, convention)
    if isinstance(formulas.layer, Pooling) and not axes:
        return _within_the_window(summed, body, formulas.layer, convention)
    first = convention.base + min((axis.shift for axis in axes), default=0)
    last = first - 1 + (min(axis.size for axis in axes) if axes else _largest(body, formulas))
    low = first if summed.low is None else _bound(summed.low, axes, named)
    high = last if summed.high is None else _bound(summed.high, axes, named)
    if axes and (low < first or high > last) and (summed.low, summed.high) != (None, None):
        raise NotCovered(say("cnn.meaning.sum_beyond", name=summed.variable))
    return range(low, min(high, 1_000) + 1)


def _within_the_window(summed: nodes.Range, body: Node, layer: Pooling, convention: Convention) -> range:
    """A letter that counts the rows or columns of a pooling window, as m in a_{(p−1)s+m}."""
    sides = {
        place
        for node in nodes.walk(body)
        if isinstance(node, NamedQuantity)
        for place, entry in enumerate(node.index.entries[::-1])
        if summed.variable in entry.variables
    }
    if sides not in ({0}, {1}):
        raise unexplained(summed.variable)
    first, size = convention.base, layer.window[1 - sides.pop()]
    ends = [first, first + size - 1]
    for place, bound in enumerate((summed.low, summed.high)):
        if bound is not None:
            named = size_of(bound.name, layer) if bound.name else 0
            if named is None:
                raise unexplained(bound.name)
            ends[place] = named + bound.offset
    return range(ends[0], min(ends[1], 1_000) + 1)


def _bound(bound: nodes.Bound, axes: list[_Axis], named: set[SizeName]) -> int:
    if not bound.name:
        return bound.offset
    if not axes:
        raise unexplained(bound.name)
    axis = min(axes, key=lambda axis: axis.size)
    named.add((bound.name, axis.of, axis.side))
    require_one_size_each(named)
    return axis.size + bound.offset


def require_one_size_each(named: AbstractSet[SizeName]) -> None:
    """Refuse a letter that is the size of two things: of z and of a, or of rows here and of columns there
    where the other side has a letter of its own."""
    for name in sorted({name for name, _, _ in named}):
        of = {(what, side) for other, what, side in named if other == name}
        shared = {other for other, what, _ in named if what in {each for each, _ in of}}
        if len({what for what, _ in of}) > 1 or (len(of) > 1 and len(shared) > 1):
            raise NotCovered(say("cnn.meaning.size_of_two", name=name))


def _axes(variable: str, body: Node, formulas: LayerFormulas, convention: Convention) -> list[_Axis]:
    """Where a letter is an index by itself."""
    found: list[_Axis] = []
    layer = formulas.layer
    for node in nodes.walk(body):
        if isinstance(node, NamedQuantity) and node.index.entries:
            where = layer_of(node)
            extent = formulas.extent(node.letter, where)
            output = where == CURRENT and node.letter in ("z", "delta", "a")
            names = _axis_names(node.letter, output, isinstance(layer, Dense), len(extent))
            for place, entry in enumerate(entries(node, formulas, convention)):
                side = max(place - len(extent) + 2, 0)
                if entry.bare == variable:
                    moved = convention.spread and names[place] == "output" and isinstance(layer, Layer)
                    shift = layer.kernel[side] - 1 if moved and isinstance(layer, Layer) else 0
                    found.append(_Axis(names[place], side, extent[place], shift))
    return found


def _axis_names(letter: str, output: bool, dense: bool, rank: int) -> tuple[str, ...]:
    """Of what each axis is the size."""
    number = "kernels" if output or letter in ("w", "b") else "channels"
    if dense:
        units = "outputs" if number == "kernels" else "inputs"
        return (units, "inputs")
    if rank == 1:
        return (number,)
    side = "kernel" if letter == "w" else "output" if output else "input"
    return (*((number, "channels") if letter == "w" else ("samples", number)), side, side)[-rank:]


def _largest(body: Node, formulas: LayerFormulas) -> int:
    named = [node for node in nodes.walk(body) if isinstance(node, NamedQuantity) and node.index.entries]
    return max([1, *(side for node in named for side in formulas.extent(node.letter, layer_of(node)))])


def unexplained(names: str) -> NotCovered:
    """Letters of which nobody says what they stand for."""
    return NotCovered(say("cnn.meaning.index_unexplained", name=names))
