"""`autograder watch`: its state, its screen, its memory, and the whole in a terminal."""

import contextlib
import io
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from autograder.base.messages import COURSE_LANGUAGES, Authored
from autograder.base.prose import folded
from autograder.judging import answer_key
from autograder.judging.results import ExerciseResult, GroupResult, SubmissionResult, Verdict
from autograder.sandbox.client import Cancelled
from autograder.student import handout
from autograder.student.checking import Checker
from autograder.student.watch import memory, progress, screen
from autograder.student.watch.progress import Work
from autograder.student.workspace import Place
from autograder.submissions.records import Statement, cell_label
from tests import authored
from tests.work_folders import work

COURSE = Path(__file__).parent.parent
AC, WA, NI, RTE = Verdict.AC, Verdict.WA, Verdict.NI, Verdict.RTE


def exercise(name: str, verdict: Verdict, hint: bool = False) -> ExerciseResult:
    points = 4.0 if verdict is AC else 0.0
    seen = None if verdict is AC else Authored("结果上下颠倒了。" * 6, "The result is upside down. " * 6)
    idea = (
        Authored("看起来：卷积核没有旋转 180°。", "It looks as if: the kernel was not rotated.")
        if hint
        else seen
    )
    groups = (GroupResult("lecture", points, 4, ()), GroupResult("shapes", 0 if points else 2, 2, ()))
    return ExerciseResult(name, verdict, "not_rotated" if hint else None, seen, idea, groups)


def checked(**verdicts: Verdict) -> SubmissionResult:
    exercises = tuple(exercise(name, verdict, hint=True) for name, verdict in verdicts.items())
    return SubmissionResult("", "relu", "relu.py", "process", 0.0, exercises)


KEY = answer_key.load(COURSE / "assignments" / "en" / "pooling" / "pooling.visible.npz")


def a_work(edited: str = "", **verdicts: Verdict) -> Work:
    place = Place(Path("pooling"), "pooling")
    result = checked(**verdicts) if verdicts else None
    return Work(place, KEY, Path("pooling/pooling.py"), result, edited=edited)


# ---- What is known -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edited", "verdicts", "expected"),
    [
        ("", {"f": NI, "g": NI}, "f"),
        ("", {"f": AC, "g": NI, "h": WA}, "h"),
        ("", {"f": RTE, "g": WA}, "f"),
        ("g", {"f": WA, "g": WA}, "g"),
        ("g", {"f": WA, "g": AC}, "f"),
        ("g", {"f": AC, "g": AC, "h": NI}, "h"),
        ("gone", {"f": AC}, None),
        ("", {"f": Verdict.MISSING, "g": Verdict.TLE}, "g"),
    ],
)
def test_the_next_exercise_is_the_one_at_hand_then_a_failed_one_then_a_new_one(
    edited: str, verdicts: dict[str, Verdict], expected: str | None
) -> None:
    found = progress.next_exercise(a_work(edited, **verdicts))
    assert (found.name if found else None) == expected


def test_the_edited_exercise_is_the_one_whose_function_changed(tmp_path: Path) -> None:
    def definitions(text: str) -> progress.Definitions:
        path = tmp_path / "a.py"
        path.write_text(text)
        return progress.definitions(path)

    one, two = "def f(x):\n    return x\n", "def g(x):\n    return 2 * x\n"
    before = definitions(one + two)
    assert {name: place.line for name, place in before.items()} == {"f": 1, "g": 3}
    names = ["f", "g"]
    assert progress.edited(before, definitions("import math\n\n" + one + two), names) == ""
    assert progress.edited(before, definitions(one + two.replace("2", "3")), names) == "g"
    assert progress.edited(before, definitions(two), names) == ""
    assert progress.edited(definitions(two), before, names) == "f"
    assert progress.edited({}, before, names) == ""  # the first look at a file says nothing
    assert definitions("def f(:") == progress.definitions(tmp_path / "gone.py") == {}


