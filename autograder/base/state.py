"""What the student's commands remember between two calls: JSON files in the user's state folder.

The hint ladder and `watch` use it. What is remembered is a convenience: a file that cannot be read or
written, or that holds anything at all, costs the student nothing and is never spoken of.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def read(name: str, max_bytes: int) -> dict[str, Any]:
    """What the file `name` holds; nothing where it is not one of ours. A larger file is not."""
    path = _file(name)
    try:
        if not path.is_absolute() or path.stat().st_size > max_bytes:
            return {}
        data: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def write(name: str, data: dict[str, Any]) -> None:
    """Beside the old file, then in its place: two writers at once leave one of the two behind, never half."""
    path = _file(name)
    if not path.is_absolute():  # nobody's home
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(data), encoding="utf-8")
        os.replace(unfinished, path)
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def resolved(place: Path) -> str:
    """One name for a file or folder, however it is reached."""
    try:
        return str(place.resolve())
    except (OSError, RuntimeError):  # a loop of links, a folder that is gone
        return str(place)


def _file(name: str) -> Path:
    """By the XDG base directory specification, which ignores a relative path."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():
        base = Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "autograder" / name
