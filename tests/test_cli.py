"""The command line as people call it: a process, its output, its exit status."""

import contextlib
import csv
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from autograder import __version__
from autograder.base.messages import COURSE_LANGUAGES, from_data
from autograder.cli import app
from autograder.grading import executors
from autograder.judging.results import Verdict
from tests import authored
from tests.test_grading import BUBBLEWRAP

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


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "autograder", *map(str, arguments)]


def clean_environment() -> dict[str, str]:
    """This one, in English, with the engine to be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path, "LANG": "C.UTF-8", "COLUMNS": "200"}


@pytest.fixture(scope="module")
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

# ---- grade -------------------------------------------------------------------------------------------------

NUMBER = (int, float)
SCHEMA: Any = {
    "schema": int,
    "submissions": [
        {
            "student": str,
            "assignment": str,
            "file": str,
            "points": NUMBER,
            "max_points": NUMBER,
            "isolation": str,
            "seconds": float,
            "notes": [dict],
            "output": str,
            "exercises": [
                {
                    "name": str,
                    "points": NUMBER,
                    "max_points": NUMBER,
                    "verdict": str,
                    "misconception": (str, type(None)),
                    "symptom": (dict, type(None)),
                    "diagnosis": (dict, type(None)),
                    "groups": [
                        {
                            "name": str,
                            "points": NUMBER,
                            "max_points": NUMBER,
                            "cases": [{"verdict": str, "seconds": float}],
                        }
                    ],
                }
            ],
        }
    ],
}


def matches(value: Any, schema: Any) -> bool:
    if isinstance(schema, dict):
        return (
            isinstance(value, dict)
            and value.keys() == schema.keys()
            and all(matches(value[name], part) for name, part in schema.items())
        )
    if isinstance(schema, list):
        return isinstance(value, list) and all(matches(item, schema[0]) for item in value)
    return isinstance(value, schema) and not isinstance(value, bool)


@pytest.mark.parametrize("isolation", ["process", BUBBLEWRAP])
def test_grade_writes_its_files_and_shows_a_table(course: Path, isolation: str) -> None:
    result = call(course, "grade", "submitted", "--isolation", isolation, "--jobs", "1")
    assert result.returncode == 0
    assert "Traceback" not in result.stderr
    for shown in ("安", "bo", "10 / 10", "slope_only", "RTE", "grades.csv"):
        assert shown in result.stdout
    assert {path.name for path in (course / "grades").iterdir()} == {
        "grades.csv",
        "results.json",
        "results.sqlite",
    }
    document = json.loads((course / "grades" / "results.json").read_text(encoding="utf-8"))
    assert matches(document, SCHEMA)
    assert document["schema"] == 2
    for one in document["submissions"]:
        told = [exercise[name] for exercise in one["exercises"] for name in ("symptom", "diagnosis")]
        for text in filter(None, [*one["notes"], *told]):
            assert from_data(text).in_language("en") == text["text"]
    submissions = {one["student"]: one for one in document["submissions"]}
    assert list(submissions) == ["bo", "chi", "安"]
    assert {one["isolation"] for one in submissions.values()} == {isolation}
    (exercise,) = submissions["bo"]["exercises"]
    assert (exercise["verdict"], exercise["misconception"]) == ("WA", "slope_only")
    assert "the residual from above was left out" in exercise["diagnosis"]["text"]
    verdicts = {
        case["verdict"]
        for one in submissions.values()
        for exercise in one["exercises"]
        for group in exercise["groups"]
        for case in group["cases"]
    }
    assert verdicts <= {verdict.value for verdict in Verdict}


def test_grades_csv_has_a_column_for_each_exercise(course: Path) -> None:
    assert call(course, "grade", "submitted", *QUICK, "--out", "out/deep").returncode == 0
    rows = list(csv.reader(io.StringIO((course / "out/deep/grades.csv").read_text(encoding="utf-8"))))
    assert rows == [
        ["student", "assignment", "points", "maximum", "relu_backward"],
        ["bo", "relu", "0", "10", "0"],
        ["chi", "relu", "0", "10", "0"],
        ["安", "relu", "10", "10", "10"],
    ]


def test_json_is_all_that_is_printed_and_equals_the_file(course: Path) -> None:
    result = call(course, "grade", "submitted", *QUICK, "--json", "--lang", "zh", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    document = json.loads(result.stdout)
    assert matches(document, SCHEMA)
    assert document == json.loads((course / "grades" / "results.json").read_text(encoding="utf-8"))
    assert "上游的残差" in document["submissions"][0]["exercises"][0]["diagnosis"]["text"]


@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        ((), {"LANG": "zh_CN.UTF-8"}, "学生"),
        ((), {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "student"),
        (("--lang", "en"), {"LANG": "zh_CN.UTF-8"}, "student"),
    ],
)
def test_the_language_is_that_of_the_option_else_of_the_locale(
    course: Path, arguments: Sequence[str], environment: dict[str, str], word: str
) -> None:
    shutil.rmtree(course / "submitted")
    hand_in(course, "an", "")
    result = call(course, "grade", "submitted", *QUICK, *arguments, **environment)
    assert word in result.stdout
    assert "Traceback" not in result.stderr


def test_what_students_call_themselves_and_their_files_cannot_steer_the_terminal(course: Path) -> None:
    hand_in(course, "a\x1b[31mRED\x1b]0;title\x07", authored.RIGHT)
    (course / "submitted" / "a\u202e\x9b2J\nautograder: nothing" / "relu").mkdir(parents=True)
    result = call(course, "grade", "submitted", *QUICK)
    assert result.returncode == 0 and "\ufffd[31mRED" in result.stdout and "a\ufffd\ufffd2J" in result.stdout
    refused = call(course, "grade", "sub\x1b[31mmitted", *QUICK)
    assert refused.returncode == 2 and "\ufffd[31mmitted" in refused.stderr
    for said in (result.stdout, result.stderr, refused.stderr):
        assert not {*said} & {*"\x1b\x07\x9b\u202e"}, said


@pytest.mark.slow
def test_one_file_a_flat_folder_and_a_zip_can_be_graded(course: Path) -> None:
    (course / "flat").mkdir()
    shutil.copy(course / "submitted/bo/relu/relu.py", course / "flat/bo.py")
    shutil.make_archive(str(course / "class"), "zip", course, "submitted")
    for arguments, students in (
        (("submitted/bo/relu/relu.py",), ["bo"]),
        (("flat", "--assignment", "relu"), ["bo"]),
        (("class.zip",), ["bo", "chi", "安"]),
    ):
        result = call(course, "grade", *arguments, *QUICK, "--json")
        assert [one["student"] for one in json.loads(result.stdout)["submissions"]] == students


def test_a_misspelt_folder_is_named_and_the_rest_of_the_class_is_graded(course: Path) -> None:
    shutil.move(course / "submitted/bo/relu", course / "submitted/bo/rellu")
    result = call(course, "grade", "submitted", *QUICK, "--json")
    assert [one["student"] for one in json.loads(result.stdout)["submissions"]] == ["chi", "安"]
    assert result.returncode == 3
    assert "bo/rellu is not graded" in result.stderr and "only of relu" in result.stderr


@pytest.mark.slow
def test_a_second_run_is_the_first_ones_results(course: Path) -> None:
    first, second = (call(course, "grade", "submitted", *QUICK, "--json").stdout for _ in range(2))
    assert first == second  # down to the seconds, which no second grading would repeat


@LINUX
def test_a_sandbox_that_fails_is_a_judge_error_and_exit_status_3(course: Path, tmp_path: Path) -> None:
    """A bwrap that passes its trial and then does nothing."""
    fake = tmp_path / "bin" / "bwrap"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\ncase "$*" in *true) exit 0;; esac\necho "no room" >&2\nexit 1\n')
    fake.chmod(0o755)
    path = f"{fake.parent}:{os.environ['PATH']}"
    result = call(course, "grade", "submitted", "--json", "--jobs", "1", PATH=path)
    assert (result.returncode, "Traceback" in result.stderr) == (3, False)
    submissions = {one["student"]: one for one in json.loads(result.stdout)["submissions"]}
    assert submissions["安"]["points"] == submissions["bo"]["points"] == 10  # it costs nothing
    assert submissions["安"]["exercises"][0]["verdict"] == "JE"
    assert "no room" in submissions["安"]["notes"][0]["text"]


# ---- Mistakes in the call ----------------------------------------------------------------------------------

MISTAKES: list[tuple[Sequence[str], str]] = [
    (("grade", "nowhere"), "There is no nowhere"),
    (("grade", "solutions"), "holds no submissions"),
    (("grade", "keys/relu.hidden.npz"), "is no folder, zip, .ipynb or .py"),
    (("grade", "damaged.zip"), "cannot be read as a zip"),
    (("grade", "submitted", "--keys", "nowhere"), "autograder build"),
    (("grade", "submitted", "--keys", "damaged"), "relu.hidden.npz"),
    (("grade", "flat"), "--assignment (relu)"),
    (("grade", "flat", "--assignment", "nothing"), "nothing.hidden.npz"),
    (("grade", "flat/an.py"), "--assignment (relu)"),
    (("grade", "submitted", "--assignment", "nothing"), "holds no submissions"),
    (("grade", "submitted", "--out", "damaged.zip"), "a file is in the way"),
    (("build", "nowhere"), "is not a folder"),
    (("build", "submitted"), "holds no assignments"),
    (("build", "broken_course"), "hidden.py, line 2: ZeroDivisionError"),
    (("build", "--keys", "damaged.zip"), "damaged.zip"),
    (("check", "nowhere.py"), "There is no file nowhere.py"),
    (("check", "flat/an.py"), "answer key"),
]


@pytest.fixture(scope="module")
def with_mistakes(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes") / "course"
    shutil.copytree(built, folder)
    hand_in(folder, "an", authored.RIGHT)
    for name, content in (
        ("damaged.zip", "PK"),
        ("damaged/relu.hidden.npz", "PK"),
        ("flat/an.py", authored.RIGHT),
        ("broken_course/relu/notebook.py", authored.NOTEBOOK),
        ("broken_course/relu/hidden.py", "\n1 / 0\n"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("arguments", "part"), MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES]
)
def test_a_mistake_in_the_call_is_one_clear_sentence_and_exit_status_2(
    with_mistakes: Path, arguments: Sequence[str], part: str
) -> None:
    isolation = ("--isolation", "process") if arguments[0] == "grade" else ()
    result = call(with_mistakes, *arguments, *isolation)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("autograder: ") and part in line


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("grade", "submitted", "--jobs", "x"),
        ("grade", "x", "--isolation", "no"),
    ],
    ids=" ".join,
)
def test_a_call_that_makes_no_sense_shows_the_usage_and_no_traceback(
    with_mistakes: Path, arguments: Sequence[str]
) -> None:
    result = call(with_mistakes, *arguments)
    assert result.returncode == 2
    assert "Usage:" in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


def test_without_bubblewrap_grade_refuses_and_names_the_package_and_the_way_out(
    with_mistakes: Path, tmp_path: Path
) -> None:
    result = call(with_mistakes, "grade", "submitted", PATH=str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "apt-get install bubblewrap" in line and "--isolation process" in line
    assert not (with_mistakes / "grades").exists()
    assert call(with_mistakes, "grade", "submitted", *QUICK, PATH=str(tmp_path)).returncode == 0


# ---- Ctrl-C ------------------------------------------------------------------------------------------------


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


def number_of_results(database: Path) -> int:
    if not database.exists():
        return 0
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])
    except sqlite3.Error:  # not made yet
        return 0
    finally:
        connection.close()


class SlowRun:
    """A run in the middle of a class: one result is there, the next ones take their time."""

    def __init__(self, course: Path, isolation: str) -> None:
        shutil.rmtree(course / "submitted")
        hand_in(course, "an", authored.RIGHT)
        for student in ("bo", "chi", "dai"):
            hand_in(course, student, authored.ENDLESS)
        self.course = course
        self.options = ("grade", "submitted", "--isolation", isolation, "--cpu-seconds", "0.4", "--jobs", "2")
        self.database = course / "grades" / "results.sqlite"
        self.process = subprocess.Popen(
            command(*self.options),
            cwd=course,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert wait_until(lambda: number_of_results(self.database) > 0)
        self.started = set(descendants(self.process.pid))
        assert self.started

    def kill_a_worker(self) -> None:
        """One of the processes that grade; of a team that has just begun, if need be."""
        killed: list[int] = []
        assert wait_until(lambda: bool(workers := self._workers()) and not killed.extend(workers))
        os.kill(killed[0], signal.SIGKILL)
        for worker in killed[1:]:
            with contextlib.suppress(ProcessLookupError):  # without the first, its team may end by itself
                os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: not set(killed) & set(self._workers()))

    def _workers(self) -> list[int]:
        found = []
        for process in descendants(self.process.pid):
            with contextlib.suppress(OSError):
                if b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes() and is_alive(process):
                    found.append(process)
        return found

    def ends_with(self, status: int, sentence: str) -> None:
        """It says so, without a traceback, and leaves no process behind."""
        output, errors = self.process.communicate(timeout=30)
        assert (self.process.returncode, output) == (status, "")
        assert sentence in errors.splitlines()[-1] and "Traceback" not in errors
        assert wait_until(lambda: not any(map(is_alive, self.started)), 10)

    def is_continued_by_the_next(self) -> None:
        assert 0 < number_of_results(self.database) < 4
        connection = sqlite3.connect(self.database)
        before = [json.loads(text) for (text,) in connection.execute("SELECT result FROM results")]
        connection.close()
        rest = call(self.course, *self.options, "--json")
        assert rest.returncode == 0
        after = {one["student"]: one for one in json.loads(rest.stdout)["submissions"]}
        assert {name: one["points"] for name, one in after.items()} == {"an": 10, "bo": 0, "chi": 0, "dai": 0}
        for one in before:
            assert after[one["student"]]["seconds"] == one["seconds"]  # not graded again


@LINUX
@pytest.mark.parametrize("isolation", [pytest.param("process", marks=pytest.mark.slow), BUBBLEWRAP])
def test_ctrl_c_keeps_what_is_done_leaves_no_process_and_the_next_run_goes_on(
    course: Path, isolation: str
) -> None:
    run = SlowRun(course, isolation)
    os.killpg(run.process.pid, signal.SIGINT)  # what a terminal does: the workers get it, too
    run.ends_with(130, "autograder: interrupted")
    run.is_continued_by_the_next()


@LINUX
@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(course: Path) -> None:
    run = SlowRun(course, "process")
    run.kill_a_worker()
    output, errors = run.process.communicate(timeout=60)
    assert (run.process.returncode, number_of_results(run.database)) == (0, 2)  # three hand in one text
    assert "Traceback" not in errors and "4 submissions" in output


@LINUX
@pytest.mark.slow
def test_a_command_that_is_killed_leaves_no_process_and_the_next_run_goes_on(course: Path) -> None:
    run = SlowRun(course, "process")
    os.kill(run.process.pid, signal.SIGKILL)  # the command alone: its workers must notice by themselves
    run.process.communicate(timeout=30)
    assert wait_until(lambda: not any(map(is_alive, run.started)), 20)
    run.is_continued_by_the_next()


def test_workers_that_are_killed_again_and_again_are_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams: list[int] = []

    class Broken(Executor):
        def submit(self, *arguments: Any, **more: Any) -> Any:
            raise BrokenExecutor

    @contextlib.contextmanager
    def processes(count: int) -> Iterator[executors.Team]:
        teams.append(count)
        yield executors.Team(Broken(), lambda: count, Path.resolve)

    monkeypatch.chdir(course)
    monkeypatch.setattr(executors, "processes", processes)
    result = CliRunner().invoke(app, ["grade", "submitted", *QUICK])
    assert (result.exit_code, len(teams)) == (3, 3)
    assert "worker processes are killed again and again" in result.output


# ---- build and help ----------------------------------------------------------------------------------------


def test_build_says_what_it_wrote_and_check_what_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["build", *arguments])  # nbformat takes seconds to import
        return result.exit_code, result.output

    monkeypatch.chdir(tmp_path)
    authored.write_course(tmp_path / "solutions")
    files = {
        f"assignments/{lang}/relu/relu{ending}"
        for lang in COURSE_LANGUAGES
        for ending in (".py", ".ipynb", ".visible.npz")
    }
    status, text = build("--check")
    assert (status, set(text.splitlines())) == (1, {f"out of date: {file}" for file in files})
    assert not (tmp_path / "assignments").exists() and not (tmp_path / "keys").exists()
    status, text = build()
    wrote = {f"wrote: {file}" for file in files | {"keys/relu.hidden.npz"}}
    assert (status, set(text.splitlines())) == (0, wrote)
    assert build("--check") == build() == (0, "up to date\n")
    assert build("--new-keys") == (0, "wrote: keys/relu.hidden.npz\n")
    source = tmp_path / "solutions" / "relu" / "notebook.py"
    source.write_text(source.read_text(encoding="utf-8") + "\nmore = 1\n", encoding="utf-8")
    status, text = build()
    assert status == 0 and text.splitlines()[-2:] == [
        "wrote: keys/relu.hidden.npz",
        "hidden key of relu drawn anew: its sources changed; everything handed in for it will be graded "
        "again",
    ]
    (tmp_path / "assignments/zh/relu/relu.py").write_text("old")
    assert build("--check") == (1, "out of date: assignments/zh/relu/relu.py\n")


def test_what_could_not_be_read_and_what_is_gone_from_the_table_is_told(course: Path) -> None:
    (course / "submitted" / "dai" / "relu").mkdir(parents=True)
    (course / "submitted" / "dai" / "relu" / "relu.ipynb").write_text("{")
    (course / "submitted" / "e" / "relu").mkdir(parents=True)
    hand_in(course, "fan", "!pip install numpy\n")
    arguments = ("--isolation", "process", "--jobs", "1")
    unread = (
        "autograder: 2 submissions could not be read: dai/relu, e/relu; results.json has a note on each.\n"
    )
    assert call(course, "grade", "submitted", *arguments).stderr.strip("\n") == unread.strip()
    assert call(course, "grade", "submitted", *arguments).stderr.strip("\n") == unread.strip()
    shutil.copytree(course / "submitted" / "bo", course / "some" / "bo")
    alone = call(course, "grade", "some", *arguments)
    assert alone.returncode == 0
    assert "autograder: the former grades.csv in grades had 5 rows that the new one does not" in alone.stderr
    assert call(course, "grade", "some", *arguments).stderr.strip("\n") == ""


def test_a_key_under_another_assignments_name_grades_nothing(course: Path) -> None:
    shutil.move(course / "keys" / "relu.hidden.npz", course / "keys" / "pooling.hidden.npz")
    shutil.move(course / "submitted" / "bo" / "relu", course / "submitted" / "bo" / "pooling")
    for arguments in (("grade", "submitted", "--assignment", "pooling"), ("gradescope", "pooling")):
        called = call(course, *arguments)
        assert (called.returncode, called.stderr) == (
            2,
            f"autograder: {Path('keys/pooling.hidden.npz')} is the answer key of relu, not of pooling; build "
            "it again, or give it its own name back.\n",
        )
    assert not (course / "grades").exists() and not list(course.glob("*.zip"))


AS_A_STUDENT = """
import sys
missing = {"copydetect", "distributed", "jupytext", "nbformat", "nbgrader", "traitlets"}
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("build",),
        ("nbgrader", "init", "c"),
        ("similar", "submitted"),
        ("grade", "--nbgrader", "."),
        ("grade", "submitted", "--isolation", "process", "--cluster", "local"),
    ],
)
def test_what_an_instructor_has_to_install_is_one_sentence(course: Path, arguments: Sequence[str]) -> None:
    """After a plain `pip install .`."""
    (course / "plain").mkdir()
    (course / "plain" / "sitecustomize.py").write_text(AS_A_STUDENT)
    path = os.pathsep.join([str(course / "plain"), clean_environment()["PYTHONPATH"]])
    called = call(course, *arguments, PYTHONPATH=path)
    assert (called.returncode, called.stdout) == (2, "")
    assert called.stderr.strip().startswith("autograder: ") and called.stderr.strip().count("\n") == 0
    assert "in a clone of this repository, with: pip install '.[" in called.stderr


