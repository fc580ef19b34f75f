"""The hint ladder of a student's own checks: first what can be seen, then, asked again, the idea.

`climb` remembers which exercises failed the last time that a file or folder was checked. What it remembers
is a convenience: a file that cannot be read or written, or that holds anything at all, costs the student
nothing and is never spoken of.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from autograder.verdicts import SubmissionResult, Verdict

_PLACES = 200
"""Files and folders remembered; the one checked longest ago goes first."""

_MAX_BYTES = 2**20
"""A larger file is not one of ours."""

_TRIED = {Verdict.WA, Verdict.RTE, Verdict.TLE, Verdict.MLE, Verdict.OLE}
"""Who has not written a function yet has not failed at it."""


def climb(place: Path, result: SubmissionResult) -> frozenset[str]:
    """The exercises of `result` that failed here the last time, too; and remember this time.

    Parameters
    ----------
    place : Path
        The checked file, or the folder of the notebook.
    """
    path = _state_file()
    remembered = _read(path)
    name = str(_resolved(place))
    before = remembered.pop(name, [])
    concerned = {exercise.name for exercise in result.exercises}
    failed = {exercise.name for exercise in result.exercises if exercise.verdict in _TRIED}
    now = sorted((set(before) - concerned) | failed)
    if now:
        remembered[name] = now
    if now != before:
        _write(path, dict(list(remembered.items())[-_PLACES:]))
    return frozenset(failed & set(before))


def _resolved(place: Path) -> Path:
    try:
        return place.resolve()
    except (OSError, RuntimeError):  # a loop of links, a folder that is gone
        return place


def _state_file() -> Path:
    """By the XDG base directory specification, which ignores a relative path."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():
        base = Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "autograder" / "failed.json"


def _read(path: Path) -> dict[str, list[str]]:
    """Exercises that failed the last time, by file or folder; whatever is not of this form is dropped."""
    try:
        if not path.is_absolute() or path.stat().st_size > _MAX_BYTES:
            return {}
        data: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {
        place: names
        for place, names in data.items()
        if isinstance(names, list) and all(isinstance(name, str) for name in names)
    }


def _write(path: Path, remembered: dict[str, list[str]]) -> None:
    """Beside the old file, then in its place: two checks at once leave one of the two behind, never half."""
    if not path.is_absolute():  # nobody's home
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(remembered), encoding="utf-8")
        os.replace(unfinished, path)
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