# ---- What is drawn -----------------------------------------------------------------------------------------

WORKS = {
    "new": [a_work(f=NI, g=NI)],
    "wrong": [a_work("g", f=AC, g=WA, h=NI), a_work()],
    "done": [a_work("f", f=AC, g=AC), a_work(f=NI)],
    "gone": [Work(Place(Path("x"), "x"), KEY)],
    "unreadable": [
        Work(Place(Path("x"), "x"), KEY, Path("x.py"), problem=Authored("读不了。", "Not readable."))
    ],
    "unchecked": [a_work()],
}


def drawn(page: object, width: int, height: int = 24, **options: object) -> list[str]:
    shown = io.StringIO()
    console = Console(file=shown, width=width, height=height, highlight=False, **options)  # type: ignore[arg-type]
    console.print(page)
    return shown.getvalue().splitlines()


@pytest.mark.parametrize("lang", COURSE_LANGUAGES)
@pytest.mark.parametrize("width", [40, 57, 100, 150])
@pytest.mark.parametrize("name", WORKS)
def test_a_page_fills_the_screen_and_no_line_is_too_wide(name: str, width: int, lang: str) -> None:
    works = WORKS[name]
    for hints in range(4):
        parts = screen.overview(works, works[0], hints, lang)
        for body in (parts, screen.listing(works[0], lang), screen.formula("δ₁₁ = " + 90 * "w")):
            bottom = screen.footer(lang, keys=hints != 2, back=hints == 1, says="12:00:00 · 0.10 s")
            lines = drawn(screen.Page(body, bottom, screen.more(lang)), width)
            assert len(lines) == 24
            assert max(map(cell_len, lines)) <= width
    assert max(cell_len(line.rstrip()) for part in parts for line in drawn(part, width)) <= width


def test_without_colours_marks_and_words_say_everything() -> None:
    works = [a_work("g", f=AC, g=WA, h=NI), a_work(f=NI)]
    text = "\n".join(
        drawn(screen.Page(screen.overview(works, works[0], 1, "en"), screen.footer("en", keys=True), ""), 80)
    )
    assert "\x1b" not in text
    for part in (
        "▸ The residual",
        "█",
        "░",
        "✗ The result is upside down.",
        "→ It looks as if",
        "q quit",
        "✓",
    ):
        assert part in text
    listed = "\n".join(drawn(screen.listing(works[0], "en")[1], 80))
    assert [line[0] for line in listed.splitlines()] == ["✓", "✗", "·"]


def test_a_low_terminal_shows_the_current_assignment_only() -> None:
    works = [a_work("g", f=AC, g=WA), *(Work(Place(Path(name), name), KEY) for name in "uvwxyz")]
    for height in (13, 30):
        page = screen.Page(
            screen.overview(works, works[0], 1, "en", height=height), screen.footer("en", keys=True), "more"
        )
        shown = "\n".join(drawn(page, 60, height))
        assert "→ It looks as if" in shown and "total" in shown
        assert shown.count("The residual") == (7 if height == 30 else 1)


@pytest.mark.parametrize(
    ("where", "lang", "shown"),
    [
        (cell_label(3), "en", ("pooling.py, cell 3 ", "cell 3")),
        (cell_label(3), "zh", ("pooling.py，单元 3 ", "单元 3")),
        ("pooling.py", "zh", ("pooling.py:7 ", " 7")),
        ("POOLING.PY", "en", ("pooling.py:7 ", " 7")),
    ],
)
def test_a_function_is_in_a_line_of_a_script_or_in_a_cell(
    where: str, lang: str, shown: tuple[str, str]
) -> None:
    work = replace(a_work(f=WA), defined={"f": Statement("def f(): ...", where, 7)})
    for parts, place in (
        (screen.next_step([work], work, 0, lang), shown[0]),
        (screen.listing(work, lang), shown[1]),
    ):
        assert place in "\n".join(line for part in parts for line in drawn(part, 60))


