"""Generate systematic mutants of a reference solution (mutation testing).

`mutants` changes one node of the syntax tree at a time: a constant by one, `+` into `-`, `+=` into `=`, two
axes swapped, a term dropped, a slice's end dropped, a statement left out. `verification` runs each mutant
against hidden keys; one that passes shows a hole in the cases, or is equivalent to the reference.
"""

import ast
import builtins
import copy
import inspect
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Mutant:
    """A changed reference.

    Attributes
    ----------
    change : str
        "before → after" as source text, followed by (2), (3) … if the same change occurs more than once.
    source : str
        The source text of the changed function: the reference or a helper.
    run : function
        The changed reference.
    """

    change: str
    source: str
    run: Callable[..., Any]


def mutants(reference: Callable[..., Any], *, apart_from: frozenset[str] = frozenset()) -> list[Mutant]:
    """All mutants of a function and of the functions of its module that it calls.

    Parameters
    ----------
    reference : function or class
        Defined in a file; its source is read. Of a class the bodies of its methods are changed.
    apart_from : set of str
        Functions that are not changed, such as other exercises.
    """
    found: list[Mutant] = []
    seen: dict[str, int] = {}
    functions = [reference, *_helpers(reference, apart_from)]
    for function in functions:
        for change, tree in _changed_trees(function):
            seen[change] = seen.get(change, 0) + 1
            label = change if seen[change] == 1 else f"{change} ({seen[change]})"
            run = _compiled(tree, function, functions)
            if run is not None:
                found.append(Mutant(label, ast.unparse(tree), run))
    return found


def _helpers(reference: Callable[..., Any], apart_from: frozenset[str]) -> list[Callable[..., Any]]:
    """Functions of the reference's module that it calls, directly or indirectly."""
    module = _module(reference)
    helpers: dict[str, Callable[..., Any]] = {}
    waiting: list[Any] = [*vars(reference).values()] if isinstance(reference, type) else [reference]
    while waiting:
        code = getattr(inspect.unwrap(waiting.pop()), "__code__", None)
        for name in code.co_names if code else ():
            value: Any = module.get(name)
            own = inspect.isfunction(value) and value.__globals__ is module
            if own and name not in helpers and name not in apart_from and value is not reference:
                helpers[name] = value
                waiting.append(value)
    return list(helpers.values())


def _module(reference: Callable[..., Any]) -> dict[str, Any]:
    return vars(sys.modules[inspect.unwrap(reference).__module__])


def _tree_of(function: Callable[..., Any]) -> _Definition:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, _Definition)
    for node in ast.walk(tree):
        if isinstance(node, _Definition) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _compiled(
    tree: _Definition, changed: Callable[..., Any], functions: list[Callable[..., Any]]
) -> Callable[..., Any] | None:
    """The first of `functions`, with `tree` in place of `changed`, in a new namespace.

    None if the change is not valid Python.
    """
    reference = functions[0]
    names = dict(_module(reference))
    for function in functions:
        code = tree if function is changed else _tree_of(function)
        module = ast.fix_missing_locations(ast.Module([code], []))
        try:
            exec(compile(module, "<mutant>", "exec"), names)
        except (SyntaxError, ValueError, TypeError):
            return None
    run: Callable[..., Any] = names[reference.__name__]
    return run


def _changed_trees(function: Callable[..., Any]) -> Iterator[tuple[str, _Definition]]:
    original = _tree_of(function)
    twins = _twins(original)
    around = _expressions_around(original)
    changeable = _changeable(original)
    for position, node in enumerate(ast.walk(original)):
        if node not in changeable:
            continue
        shown = around.get(node, node) if isinstance(node, ast.Constant | ast.Name) else node
        shown_at = list(ast.walk(original)).index(shown)
        for new in _new_nodes(node, twins):
            nodes = list(ast.walk(tree := copy.deepcopy(original)))
            before = ast.unparse(nodes[shown_at])
            changed = _replaced(tree, nodes[position], new)
            after = ast.unparse(new if shown is node else nodes[shown_at])
            if after != before:
                yield f"{_short(before)} → {_short(after)}", changed


def _expressions_around(function: _Definition) -> dict[ast.AST, ast.AST]:
    """For each node the expression that it is part of: a bare "2 → 1" would not say where the change is."""
    parents = {child: parent for parent in ast.walk(function) for child in ast.iter_child_nodes(parent)}

    def around(node: ast.AST) -> ast.AST:
        parent = parents[node]
        while isinstance(parent, ast.Slice | ast.keyword | ast.Tuple):
            parent = parents[parent]
        return parent if isinstance(parent, ast.expr) else node

    return {node: around(node) for node in parents}


def _changeable(definition: _Definition) -> set[ast.AST]:
    """What is in functions' bodies: their signatures, and what else a class has, belong to the exercise."""
    inside = definition.body if isinstance(definition, ast.ClassDef) else [definition]
    bodies = [node.body for node in inside if isinstance(node, ast.FunctionDef)]
    return {node for body in bodies for statement in body for node in ast.walk(statement)}


def _replaced(tree: _Definition, old: ast.AST, new: ast.AST) -> _Definition:
    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    result = Replace().visit(tree)
    assert isinstance(result, _Definition)
    return ast.fix_missing_locations(result)


