"""Whether anything has changed since a class was graded; else there is nothing to read, run or write.

`autograder grade` asks before it reads a class, and notes its run down when it is done. What is compared is
what the system says of each path: its size, its times, its number; ten thousand submissions take a second.
The time of a change (ctime), which no program can set, is among them; a path that has just been changed might
be changed again within the same tick of the system's clock, so such a run is not noted down.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.base import atomic
from autograder.base.messages import Text, TextError
from autograder.grading.engine import engine
from autograder.judging.answer_key import HIDDEN
from autograder.judging.result_json import decode, encode
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation

_FILE = ".last-run.json"
_WRITTEN = ("grades.csv", "results.json", "results.sqlite", "results.sqlite-wal")
_TICK_SECONDS = 2.0
"""More than the tick of any file system's clock."""


@dataclass(frozen=True)
class LastRun:
    """A run that left nothing to do, and what it said: `warnings` of the class, `left` of its paths.

    Attributes
    ----------
    engines : tuple
        What `engine.engine` was given for each key, and the engine's id.
    """

    files: int
    shown: tuple[str, ...]
    warnings: tuple[Text, ...]
    summary: Text
    left: tuple[Text, ...]
    keys: tuple[str, ...]
    engines: tuple[tuple[str, Isolation, Limits, str], ...]


def seen(path: Path, keys: Path, roster: Path | None, asked: Iterable[object]) -> str | None:
    """A digest of all that decides what a run would give; None where it cannot be told yet.

    Parameters
    ----------
    asked : iterable
        The command's options.
    """
    package = Path(__file__).parents[1]
    places = [path, package, *([roster] if roster else []), *keys.glob(f"*{HIDDEN}")]
    with contextlib.suppress(OSError):
        start = time.time_ns()
        found = sorted(line for place in places for line in _listed(place))
        if all(changed < start - _TICK_SECONDS * 1e9 for _, changed, *_ in found):
            return hashlib.sha256(repr((str(keys), *asked, found)).encode()).hexdigest()
    return None


def _listed(place: Path) -> Iterator[tuple[str, int, int, int, int, int]]:
    """Path, last change and the rest of a file, or of a folder and all that lies below it."""
    yield _of(str(place), os.stat(place))
    waiting = [str(place)] if place.is_dir() else []
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name == "__pycache__":
                    continue
                yield _of(entry.path, entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _of(path: str, its: os.stat_result) -> tuple[str, int, int, int, int, int]:
    if stat.S_ISDIR(its.st_mode):  # what lies in it is listed; its times also change with Python's caches
        return path, 0, 0, 0, its.st_ino, its.st_mode
    return path, its.st_ctime_ns, its.st_mtime_ns, its.st_size, its.st_ino, its.st_mode


def _written(out: Path) -> str:
    """What the files of a run are like."""
    return json.dumps([_of(name, os.stat(out / name)) for name in _WRITTEN if (out / name).exists()])


def find(out: Path, state: str | None) -> LastRun | None:
    """The last run, if another would give the same, and what it wrote into `out` is untouched."""
    try:
        was, written, content = (out / _FILE).read_bytes().split(b"\n", 2)
        if state is None or (was.decode(), written.decode()) != (state, _written(out)):
            return None
        last = decode(content, LastRun)
        return last if all(engine(*its).id == id for *its, id in last.engines) else None
    except (OSError, ValueError, TextError):
        return None


def keep(out: Path, state: str, last: LastRun) -> None:
    """Note a run down, when its files are written and closed."""
    with contextlib.suppress(OSError):
        atomic.write(out / _FILE, f"{state}\n{_written(out)}\n".encode() + encode(last))
