"""The hint ladder of a student's own checks: first what can be seen, then, asked again, the idea.

`climb` remembers which exercises failed the last time that a file or folder was checked. What it remembers
is a convenience (`state`): where it is lost, the ladder begins at its foot.
"""

from pathlib import Path

from autograder.base import state
from autograder.judging.results import SubmissionResult, Verdict

_FILE = "failed.json"

_PLACES = 200
"""Files and folders remembered; the one checked longest ago goes first."""

_MAX_BYTES = 2**20

_TRIED = {Verdict.WA, Verdict.RTE, Verdict.TLE, Verdict.MLE, Verdict.OLE}
"""Who has not written a function yet has not failed at it."""


def climb(place: Path, result: SubmissionResult) -> frozenset[str]:
    """The exercises of `result` that failed here the last time, too; and remember this time.

    Parameters
    ----------
    place : Path
        The checked file, or the folder of the notebook.
    """
    remembered = _read()
    name = state.resolved(place)
    before = remembered.pop(name, [])
    concerned = {exercise.name for exercise in result.exercises}
    failed = {exercise.name for exercise in result.exercises if exercise.verdict in _TRIED}
    now = sorted((set(before) - concerned) | failed)
    if now:
        remembered[name] = now
    if now != before:
        state.write(_FILE, dict(list(remembered.items())[-_PLACES:]))
    return frozenset(failed & set(before))


def _read() -> dict[str, list[str]]:
    """Exercises that failed the last time, by file or folder; whatever is not of this form is dropped."""
    return {
        place: names
        for place, names in state.read(_FILE, _MAX_BYTES).items()
        if isinstance(names, list) and all(isinstance(name, str) for name in names)
    }
