"""What a student's commands remember between two calls: JSON files in the user's state folder.

Used by the hint steps and by `watch`. What is remembered is a convenience: a file that cannot be read or
written, or that holds something else, is ignored without a message.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from autograder.base import atomic


def read(name: str, max_bytes: int) -> dict[str, Any]:
    """The content of the file `name`; {} where it is not one of ours, such as one above `max_bytes`."""
    path = _file(name)
    try:
        if not path.is_absolute() or path.stat().st_size > max_bytes:
            return {}
        data: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def write(name: str, data: dict[str, Any]) -> None:
    """Replace the content of the file `name`, atomically."""
    path = _file(name)
    if not path.is_absolute():  # the user has no home folder
        return
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, json.dumps(data).encode())


def resolved(path: Path) -> str:
    """The same name for a file or folder by whatever path it is reached."""
    try:
        return str(path.resolve())
    except (OSError, RuntimeError):  # a loop of links, a folder that no longer exists
        return str(path)


def _file(name: str) -> Path:
    """Where the XDG base directory specification puts it; that ignores a relative XDG_STATE_HOME."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():
        base = Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "autograder" / name
