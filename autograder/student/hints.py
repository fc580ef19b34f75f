"""When a student's own check reveals the idea: a first failure shows the symptom, the next one the idea.

`checking`'s callers (the notebook, the command line, `watch`, pytest) record each result here, by the checked
file or folder. The record is kept in the user's state folder and may be lost (`base.state`): the hints then
start from the first step again. A failing write never fails a check.
"""

from pathlib import Path

from autograder.base import state
from autograder.judging.results import SubmissionResult, Verdict

_FILE = "failed.json"

_MAX_PATHS = 200
"""Files and folders remembered; the one checked longest ago is dropped first."""

_MAX_BYTES = 2**20

_TRIED = {Verdict.WA, Verdict.RTE, Verdict.TLE, Verdict.MLE, Verdict.OLE}
"""Verdicts of a function that was written; an unwritten one has not failed."""


def record_failures(path: Path, result: SubmissionResult) -> frozenset[str]:
    """Remember which exercises of `result` failed; return those that had failed the last time, too.

    Parameters
    ----------
    path : Path
        The checked file, or the folder of the notebook.
    """
    remembered = _read()
    name = state.resolved(path)
    before = remembered.pop(name, [])
    checked = {exercise.name for exercise in result.exercises}
    failed = {exercise.name for exercise in result.exercises if exercise.verdict in _TRIED}
    now = sorted((set(before) - checked) | failed)
    if now:
        remembered[name] = now
    if now != before:
        state.write(_FILE, dict(list(remembered.items())[-_MAX_PATHS:]))
    return frozenset(failed & set(before))


def _read() -> dict[str, list[str]]:
    """The exercises that failed the last time, by file or folder; malformed entries are dropped."""
    return {
        path: names
        for path, names in state.read(_FILE, _MAX_BYTES).items()
        if isinstance(names, list) and all(isinstance(name, str) for name in names)
    }
