"""What a hand-in is besides a file is refused on every route: links, pipes, devices, thousands of files."""

import contextlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.grading.grade_class import content_of
from autograder.integrations.nbgrader.errors import NotebookError
from autograder.integrations.nbgrader.guard import check, handed_in
from autograder.student.pytest_plugin import pytest_collect_file
from autograder.submissions import class_folder
from autograder.submissions.source import MAX_BYTES, of_file
from tests.nbgrader_course import HONEST, command, course, exported, released_course

__all__ = ["course", "released_course"]  # fixtures


def link_to_a_notebook(folder: Path, good: Path) -> None:
    (folder / "relu.ipynb").unlink()
    (folder / "relu.ipynb").symlink_to(good)


def link_to_a_folder(folder: Path, good: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to(good.parent, target_is_directory=True)


def link_above(folder: Path, good: Path) -> None:
    shutil.rmtree(folder.parent)
    folder.parent.symlink_to(good.parents[1], target_is_directory=True)


def link_inside(folder: Path, good: Path) -> None:
    (folder / "data").symlink_to(good.parents[3], target_is_directory=True)


def link_to_a_secret(folder: Path, good: Path) -> None:
    (folder / "picture.png").symlink_to(good.parents[3] / "keys" / "relu.hidden.npz")


def time_is_a_link(folder: Path, good: Path) -> None:
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").symlink_to(good.with_name("timestamp.txt"))


def time_is_endless(folder: Path, good: Path) -> None:
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").symlink_to("/dev/zero")


def time_is_a_pipe(folder: Path, good: Path) -> None:
    (folder / "timestamp.txt").unlink()
    os.mkfifo(folder / "timestamp.txt")


def time_is_a_folder(folder: Path, good: Path) -> None:
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").mkdir()


def time_is_long(folder: Path, good: Path) -> None:
    (folder / "timestamp.txt").write_bytes(b"2026-11-24 10:00:00 UTC" + b" " * 10**6)


def time_is_none(folder: Path, good: Path) -> None:
    (folder / "timestamp.txt").write_text("in time, I swear")


def a_pipe(folder: Path, good: Path) -> None:
    os.mkfifo(folder / "data.csv")


def notebook_is_a_pipe(folder: Path, good: Path) -> None:
    (folder / "relu.ipynb").unlink()
    os.mkfifo(folder / "relu.ipynb")


def a_socket(folder: Path, good: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)  # a socket's path may have about a hundred characters
    try:
        socket.socket(socket.AF_UNIX).bind("s")
    finally:
        os.chdir(here)


def a_device(folder: Path, good: Path) -> None:
    os.mknod(folder / "zero.txt", 0o20666, os.makedev(1, 5))


def thousands(folder: Path, good: Path) -> None:
    (folder / "many").mkdir()
    for number in range(1500):
        (folder / "many" / str(number)).touch()


def nested(folder: Path, good: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)


def gigantic(folder: Path, good: Path) -> None:
    with (folder / "data.bin").open("wb") as file:
        file.truncate(10**12)


def large_notebook(folder: Path, good: Path) -> None:
    data = json.loads((folder / "relu.ipynb").read_text())
    data["metadata"]["x"] = "x" * MAX_BYTES
    (folder / "relu.ipynb").write_text(json.dumps(data))


HOSTILE: tuple[Callable[[Path, Path], None], ...] = (
    *(link_to_a_notebook, link_to_a_folder, link_above, link_inside, link_to_a_secret, time_is_a_link),
    *(time_is_endless, time_is_a_pipe, time_is_a_folder, time_is_long, time_is_none, a_pipe),
    *(notebook_is_a_pipe, a_socket, a_device, thousands, nested, gigantic, large_notebook),
)


def prepared(submitted: Path, spoil: Callable[[Path, Path], None]) -> Path:
    """A folder like the right student's, spoiled."""
    good = submitted / "right" / "relu"
    folder = submitted / spoil.__name__ / "relu"
    shutil.copytree(good, folder)
    try:
        spoil(folder, good / "relu.ipynb")
    except PermissionError:
        pytest.skip("only root makes devices")
    return folder


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    folder = tmp_path / "course" / "submitted" / "right" / "relu"
    folder.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), folder / "relu.ipynb")
    (folder / "timestamp.txt").write_text("2026-11-24 10:00:00 UTC")
    return folder.parents[1]