def test_the_version_is_told() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (0, f"autograder {__version__}\n")


HELP = """
import contextlib, io, sys
from autograder.cli import app
with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
    app(sys.argv[1:], prog_name="autograder")
assert "Usage: autograder" in shown.getvalue(), shown.getvalue()
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("grade", "--help"),
        ("check", "--help"),
        ("start", "--help"),
        ("watch", "--help"),
        ("build", "--help"),
    ],
)
def test_help_loads_nothing_heavy(arguments: Sequence[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", HELP, *arguments],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=True,
    )
    heavy = {
        "typer",
        "jinja2",
        "pydantic",
        "numpy",
        "rich",
        "watchfiles",
        "asyncio",
        "jupytext",
        "nbformat",
        "sympy",
        "multiprocessing",
        "sqlite3",
    }
    loaded = set(result.stdout.split())
    assert heavy & loaded == set()
    modules = {name for name in loaded if name.startswith(("autograder.cli.", "autograder.cnn.commands."))}
    called = {f"autograder.cli.{arguments[0]}"} if len(arguments) == 2 else set()
    assert modules - {"autograder.cli.common"} == called


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(app, info_name="autograder")
    assert len(app.commands) == 15
    for name, listed in app.commands.items():
        own = listed.make_context(name, [], context, resilient_parsing=True).command
        assert (own.name, own.help) == (name, listed.help)


def test_without_the_subject_its_commands_are_absent_and_the_others_work(course: Path) -> None:
    path = os.pathsep.join([str(ROOT / "tests" / "without_cnn"), clean_environment()["PYTHONPATH"]])
    subject = ("derive", "formula", "check-derivation", "models", "explore")

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        called = call(course, *arguments, PYTHONPATH=path)
        assert "Traceback" not in called.stderr
        return called

    listed = {line.split()[0] for line in without("--help").stdout.split("Commands:")[1].splitlines() if line}
    assert listed == set(app.commands) - set(subject)
    for name in subject:
        refused = without(name, "--help")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"No such command '{name}'" in refused.stderr
    for name in listed:
        assert without(name, "--help").returncode == 0
    assert without("build").returncode == 0
    right = course / "assignments" / "en" / "relu" / "relu.py"
    right.write_text(authored.RIGHT, encoding="utf-8")
    checked = without("check", str(right), "--json")
    assert checked.returncode == 0, checked.stderr
    assert without("grade", "submitted", *QUICK).returncode == 0
    assert without("report").returncode == 0


def test_ctrl_c_is_status_130_and_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.cnn.models.table.write", interrupted)
    result = CliRunner().invoke(app, ["models"])
    assert (result.exit_code, result.output) == (130, "")