def test_a_long_page_can_be_paged_cyclically() -> None:
    lines = [f"line {number}" for number in range(50)]
    seen: list[str] = []
    for turned in range(20):
        page = screen.Page(screen.formula("\n".join(lines)), screen.footer("en", keys=True), "more", turned)
        shown = drawn(page, 60, 12)
        assert len(shown) == 12 and "more" in shown[-1]
        now = [line.rstrip() for line in shown if line.startswith("line")]
        if turned and now[0] == "line 0":
            break
        seen += [line for line in now if line not in seen]
    assert seen == lines


def test_hint_steps_lead_from_the_idea_to_the_lecture() -> None:
    one = a_work(max_pool=WA)
    (failed,) = one.result.exercises if one.result else ()
    steps = screen.hint_steps(failed, one, "en")
    assert "not rotated" in steps[0] and "f" in steps[1] and "3.1" in steps[2]
    unknown = screen.hint_steps(exercise("max_pool", WA), one, "en")
    assert len(unknown) == 3 and unknown[0] != steps[0] and "rotated" not in unknown[0]


@given(st.text("ab 　中文，。（）“”\n\t!", max_size=60), st.integers(4, 30))
def test_folded_text_fits_loses_nothing_and_no_line_begins_with_a_closing_mark(text: str, width: int) -> None:
    lines = folded(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


def test_a_quoted_line_keeps_its_place_above_its_caret() -> None:
    quoted = ["    z12 = a12 w11 +", "                  ^"]
    assert folded("\n".join(["Line 2:", *quoted]), 60) == ["Line 2:", *quoted]


@pytest.mark.parametrize("width", range(8, 60))
def test_chinese_sentences_are_folded_by_their_own_rules(width: int) -> None:
    text = "看起来：卷积核被翻转了 180°：讲义的“卷积”是互相关，核不翻转（见 2.1 的公式）；同时偏置没有加上。"
    for line in folded(text, width):
        assert cell_len(line) <= width
        assert line[0] not in "，。：；）”" and line[-1] not in "（“"


# ---- What is remembered ------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "autograder" / "watch.json"


def test_what_is_remembered_comes_back(state: Path, tmp_path: Path) -> None:
    assert memory.load(tmp_path) == memory.Memory()
    known = memory.Memory("relu", {"relu/f": 2}, {"relu": ("digest", checked(f=WA, g=AC))})
    memory.save(tmp_path, known)
    memory.save(tmp_path / "other", memory.Memory("pooling"))
    assert memory.load(tmp_path) == known
    assert memory.load(tmp_path / "other").current == "pooling"
    assert known.known("relu", "digest") == checked(f=WA, g=AC)
    assert known.known("relu", "another") is known.known("pooling", "digest") is None
    parts = [("a.py", b"1", "key"), ("b.py", b"1", "key"), ("a.py", b"2", "key"), ("a.py", b"1", "other")]
    assert len({memory.digest(*part) for part in parts}) == 4


def test_only_the_last_folders_are_remembered(state: Path, tmp_path: Path) -> None:
    for number in range(15):
        memory.save(tmp_path / str(number), memory.Memory(f"a{number}"))
    assert [memory.load(tmp_path / str(number)).current for number in (4, 5, 14)] == ["", "a5", "a14"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["current", "hints", "results", "a", "exercises"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_a_damaged_memory_is_an_empty_one(data: object) -> None:
    path = Path(os.environ["XDG_STATE_HOME"]) / "autograder" / "watch.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"/nowhere": data}))
    found = memory.load(Path("/nowhere"))
    assert found.results == {} and isinstance(found.current, str)
    assert all(type(count) is int for count in found.hints.values())


# ---- Warm checks -------------------------------------------------------------------------------------------


def test_a_checker_checks_again_and_again_in_one_warm_process(folder: Path) -> None:
    path = work(folder, authored.UNTOUCHED)
    with Checker(folder / "relu.visible.npz") as checker:
        for text, points in (
            (authored.RIGHT, 8),
            (authored.TYPICAL, 0),
            (authored.BROKEN, 0),
            (authored.RIGHT, 8),
        ):
            checker.warm()
            assert checker.check(work(folder, text)).result.points == points
        checker.close()
        assert checker.check(path).result.points == 8


def test_an_endless_check_can_be_cancelled_and_the_next_one_is_right(folder: Path) -> None:
    forever = work(folder, authored.ENDLESS)
    with Checker(folder / "relu.visible.npz") as checker:
        checker.warm()
        threading.Timer(0.3, checker.cancel).start()
        with pytest.raises(Cancelled):
            checker.check(forever)
        assert checker.check(work(folder, authored.RIGHT)).result.points == 8


# ---- The whole of it ---------------------------------------------------------------------------------------

WATCH = [sys.executable, "-m", "autograder", "watch", "--lang"]


def environment(state: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    return kept | {"PYTHONPATH": str(COURSE), "XDG_STATE_HOME": str(state), "TERM": "xterm-256color"}


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="stops a process with a signal")
def test_without_a_terminal_every_save_prints_lines(folder: Path, tmp_path: Path) -> None:
    work(folder, authored.UNTOUCHED)
    output = tmp_path / "output.txt"
    with output.open("w") as stream:
        process = subprocess.Popen(
            [*WATCH, "en"], cwd=folder, env=environment(tmp_path), stdin=subprocess.DEVNULL, stdout=stream
        )
        try:
            for text, said in (
                (None, "· "),
                (authored.ENDLESS, "✗ "),
                (authored.RIGHT, "8 / 8"),
            ):
                if text is not None:
                    work(folder, text)
                assert eventually(lambda said=said: said in output.read_text()), output.read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert "\x1b" not in output.read_text()


class Screen:
    """`watch` in a terminal that this process plays."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(sys.executable, [*WATCH, "en"], environment(state))
        self.shown = ""

    def waits_for(self, text: str, seconds: float = 60) -> bool:
        end = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.terminal, 2**16).decode(errors="replace")
                except OSError:
                    break
        return text in self.shown


def press_q(watch: Screen) -> None:
    os.write(watch.terminal, b"q")


def press_ctrl_c(watch: Screen) -> None:
    os.write(watch.terminal, b"\x03")


def terminate(watch: Screen) -> None:
    os.kill(watch.process, signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="plays a terminal")
@pytest.mark.parametrize("leave", [press_q, press_ctrl_c, terminate])
def test_the_terminal_is_restored_however_watch_ends(
    folder: Path,
    tmp_path: Path,
    leave: Callable[[Screen], None],
) -> None:
    work(folder, authored.ENDLESS)  # so that a check goes on when it is left
    watch = Screen(folder, tmp_path / "state")
    before = termios.tcgetattr(watch.terminal)
    assert watch.waits_for("quit"), watch.shown
    assert termios.tcgetattr(watch.terminal)[3] & termios.ICANON == 0
    held = os.open(f"/proc/{watch.process}/fd/0", os.O_RDWR | os.O_NOCTTY)  # it outlives the process
    leave(watch)
    assert watch.waits_for("\x1b[?1049l") and watch.waits_for("\x1b[?25h")
    _, status = os.waitpid(watch.process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert termios.tcgetattr(held)[:6] == before[:6]
    assert "Traceback" not in watch.shown
    for descriptor in (held, watch.terminal):
        os.close(descriptor)


def formulas(watch: Screen) -> int:
    """How many processes that read a formula `watch` has; what it writes meanwhile is read."""
    watch.waits_for("\0", 0.05)
    found = 0
    for place in (Path("/proc") / name for name in os.listdir("/proc") if name.isdigit()):
        with contextlib.suppress(OSError):
            is_child = f"\nPPid:\t{watch.process}\n" in (place / "status").read_text()
            found += is_child and "\0autograder.student.watch.formula\0" in (place / "cmdline").read_text()
    return found


class Tmux:
    """A terminal with a shell in it, whose screen can be read."""

    def __init__(self, socket: Path, width: int, environment: dict[str, str]) -> None:
        self.socket = socket
        size = ["-x", str(width), "-y", "26"]
        self("-f", "/dev/null", "new-session", "-d", *size, "sh", env=environment)

    def __call__(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        command = ["tmux", "-u", "-S", str(self.socket), *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    def type(self, text: str) -> None:
        self("send-keys", "-l", text)

    def line(self, text: str) -> None:
        self.type(text)
        self("send-keys", "Enter")

    def screen(self) -> str:
        return self("capture-pane", "-p")

    def shows(self, *parts: str) -> bool:
        """Whether all of them stand on one screen before long, however lines are folded."""

        def joined() -> str:
            return re.sub(r"\s+", "", self.screen())

        return eventually(lambda: all(re.sub(r"\s+", "", part) in joined() for part in parts))


@pytest.fixture
def tmux(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    terminal = Tmux(tmp_path / "tmux", request.param, environment(tmp_path / "state"))
    yield terminal
    terminal("kill-server")


WRONG = "def correlate(a, w, b=0):\n    return np.zeros((1, 1))\n"


def replaced(source: str, name: str, new: str) -> str:
    """`source` with another function `name`."""
    return re.sub(rf"^def {name}\(.*?(?=^\S)", lambda _: new + "\n\n", source, flags=re.DOTALL | re.MULTILINE)


def reference(assignment: str, name: str) -> str:
    source = (COURSE / "solutions" / assignment / "notebook.py").read_text(encoding="utf-8")
    found = re.search(rf"^def {name}\(.*?(?=^\S)", source, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[0]


def visible_points(assignment: str) -> str:
    """The points that an assignment's visible cases can earn, as they are shown."""
    key = answer_key.load(COURSE / "assignments" / "en" / assignment / f"{assignment}.visible.npz")
    return f"{sum(exercise.points for exercise in key.exercises):g}"


@pytest.mark.slow
@pytest.mark.parametrize("tmux", [40], indirect=True)
def test_a_student_edits_saves_asks_and_quits(tmux: Tmux, tmp_path: Path) -> None:
    handout.copy(handout.source(), "en", tmp_path / "mine")
    for name in ("models", "training", "kernel_gradients", "conv_residual"):
        shutil.rmtree(tmp_path / "mine" / name)
    file = tmp_path / "mine" / "pooling" / "pooling.py"
    stub = file.read_text(encoding="utf-8")
    upside_down = reference("pooling", "upsample").replace("return ", "return -1 * ", 1)

    tmux.line(f"cd {shlex.quote(str(tmp_path / 'mine'))} && {shlex.join(WATCH)} en")
    of = f"/{visible_points('pooling')}"
    assert tmux.shows("▸ The forward", "The residual", f"0{of}", "correlate 0/8.5", "·", "q quit"), (
        tmux.screen()
    )

    file.write_text(replaced(stub, "upsample", upside_down), encoding="utf-8")
    assert tmux.shows("▸ The residual", "upsample 0/4", "✗"), tmux.screen()
    assert "→" not in tmux.screen()
    tmux.type("h")
    assert tmux.shows("→"), tmux.screen()
    tmux.type("f")
    assert tmux.shows("What `upsample` computes", "code", "lecture"), tmux.screen()
    tmux.type("l")
    assert tmux.shows("✗ upsample", "· max_pool", "Esc back"), tmux.screen()

    file.write_text(replaced(stub, "upsample", reference("pooling", "upsample")), encoding="utf-8")
    tmux.type("x")  # any other key leads back
    assert tmux.shows(f"4{of}", "✓ upsample 4/4", "max_pool 0/4.5"), tmux.screen()

    tmux.type("q")
    assert eventually(lambda: "q quit" not in tmux.screen())
    tmux.line("stty -a | grep -o .icanon; echo left")
    assert tmux.shows(" icanon", "left") and "-icanon" not in tmux.screen()

    tmux.line(f"clear; {shlex.join(WATCH)} zh")  # where it was, and in the other language
    assert tmux.shows("▸ 池化", f"4{of}", "max_pool 0/4.5", "q 退出"), tmux.screen()
    tmux("send-keys", "C-c")
    assert eventually(lambda: "q 退出" not in tmux.screen())
    tmux.line("clear; echo status $?")
    assert tmux.shows("status 0")


@pytest.mark.slow
@pytest.mark.parametrize("tmux", [100], indirect=True)
def test_following_the_screen_leads_to_all_points(tmux: Tmux, tmp_path: Path) -> None:
    """Whatever exercise the screen names is written next, until it names another assignment."""
    handout.copy(handout.source(), "en", tmp_path / "mine")
    for name in ("models", "training", "kernel_gradients", "convolution"):
        shutil.rmtree(tmp_path / "mine" / name)
    file = tmp_path / "mine" / "pooling" / "pooling.py"
    tmux.line(f"cd {shlex.quote(str(tmp_path / 'mine'))} && {shlex.join(WATCH)} en")
    names = re.findall(r"^def (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    title = "The residual of the layer before a pooling layer"
    for name in names:
        assert tmux.shows("▸ The residual of the layer", f"{name} 0/"), tmux.screen()
        source = replaced(file.read_text(encoding="utf-8"), name, reference("pooling", name))
        file.write_text(source, encoding="utf-8")
    whole = visible_points("pooling")
    following = "Next: The residual of the layer before a convolution"
    assert tmux.shows(
        "✓ The residual of the layer", f"{whole}/{whole}", f"{title}: All visible cases pass", following
    ), tmux.screen()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="plays a terminal")
def test_leaving_the_formula_view_ends_its_process(tmp_path: Path) -> None:
    handout.copy(handout.source(), "en", tmp_path / "mine")
    place = tmp_path / "mine" / "pooling"
    file = place / "pooling.py"
    endless = "def upsample(delta, window):\n    while True:\n        pass\n"
    file.write_text(replaced(file.read_text(encoding="utf-8"), "upsample", endless), encoding="utf-8")
    watch = Screen(place, tmp_path / "state")
    try:
        assert watch.waits_for("✗"), watch.shown
        os.write(watch.terminal, b"f")
        assert eventually(lambda: formulas(watch) == 1)
        os.write(watch.terminal, b"lflflf")  # the next ones do not wait until the first has begun
        time.sleep(1)
        assert formulas(watch) == 1
        os.write(watch.terminal, b"l")
        assert eventually(lambda: formulas(watch) == 0, 1)
    finally:
        press_q(watch)
        assert watch.waits_for("\x1b[?1049l")
        os.waitpid(watch.process, 0)
        os.close(watch.terminal)


def test_a_formula_and_why_there_is_none_are_read_in_the_same_way(tmp_path: Path) -> None:
    file = tmp_path / "pooling.py"
    file.write_text("import numpy as np\n\n" + reference("pooling", "upsample"), encoding="utf-8")

    def read(function: str, domain: str = "cnn") -> str:
        called = [sys.executable, "-m", "autograder.student.watch.formula", domain, file, function, "en"]
        return subprocess.run(called, capture_output=True, encoding="utf-8", check=True, cwd=COURSE).stdout

    assert "=" in read("upsample")
    assert "pooling.py" in read("max_pool") and "=" not in read("max_pool") and "autograder" not in read("f")
    assert read("upsample", domain="") == ""
