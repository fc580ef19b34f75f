"""What `watch` remembers of a folder between runs: results, revealed hints, the current assignment.

A result is reused only for the same file, key and engine version. What is damaged, or of a version with other
records, is dropped.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from autograder import __version__
from autograder.base import state
from autograder.judging.result_json import from_builtins, to_data
from autograder.judging.results import SubmissionResult

_FILE = "watch.json"
_FOLDERS = 10
_MAX_BYTES = 8 * 2**20


@dataclass
class Memory:
    """The state of one folder.

    Attributes
    ----------
    current : str
        The assignment that was worked on.
    hints : dict
        How many hints of an exercise have been revealed, by "assignment/exercise".
    results : dict
        The digest of what was checked last and its result, by assignment.
    """

    current: str = ""
    hints: dict[str, int] = field(default_factory=dict)
    results: dict[str, tuple[str, SubmissionResult]] = field(default_factory=dict)

    def known(self, assignment: str, digest: str) -> SubmissionResult | None:
        """The last result, if it was of a check with this digest."""
        stored = self.results.get(assignment)
        return stored[1] if stored and stored[0] == digest else None


def digest(name: str, content: bytes, key: str) -> str:
    """Digest of a file and of the key it is checked against."""
    parts = (__version__.encode(), key.encode(), name.encode(), content)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def load(folder: Path) -> Memory:
    """The stored state of `folder`; an empty one where there is none."""
    data = state.read(_FILE, _MAX_BYTES).get(state.resolved(folder))
    try:
        return from_builtins(data, Memory)
    except ValueError:
        return Memory()


def save(folder: Path, memory: Memory) -> None:
    """Store the state of `folder`, and drop the folder that was watched longest ago."""
    remembered = state.read(_FILE, _MAX_BYTES)
    name = state.resolved(folder)
    remembered.pop(name, None)
    remembered[name] = to_data(memory)
    state.write(_FILE, dict(list(remembered.items())[-_FOLDERS:]))
