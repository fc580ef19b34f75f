"""The course of the documentation: the files whose text docs/authoring.md and docs/kinds.md give."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
_BLOCK = re.compile(r"^```(?:python|toml)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FIRST = ("notebook.py", "hidden.py", "texts.toml", "alternatives.py")


def files() -> dict[str, str]:
    """By path below the course's repository; a file that the page continues further down is one."""
    blocks = [text for name, text in _BLOCK.findall((DOCS / "authoring.md").read_text("utf-8")) if not name]
    found = {f"solutions/relu/{name}": text for name, text in zip(_FIRST, blocks, strict=False)}
    for name, text in _BLOCK.findall((DOCS / "kinds.md").read_text("utf-8")):
        path = name if name.startswith(("eigen/", "pyproject")) else f"solutions/{name}"
        found[path] = f"{found[path]}\n{text}" if path in found else text
    return found


def examples() -> dict[str, str]:
    """The blocks of docs/kinds.md by the file that they belong to, and a number where it has several."""
    found: dict[str, str] = {}
    for name, text in _BLOCK.findall((DOCS / "kinds.md").read_text("utf-8")):
        found[name if name not in found else f"{name} 2"] = text
    return found


def write(folder: Path) -> None:
    """Write the course's repository to `folder`."""
    for name, text in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
