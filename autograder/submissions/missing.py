"""Why a function that the assignment asks for is not there, or raises, as its file alone tells.

`judging.evaluate` asks for it, and students read the answer, of hidden tests too: nothing here may depend on
what the student's process said, for that could be a hidden input.
"""

import ast
import builtins
import difflib
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from autograder.base.messages import Text, joined, say
from autograder.submissions.records import Lost, Statement, Submission, place, shortened
from autograder.submissions.source import definitions, does_nothing, raises_not_implemented, state

_Node = TypeVar("_Node", bound=ast.AST)

_CLOSE = 0.7
"""How much alike two names must be (`difflib`), for one to be called the nearest."""
_LONGEST, _MOST = 60, 200
"""Characters of a name, and names, that are compared: it takes time."""


def why_missing(
    read: Submission,
    name: str,
    exercises: Collection[str],
    can_import: Callable[[str], bool],
    stopped: Collection[tuple[str, int]],
) -> Text | Lost | None:
    """Why there is no `name`; a `Lost` where its text does not parse, None where it was never written.

    Parameters
    ----------
    exercises : collection of str
        What else the assignment asks for: none of these is `name` under another name.
    can_import : function (str) -> bool
        Whether a module can be imported where students' code runs.
    stopped : collection of (where, line)
        Statements that were stopped and left out.
    """
    defined = definitions(read)
    if name in defined:
        return _not_executed(read, name, defined[name], can_import, stopped)
    for lost in read.lost[::-1]:
        if lost.name == name:
            about = {"name": name, "where": place(lost.where), "line": lost.line, "text": lost.text}
            match lost.place:
                case "error":
                    return lost
                case "text cell":
                    return say("symptom.missing_in_text_cell", name=name)
                case "magic":
                    return say("symptom.missing_below_magic", **about)
            return say("symptom.missing_inside", **about)
    for statement in read.statements:
        at = {"name": name, "where": place(statement.where), "line": statement.line}
        if _gives_a_value(statement, name):
            is_stopped = (statement.where, statement.line) in stopped
            return say("symptom.missing_stopped" if is_stopped else "symptom.missing_overwritten", **at)
        if name in statement.source and name in map(_defines, ast.walk(_node(statement))):
            return say("symptom.missing_inside", **at, text=shortened(statement.source))
    others = [other for other in defined if other not in exercises and len(other) <= _LONGEST][-_MOST:]
    nearest = {_plain(other): other for other in others}
    for close in difflib.get_close_matches(_plain(name), nearest, 1, _CLOSE):
        at_it = defined[nearest[close]]
        about = {"name": name, "other": nearest[close], "where": place(at_it.where), "line": at_it.line}
        return say("symptom.missing_renamed", **about)
    return None


def why_not_implemented(read: Submission, name: str, method: str = "") -> Text | None:
    """Why a function, or the `method` of a class, raises NotImplementedError; None: it is not written."""
    own = _defining(read, name)
    node = _node(own) if own else None
    if isinstance(node, ast.ClassDef):
        node = next((part for part in node.body if _defines(part) == (method or "__init__")), None)
    if node is None or all(
        raises_not_implemented(part) or does_nothing(part) for part in getattr(node, "body", [])
    ):
        return None
    written = f"{name}.{method}" if method else name
    if any(map(raises_not_implemented, ast.walk(node))):
        return say("symptom.raise_reached", name=written)
    named = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node)}
    for statement in definitions(read).values():
        for stub in ast.walk(_node(statement)):
            if isinstance(stub, _FUNCTIONS) and stub.name in named and state(stub):
                return say("symptom.calls_unwritten", name=written, other=stub.name)
    return say("symptom.raised", name="NotImplementedError")


def unknown_names(read: Submission, name: str, can_import: Callable[[str], bool]) -> Text | None:
    """What `name` uses that this file never defines, or imports from where nothing can be imported, or has
    from statements, of which one may fail."""
    own = _defining(read, name)
    if own is None:
        return None
    given = _given(read, own)
    parts = (part for statement in (own, *given.values()) for part in _parts(statement, ast.Name))
    used = {part.id: None for part in parts if isinstance(part.ctx, ast.Load)}
    imported = list(_imported(read))
    for bound, module in imported:
        if bound in used and not can_import(module):
            return say("symptom.needs_module", used=bound, module=module)
    if any(bound == "*" and can_import(module) for bound, module in imported):
        return None
    known = {*vars(builtins), *(bound for bound, _ in imported), *(part.arg for part in _parts(own, ast.arg))}
    for statement in read.statements:
        known |= {part.id for part in _parts(statement, ast.Name) if not isinstance(part.ctx, ast.Load)}
        known |= set(map(_defines, ast.walk(_node(statement))))
    if unknown := [each for each in used if each not in known]:
        return say("symptom.names_unknown", names=joined(unknown))
    return say("symptom.needs_statement", names=joined(given)) if given else None


def _given(read: Submission, own: Statement) -> dict[str, Statement]:
    """The names that a function takes from statements that give them a value, by the file's text alone."""
    parts = list(_parts(own, ast.Name))
    inside = {part.arg for part in _parts(own, ast.arg)}
    inside |= {part.id for part in parts if not isinstance(part.ctx, ast.Load)}
    names = dict.fromkeys(part.id for part in parts if part.id not in inside)
    return {name: each for name in names for each in read.statements if _gives_a_value(each, name)}


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


