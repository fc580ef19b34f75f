"""Remember what a command wrote into a folder, to know later what is its own and was not edited since.

`nbgrader init` overwrites, and `report` and `build` remove, only what this file says that they wrote.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.base import atomic

MANIFEST = ".autograder-written.json"
"""Its name in the folder: a JSON object, the digest of each written file by its path in the folder."""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def remembering(root: Path) -> Iterator[dict[str, str]]:
    """The digests of the files written below `root`, by relative path; saved when the block ends."""
    path = root / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        written = {str(name): str(content) for name, content in found.items()}
    except (FileNotFoundError, ValueError, AttributeError, RecursionError):
        written = {}  # then every file counts as edited
    try:
        yield written
    finally:
        root.mkdir(parents=True, exist_ok=True)
        atomic.write(path, (json.dumps(written, indent=1, sort_keys=True) + "\n").encode())


def remove(root: Path, known: dict[str, str], names: Iterable[str]) -> list[str]:
    """Delete files that an earlier run wrote; return those that are kept, as they were edited since."""
    edited = []
    for name in names:
        with suppress(FileNotFoundError, IsADirectoryError):
            if digest((root / name).read_bytes()) != known[name]:
                edited.append(name)
                continue
            (root / name).unlink()
        del known[name]
        with suppress(OSError):  # a folder with other files
            for folder in list((root / name).parents)[: name.count("/")]:
                folder.rmdir()
    return edited
