"""The command line for the tests: as a process with its output and exit status, and a course with a class."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder.cli import app
from tests import authored

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ROOT = Path(__file__).parent.parent


def call(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m autograder …` in `folder`."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def call_here(folder: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in this process, without the seconds that Python and SymPy take to start."""
    with contextlib.chdir(folder):
        shown = CliRunner(env=clean_environment() | environment).invoke(app, [*map(str, arguments)])
    if shown.exception is not None and not isinstance(shown.exception, SystemExit):
        raise shown.exception
    return subprocess.CompletedProcess(arguments, shown.exit_code, shown.stdout, shown.stderr)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "autograder", *map(str, arguments)]


def clean_environment() -> dict[str, str]:
    """This one, in English, with the engine to be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path, "LANG": "C.UTF-8", "COLUMNS": "200"}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    authored.write_course(folder / "solutions")
    authored.draw_keys(folder / "solutions", folder / "keys")
    return folder


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    """A course with its keys and a class of three."""
    folder = tmp_path / "course"
    shutil.copytree(built, folder)
    for student, text in (
        ("安", authored.RIGHT),
        ("bo", authored.TYPICAL + "print('done')\n"),
        ("chi", authored.BROKEN),
    ):
        hand_in(folder, student, text)
    return folder


def hand_in(course: Path, student: str, text: str) -> None:
    path = course / "submitted" / student / "relu" / "relu.py"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


QUICK = ("--isolation", "process", "--cpu-seconds", "0.5")


def descendants(process: int) -> Iterator[int]:
    """The processes that `process` has started, and that these have."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == process:
            yield (child := int(path.parent.name))
            yield from descendants(child)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Any, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
