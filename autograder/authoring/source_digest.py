"""The digest of the files that a hidden key depends on.

When it changes, `build` computes the key again, which costs seconds and changes no input by itself. So it
need not know what matters; but modules that `hidden.py` does not import, such as `alternatives.py`, never do.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.assignment import Assignment


def digest(assignment: Assignment) -> str:
    """Of `hidden.py`, the course's own modules that it imports, directly or indirectly, and all texts."""
    course = assignment.folder.parent
    found: dict[Path, bytes] = {}
    waiting = [assignment.folder / "hidden.py", *assignment.folder.glob("*.toml"), *course.glob("*.toml")]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = path.read_bytes()
            if path.suffix == ".py":
                waiting += _imported(ast.parse(found[path], str(path)), path, course)
    total = hashlib.sha256()
    for path, content in sorted(found.items()):
        total.update(f"{path.relative_to(course)}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        total.update(content)
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