def _twins(function: _Definition) -> dict[str, list[str]]:
    """Names that are unpacked side by side (`kh, kw = …`) and so easily confused."""
    twins: dict[str, list[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            names = [part.id for part in node.elts if isinstance(part, ast.Name)]
            for left, right in itertools.pairwise(names):
                twins.setdefault(left, []).append(right)
                twins.setdefault(right, []).append(left)
    return twins


# -------------------------------------------------------------------------------- changes of a node


def _short(text: str) -> str:
    return text if len(text) <= 90 else text[:60] + " … " + text[-25:]


def _new_nodes(node: ast.AST, twins: dict[str, list[str]]) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=value):
            yield from _constants(value)
        case ast.Name(id=name, ctx=ast.Load()):
            for twin in dict.fromkeys(twins.get(name, [])):
                yield ast.Name(twin, ast.Load())
        case ast.BinOp(left=left, op=operator, right=right):
            for exchanged in _others(operator):
                yield ast.BinOp(left, exchanged, right)
            yield left
            if isinstance(operator, ast.Add | ast.Mult):
                yield right
            elif isinstance(operator, ast.MatMult):
                yield ast.BinOp(right, operator, left)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[compared], comparators=[right]):
            for comparison in _others(compared):
                yield ast.Compare(left, [comparison], [right])
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
            yield from values
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.Tuple(elts=elements, ctx=context):
            for index in range(len(elements) - 1):
                yield ast.Tuple(_swapped(elements, index), context)
        case ast.Slice():
            given = {name: part for name, part in ast.iter_fields(node) if part is not None}
            for left_out in given:
                yield ast.Slice(**{name: part for name, part in given.items() if name != left_out})
        case ast.Attribute(value=value, attr=name, ctx=ast.Load()):
            for other_name in _EXCHANGED.get(name, ()):
                yield ast.Attribute(value, other_name, ast.Load())
            if name == "T":
                yield value
        case ast.Call():
            yield from _calls(node)
        case ast.AugAssign(target=target, op=operator, value=value):
            yield ast.Assign([target], value, lineno=0)
            for exchanged in _others(operator):
                yield ast.AugAssign(target, exchanged, value)
            yield ast.Pass()
        case ast.Assign() | ast.Expr():
            yield ast.Pass()
        case ast.If(body=body, orelse=orelse):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.For(target=target, iter=iterable, body=body):
            yield ast.For(target, iterable, [*body, ast.Break()], [], lineno=0)


def _constants(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int():
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case float():
            yield ast.Constant(2 * value if value else 1.0)
        case str():
            for index in range(len(value) - 1):
                left, right = value[index], value[index + 1]
                if left.isalpha() and right.isalpha() and left != right:  # axes in an einsum's subscripts
                    yield ast.Constant(value[:index] + right + left + value[index + 2 :])


def _calls(call: ast.Call) -> Iterator[ast.AST]:
    for index in range(len(call.args) - 1):
        if not any(isinstance(part, ast.Starred) for part in call.args[index : index + 2]):
            yield ast.Call(call.func, _swapped(call.args, index), call.keywords)
    for index in range(len(call.keywords)):
        yield ast.Call(call.func, call.args, call.keywords[:index] + call.keywords[index + 1 :])
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("copy", "astype", "transpose"):
        yield call.func.value
    if isinstance(call.func, ast.Name) and call.func.id == "range":
        *rest, stop = call.args[:2]
        shorter = ast.BinOp(stop, ast.Sub(), ast.Constant(1))
        yield ast.Call(call.func, [*rest, shorter, *call.args[2:]], call.keywords)
    if isinstance(call.func, ast.Name) and hasattr(builtins, call.func.id):
        for other in filter(builtins.__dict__.__contains__, _EXCHANGED.get(call.func.id, ())):
            yield ast.Call(ast.Name(other, ast.Load()), call.args, call.keywords)


def _swapped(parts: list[ast.expr], index: int) -> list[ast.expr]:
    return [*parts[:index], parts[index + 1], parts[index], *parts[index + 2 :]]


_PAIRS = ("max min", "argmax argmin", "maximum minimum", "zeros ones", "Add Sub", "Eq NotEq")
_EXCHANGED = {
    **{one: [other] for pair in map(str.split, _PAIRS) for one, other in (pair, pair[::-1])},
    **{"Mult": ["Div"], "Div": ["Mult", "FloorDiv"], "FloorDiv": ["Mult"], "Mod": ["FloorDiv"]},
    **{"Lt": ["LtE", "Gt"], "LtE": ["Lt", "GtE"], "Gt": ["GtE", "Lt"], "GtE": ["Gt", "LtE"]},
    **{"sum": ["mean", "max"], "mean": ["sum"], "floor": ["ceil"], "sqrt": ["abs"], "Pow": ["Mult"]},
}
"""Operators, by the names of their nodes, and functions: what each is exchanged for."""


def _others(node: ast.AST) -> Iterator[Any]:
    """What an operator is exchanged for."""
    for name in _EXCHANGED.get(type(node).__name__, ()):
        yield getattr(ast, name)()
