"""The digest of the source code that a hidden key depends on.

When it changes, `build` draws a new key and the whole class is graded again. So it ignores comments, text
cells, docstrings and formatting, `texts.toml`, and modules that `hidden.py` does not import, such as
`alternatives.py`.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.authoring.assignment import Assignment, written_questions


def digest(assignment: Assignment) -> str:
    """The digest of `hidden.py` and the course's own modules that it imports, directly or indirectly."""
    course = assignment.folder.parent
    found: dict[Path, ast.Module] = {}
    waiting = [assignment.folder / "hidden.py"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = ast.parse(path.read_bytes(), str(path))
            waiting += _imported(found[path], path, course)
    total = hashlib.sha256()
    for path, tree in sorted(found.items()):
        total.update(f"{path.relative_to(course)}\0{_meaning(tree)}\0".encode("utf-8", "surrogatepass"))
    total.update(repr(sorted(written_questions(assignment).items())).encode())
    return total.hexdigest()


def _imported(tree: ast.Module, path: Path, course: Path) -> Iterator[Path]:
    """The course's modules in the relative imports of `tree`, the module at `path`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level or node.level > len(path.parents):
            continue
        named = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        for module in (named, *(named / name.name for name in node.names)):
            for file in (module.with_name(f"{module.name}.py"), module / "__init__.py"):
                if file.is_file() and file.is_relative_to(course):
                    yield file


def _meaning(node: Any) -> str:
    """A syntax tree as text, without empty fields: newer versions of Python add some."""
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={_meaning(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != [] and name != "kind"
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(_meaning(item) for item in node if not _is_text(item))}]"
    return repr(node)


def _is_text(node: Any) -> bool:
    """Whether it is a docstring, or another string as a statement."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