@pytest.fixture(autouse=True)
def removable(tmp_path: Path) -> object:
    """What is nested too deep for pytest to remove is removed here."""
    yield
    for deep in tmp_path.rglob("submitted/nested"):
        os.system(f"rm -rf '{deep}'")


@pytest.mark.parametrize("spoil", HOSTILE)
def test_nbgrader_is_kept_from_it(spoil: Callable[[Path, Path], None], submitted: Path) -> None:
    check(submitted / "right" / "relu", submitted, "right")
    with pytest.raises((NotebookError, OSError, RecursionError)):
        check(prepared(submitted, spoil), submitted, spoil.__name__)


@pytest.mark.parametrize("name", ["<b>", "a&b", 'a"b', "../x", ".", "..", ".x", "a/b", "a\\b", "x>"])
def test_a_name_that_pages_would_not_show_as_it_is_is_refused(name: str, submitted: Path) -> None:
    with pytest.raises(NotebookError):
        check(submitted / "right" / "relu", submitted, name)


def test_a_class_folder_may_itself_be_a_link(submitted: Path, tmp_path: Path) -> None:
    (tmp_path / "there").symlink_to(submitted, target_is_directory=True)
    check(tmp_path / "there" / "right" / "relu", tmp_path / "there", "right")
    assert handed_in(tmp_path / "there" / "right" / "relu" / "timestamp.txt") is not None


@pytest.mark.slow
@pytest.mark.parametrize("route", ["A", "A again", "B"])
def test_on_nbgraders_routes_the_class_is_graded_and_nothing_is_copied(route: str, course: Path) -> None:
    submitted = course / "submitted"
    (course / "keys").chmod(0o700)
    secret = (course / "keys" / "relu.hidden.npz").read_bytes()
    if route == "A again":  # nbgrader reads the time of what it has graded before it does anything else
        for spoil in HOSTILE:
            shutil.copytree(submitted / "right", submitted / spoil.__name__)
        command(course, "nbgrader", "autograde", "relu")
        for spoil in HOSTILE:
            shutil.rmtree(submitted / spoil.__name__)
    for spoil in HOSTILE:
        prepared(submitted, spoil)
    routes = {"B": ("autograder", "grade", "--nbgrader", ".")}
    done = command(course, *routes.get(route, ("nbgrader", "autograde", "relu")))
    scores = exported(course)
    assert {student: scores.get(student) for student in HONEST} == HONEST, done.stderr[-3000:]
    assert "MemoryError" not in done.stderr
    copied = [path for path in (course / "autograded").rglob("*") if path.is_file() or path.is_symlink()]
    assert not any(path.is_symlink() or path.read_bytes() == secret for path in copied)
    assert sum(path.stat().st_size for path in copied) < 50 * 2**20
    if route != "B":
        assert not any((course / "autograded" / spoil.__name__ / "relu").exists() for spoil in HOSTILE)
        return
    told = {spoil.__name__ for spoil in HOSTILE if spoil.__name__ in done.stderr}
    linked = {"link_to_a_notebook", "notebook_is_a_pipe", "large_notebook"}
    assert told >= linked | {spoil.__name__ for spoil in HOSTILE if spoil.__name__.startswith("time")}


NO_FILES: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "link to a pipe": lambda path: (os.mkfifo(path.with_name("p")), path.symlink_to("p")),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "folder": Path.mkdir,
    "terabyte": lambda path: (path.touch(), os.truncate(path, 10**12)),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_on_every_other_route_it_keeps_nobody_waiting(name: str, tmp_path: Path) -> None:
    """Gradescope's script looks into a folder; `check`, `watch` and pytest read a file that is named."""
    work = tmp_path / "relu.py"
    NO_FILES[name](work)
    file = class_folder.of_one_student(tmp_path, "", "relu", ["relu_backward"])
    assert content_of(file)[1] is not None or len(content_of(file)[0]) == MAX_BYTES + 1
    with contextlib.suppress(OSError):
        assert len(of_file(work)) <= MAX_BYTES + 1


@pytest.mark.parametrize("name", ["pipe", "link to an endless device", "link to itself", "folder"])
def test_pytest_collects_none_of_it(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    work = tmp_path / "relu.py"
    NO_FILES[name](work)
    (tmp_path / "relu.visible.npz").touch()
    assert pytest_collect_file(work, request.session) is None
