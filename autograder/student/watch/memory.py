"""What `watch` remembers of a folder until the next time: results, told hints, where the student was.

A result is used again only for the same file, key and engine. Whatever else the state file holds is dropped.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.base import state
from autograder.judging.result_json import from_builtins, to_data
from autograder.judging.results import SubmissionResult

_FILE = "watch.json"
_FOLDERS = 10
_MAX_BYTES = 8 * 2**20


@dataclass
class Memory:
    """Of one folder.

    Attributes
    ----------
    current : str
        The assignment that was worked on.
    hints : dict
        How many hints have been told of an exercise, by "assignment/exercise".
    results : dict
        By assignment: the digest of what was checked, and the result.
    """

    current: str = ""
    hints: dict[str, int] = field(default_factory=dict)
    results: dict[str, tuple[str, SubmissionResult]] = field(default_factory=dict)

    def known(self, assignment: str, digest: str) -> SubmissionResult | None:
        """The result of what has this digest, if that is what was checked last."""
        stored = self.results.get(assignment)
        return stored[1] if stored and stored[0] == digest else None


def digest(name: str, content: bytes, key: str) -> str:
    """Of a file and of what it is checked against."""
    parts = (__version__.encode(), key.encode(), name.encode(), content)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def load(folder: Path) -> Memory:
    """What is remembered of `folder`."""
    data = state.read(_FILE, _MAX_BYTES).get(state.resolved(folder))
    if not isinstance(data, dict):
        return Memory()
    current, hints, results = data.get("current"), data.get("hints"), data.get("results")
    return Memory(
        current if isinstance(current, str) else "",
        {name: count for name, count in hints.items() if type(count) is int and 0 < count < 100}
        if isinstance(hints, dict)
        else {},
        _results(results) if isinstance(results, dict) else {},
    )


def save(folder: Path, memory: Memory) -> None:
    """Remember it, and forget the folder that was watched longest ago."""
    remembered = state.read(_FILE, _MAX_BYTES)
    name = state.resolved(folder)
    remembered.pop(name, None)
    remembered[name] = {
        "current": memory.current,
        "hints": memory.hints,
        "results": {name: [digest, to_data(result)] for name, (digest, result) in memory.results.items()},
    }
    state.write(_FILE, dict(list(remembered.items())[-_FOLDERS:]))


def _results(data: dict[str, Any]) -> dict[str, tuple[str, SubmissionResult]]:
    found = {}
    for name, stored in data.items():
        try:
            digest, result = stored
            found[name] = (str(digest), from_builtins(result))
        except (ValueError, TypeError):  # of another version, or damaged
            continue
    return found