_ABOUT_NUMPY = re.compile(r"numpy|\bnp\.|not defined")


def removed_names(read: Submission, name: str, said: str) -> Text | None:
    """The names of NumPy that `name`, or else its file, uses and that are gone, with their successors.

    `said`, what an exception says, must be about one of them.
    """
    if not _ABOUT_NUMPY.search(said):
        return None
    own = _defining(read, name)
    for statements in ((own,) if own else (), read.statements):
        used = _removed(read, statements)
        if any(re.search(rf"\b{old}\b", said) for old in used):
            return _successors(used)
    used = _removed(read, _given(read, own).values()) if own and "not defined" in said else []
    return _successors(used) if used else None


def _successors(used: Collection[str]) -> Text:
    told = [say("symptom.numpy_name", old=f"np.{old}", new=REMOVED[old]) for old in used]
    return say("symptom.numpy_names_removed", names=joined(told))


def _removed(read: Submission, statements: Collection[Statement]) -> list[str]:
    """The names of NumPy in `statements` that are gone."""
    imports = "\n".join(s.source for s in read.statements if "numpy" in s.source)
    code = "\n".join(statement.source for statement in statements)
    used = re.findall(r"\b(?:np|numpy)\.(\w+)", code)
    for names in re.findall(r"\bfrom[ \t]+numpy[ \t]+import[ \t]+([^\n#]+)", imports):
        used += [old for old in re.findall(r"\w+", names) if re.search(rf"\b{old}\b", code)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [old for old in dict.fromkeys(used) if old in REMOVED and not hasattr(np, old)]


REMOVED = {
    **{name: name for name in ("float", "int", "bool", "object", "str", "complex")},
    **{"float_": "np.float64", "complex_": "np.complex128", "unicode_": "np.str_", "string_": "np.bytes_"},
    **{"Inf": "np.inf", "Infinity": "np.inf", "infty": "np.inf", "PINF": "np.inf", "NINF": "-np.inf"},
    **{"NaN": "np.nan", "NAN": "np.nan", "PZERO": "0.0", "NZERO": "-0.0", "long": "int", "unicode": "str"},
    **{"product": "np.prod", "cumproduct": "np.cumprod", "alltrue": "np.all", "sometrue": "np.any"},
    **{"in1d": "np.isin", "trapz": "np.trapezoid", "row_stack": "np.vstack", "round_": "np.round"},
    **{"asfarray": "np.asarray", "mat": "np.asmatrix", "msort": "np.sort", "cast": "np.asarray"},
    **{"find_common_type": "np.result_type", "issubclass_": "issubclass", "issctype": "issubclass"},
    **{"singlecomplex": "np.complex64", "cfloat": "np.complex128", "clongfloat": "np.clongdouble"},
    **{"longfloat": "np.longdouble", "longcomplex": "np.clongdouble", "safe_eval": "ast.literal_eval"},
    **{"byte_bounds": "np.lib.array_utils.byte_bounds", "sctypes": "np.dtype", "obj2sctype": "np.dtype"},
}
"""Names that NumPy has removed, with what to write in their place."""


def _not_executed(
    read: Submission,
    name: str,
    statement: Statement,
    can_import: Callable[[str], bool],
    stopped: Collection[tuple[str, int]],
) -> Text:
    """Why the statement that defines `name` has not defined it."""
    at = {"name": name, "where": place(statement.where), "line": statement.line}
    if (statement.where, statement.line) in stopped:
        return say("symptom.missing_stopped", **at)
    for later in read.statements[read.statements.index(statement) :]:
        if _gives_a_value(later, name):
            return say("symptom.missing_overwritten", name=name, where=place(later.where), line=later.line)
    node = _node(statement)
    if isinstance(node, _FUNCTIONS):
        node.body = []  # what remains is executed at once: decorators, defaults, annotations
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    for bound, module in _imported(read):
        if bound in used and not can_import(module):
            return say("symptom.missing_import", **at, used=bound, module=module)
    gone = _removed(read, [replace(statement, source=ast.unparse(node))])
    return _successors(gone) if gone else say("symptom.missing_raised", **at)


def _imported(read: Submission) -> Iterator[tuple[str, str]]:
    """Every name that an import binds, with the module that it needs."""
    for statement in read.statements:
        if "import" in statement.source:
            for node in ast.walk(_node(statement)):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    for alias in node.names:
                        module = (getattr(node, "module", None) or alias.name).partition(".")[0]
                        yield alias.asname or alias.name.partition(".")[0], module


def _defining(read: Submission, name: str) -> Statement | None:
    """The statement that defines `name` last; found without parsing all of them."""
    alike = (statement for statement in reversed(read.statements) if f" {name}" in statement.source)
    return next((statement for statement in alike if _defines(_node(statement)) == name), None)


def _defines(node: ast.AST) -> str:
    return node.name if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else ""


def _gives_a_value(statement: Statement, name: str) -> bool:
    if name not in statement.source:
        return False
    node = _node(statement)
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(part, ast.Name) and part.id == name for t in targets if t for part in ast.walk(t))


def _node(statement: Statement) -> ast.stmt:
    with warnings.catch_warnings():  # such as of a "\d" in a student's string
        warnings.simplefilter("ignore")
        return ast.parse(statement.source).body[0]


def _parts(statement: Statement, kind: type[_Node]) -> Iterator[_Node]:
    return (part for part in ast.walk(_node(statement)) if isinstance(part, kind))


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()
