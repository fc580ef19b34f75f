"""No hand-in ends `grade` or slows a class: it exits with 0 or 3, an honest neighbour has every point, and
each hand-in is told of. Random classes are drawn from a seed, which is printed and may be given again:
AUTOGRADER_HOSTILE_SEED."""

import contextlib
import csv
import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.judging import answer_key
from tests import authored
from tests.draws import draw_hidden
from tests.sandboxes import bubblewrap_trouble
from tests.work_folders import notebook

HEAD = "def relu_backward(delta, z):\n    "
TEXTS: dict[str, Callable[[random.Random], str]] = {
    "sum": lambda rng: (
        HEAD + "return " + "1+" * rng.choice((50, 480, 950, 985, 990, 995, 2000, 40_000)) + "1"
    ),
    "brackets": lambda rng: HEAD + "return " + "(" * (n := rng.choice((90, 190, 5000))) + "1" + ")" * n,
    "lists": lambda rng: HEAD + "return " + "[" * (n := rng.choice((90, 190, 5000))) + "]" * n,
    "minuses": lambda rng: HEAD + "return " + "-" * rng.choice((90, 900, 990, 20_000)) + "1",
    "attributes": lambda rng: HEAD + "return delta" + ".T" * rng.choice((90, 900, 990, 20_000)),
    "calls": lambda rng: HEAD + "return f" + "()" * rng.choice((90, 900, 990, 20_000)),
    "ors": lambda rng: HEAD + "return " + " or ".join("ab" * 100) + " and not" * rng.choice((1, 990)) + " 1",
    "ifs": lambda rng: "\n".join(" " * n + "if 1:" for n in range(rng.choice((20, 95, 99, 150)))),
    "elifs": lambda rng: "if a: x = 1\n" + "elif a: x = 1\n" * rng.choice((900, 990, 9000)),
    "lambdas": lambda rng: "relu_backward = " + "lambda d, z: " * rng.choice((90, 900, 9000)) + "1",
    "classes": lambda rng: "\n".join(" " * n + f"class A{n}:" for n in range(90)) + " pass",
    "f-strings": lambda rng: "x = f'{" * 100 + "1" + "}'" * 100,
    "number": lambda rng: HEAD + "return " + "9" * rng.choice((4000, 5000, 130_000)),
    "literal": lambda rng: "x = '" + "x" * rng.choice((10**4, 130_000, 10**7)) + "'\n" + authored.RIGHT,
    "parentheses": lambda rng: "(" * rng.choice((10**5, 10**7)),
    "nulls": lambda rng: authored.RIGHT + "\0" * rng.choice((1, 10**6)),
    "line ends": lambda rng: authored.RIGHT.replace("\n", rng.choice(("\r", "\x0c\n", "\x85", "\u2028"))),
    "names": lambda rng: "".join(f"{'é' * 50}{n} = {n}\n" for n in range(2000)) + authored.RIGHT,
    "recursion": lambda rng: "import sys\nsys.setrecursionlimit(10**9)\n" + HEAD + "relu_backward(z, z)",
    "nested answer": lambda rng: HEAD + "x = []\n    for _ in range(10**5): x = [x]\n    return x",
    "cyclic answer": lambda rng: HEAD + "x = []\n    x.append(x)\n    return x",
    "surrogates": lambda rng: HEAD + "raise ValueError('\\ud800' * 10**5)",
    "long name": lambda rng: HEAD + "raise type('E' * 10**6, (Exception,), {})('x' * 10**7)",
    "no name": lambda rng: "class E(Exception):\n    __str__ = None\n" + HEAD + "raise E()",
    "exit": lambda rng: rng.choice(("raise SystemExit", "import os; os._exit(3)", "exit()")) + "\n",
    "output": lambda rng: HEAD + "print('\\x1b]0;x\\x07' * 10**6)\n    return delta * (z > 0)",
    "huge answer": lambda rng: HEAD + "import numpy as np\n    return np.zeros((10**5, 10**5))",
    "big number": lambda rng: HEAD + "return 10 ** 10 ** 7",
    "random": lambda rng: "".join(rng.choices("()[]{}:=\n\t 'f\"\\#@ax1.*,+-", k=rng.choice((20, 500)))),
}


def _bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice((1, 100, 10**5)))


def _json(rng: random.Random) -> bytes:
    deep = rng.choice((100, 900, 990, 1000, 10**5, 10**6))
    return rng.choice(
        (
            b'{"cells": ' + b"[" * deep + b"]" * deep + b"}",
            b'{"a":' * deep + b"1" + b"}" * deep,
            b'{"cells": [{"cell_type": "code", "source": ' + b"[" * deep + b"]" * deep + b"}]}",
            b'{"cells": [{"cell_type": "code", "source": "x = ' + b"9" * deep + b'"}]}',
            b'{"cells": [' + b"1," * deep + b"1]}",
            b'{"cells": [{"cell_type": "code", "source": "x"}], "nbformat": 1e999}',
            notebook(authored.RIGHT).encode()[:-5],
            b"\xef\xbb\xbf" + notebook("(" * 1000, authored.RIGHT).encode(),
        )
    )


def hand_in(folder: Path, rng: random.Random) -> None:
    """One student's folder, spoiled somehow; no ordinary file may be in it."""
    folder.mkdir(parents=True)
    kind = rng.randrange(10)
    if kind < 5:
        names = rng.sample(sorted(TEXTS), rng.choice((1, 1, 2, 3)))
        for name, ending in zip(names, ("relu.py", "relu 2.py", "other.py"), strict=False):
            text = TEXTS[name](rng)
            if rng.random() < 0.3:
                ending = ending.replace(".py", ".ipynb")
                text = notebook(text, authored.RIGHT)
            (folder / ending).write_bytes(text.encode("utf-8", "surrogatepass"))
    elif kind == 5:
        (folder / rng.choice(("relu.py", "relu.ipynb"))).write_bytes(_bytes(rng))
    elif kind == 6:
        (folder / "relu.ipynb").write_bytes(_json(rng))
    elif kind == 7:
        _no_file(folder / rng.choice(("relu.py", "relu.ipynb")), rng)
    elif kind == 8:
        name = rng.choice(("x" * 250, "\udcff\udcfe", "a\nb", "\x1b[2J", "名" * 80, " ", "-rf", "$(x)", "."))
        (folder / f"{name}.py").write_text(authored.RIGHT)
    else:
        for number in range(rng.choice((3, 300))):
            (folder / f"{number}.py").write_text(authored.RIGHT if number % 2 else "x = " + "(" * 100)


def _no_file(path: Path, rng: random.Random) -> None:
    kind = rng.randrange(6)
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        path.symlink_to(path)
    elif kind == 2:
        path.symlink_to("/dev/zero")
    elif kind == 3:
        path.mkdir()
    elif kind == 4:
        here = os.getcwd()
        os.chdir(path.parent)
        socket.socket(socket.AF_UNIX).bind(path.name)
        os.chdir(here)
    else:
        path.write_text(authored.RIGHT)
        path.chmod(0)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = assignment.load(authored.write_course(tmp_path_factory.mktemp("course")))
    path = tmp_path_factory.mktemp("keys")
    key = draw_hidden(own.name, own.exercises, domain=own.domain)
    answer_key.save(key, path / f"{own.name}.hidden.npz")
    return path


def graded(
    where: Path, keys: Path, out: Path, *more: str, isolation: str = "process", seconds: int = 400
) -> subprocess.CompletedProcess[str]:
    arguments = ["grade", str(where), "--keys", str(keys), "--out", str(out), "--lang", "en", "--jobs", "2"]
    arguments += ["--isolation", isolation, "--cpu-seconds", "0.5", "--submission-seconds", "3", *more]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "autograder", *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=seconds,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr[-3000:]
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done


def points(out: Path) -> dict[str, float | None]:
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["student"]: float(row["points"]) if row["points"] else None for row in rows}


def told_of(student: str, out: Path, done: subprocess.CompletedProcess[str]) -> bool:
    text = (out / "grades.csv").read_text("utf-8-sig") + (out / "results.json").read_text("utf-8")
    return student in text or student in done.stderr


SEED = int(os.environ.get("AUTOGRADER_HOSTILE_SEED") or secrets.randbits(32))
ISOLATIONS = ["process", *([] if bubblewrap_trouble() else ["bubblewrap"])]


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("layout", ["folders", "zip"])
def test_a_random_hostile_class_is_graded(layout: str, isolation: str, keys: Path, tmp_path: Path) -> None:
    print(f"AUTOGRADER_HOSTILE_SEED={SEED}")
    rng = random.Random(f"{SEED} {layout} {isolation}")
    where = tmp_path / "class"
    for number in range(60):
        hand_in(where / f"s{number:03}" / "relu", rng)
    (where / "honest" / "relu").mkdir(parents=True)
    (where / "honest" / "relu" / "relu.py").write_text(authored.RIGHT)
    if layout == "zip":
        where = zipped(where, tmp_path / "class.zip")
    done = graded(where, keys, tmp_path / "out", isolation=isolation)
    assert points(tmp_path / "out")["honest"] == 10.0
    if layout == "folders":
        missing = [n for n in range(60) if not told_of(f"s{n:03}", tmp_path / "out", done)]
        assert not missing, (SEED, missing)


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
                name = str(path.relative_to(folder)).encode("utf-8", "replace").decode()
                archive.writestr(name, path.read_bytes())
    return target


TWO_FILES = {
    "a long sum": HEAD + "return " + "1+" * 990 + "1\n",
    "brackets": HEAD + "return " + "(" * 190 + "1" + ")" * 190 + "\n",
    "attributes": HEAD + "return z" + ".T" * 990 + "\n",
    "minuses": HEAD + "return " + "-" * 990 + "1\n",
    "calls": HEAD + "return z" + "()" * 990 + "\n",
}


@pytest.mark.parametrize("name", TWO_FILES)
def test_of_two_files_one_is_nested_deep(name: str, keys: Path, tmp_path: Path) -> None:
    for student, text in (("deep", TWO_FILES[name]), ("honest", authored.RIGHT)):
        folder = tmp_path / "class" / student / "relu"
        folder.mkdir(parents=True)
        (folder / "relu.py").write_text(text)
        (folder / "relu.ipynb").write_text(notebook(authored.UNTOUCHED))
    graded(tmp_path / "class", keys, tmp_path / "out")
    assert points(tmp_path / "out")["honest"] == 10.0


def test_bombs_in_a_zip_cost_themselves(keys: Path, tmp_path: Path) -> None:
    where = tmp_path / "class.zip"
    with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("honest/relu/relu.py", authored.RIGHT)
        with archive.open("bomb/relu/relu.py", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(bytes(2**20))
        archive.writestr("json/relu/relu.ipynb", "[" * 5 * 10**6)
        archive.writestr("crc/relu/relu.py", authored.RIGHT * 50)
    raw = bytearray(where.read_bytes())
    at = raw.index(zlib.crc32((authored.RIGHT * 50).encode()).to_bytes(4, "little"))
    raw[at] ^= 1
    where.write_bytes(raw)
    done = graded(where, keys, tmp_path / "out")
    assert points(tmp_path / "out")["honest"] == 10.0
    assert all(told_of(student, tmp_path / "out", done) for student in ("bomb", "json", "crc"))


@pytest.mark.slow
def test_twenty_thousand_files_of_one_student_do_not_hold_up_the_class(keys: Path, tmp_path: Path) -> None:
    for student in ("many", "honest"):
        (tmp_path / "class" / student / "relu").mkdir(parents=True)
        (tmp_path / "class" / student / "relu" / "relu.py").write_text(authored.RIGHT)
    for number in range(20_000):
        (tmp_path / "class" / "many" / "relu" / f"{number}.py").write_text("x = 1\n")
    graded(tmp_path / "class", keys, tmp_path / "out", seconds=120)
    assert points(tmp_path / "out") == {"honest": 10.0, "many": 10.0}


def test_similar_survives_the_same(keys: Path, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    for number, text in enumerate((*TEXTS.values(), lambda rng: authored.RIGHT)):
        folder = tmp_path / "class" / f"s{number:03}" / "relu"
        folder.mkdir(parents=True)
        (folder / "relu.py").write_bytes(text(rng).encode("utf-8", "surrogatepass"))
    _no_file(tmp_path / "class" / "s001" / "relu" / "relu.ipynb", random.Random(0))
    command = ["similar", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--least", "0"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "autograder", *command],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=tmp_path,  # where no keys tell of other assignments
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), (SEED, done.stderr[-2000:])
    assert json.loads((tmp_path / "out" / "similar.json").read_text("utf-8")) is not None


@cache
def ordinary_python() -> str | None:
    """A Python with this one's packages that a user who may not read everything can start."""
    probe = "import subprocess, sys, msgspec, autograder; subprocess.check_call([sys.executable, '-V'])"
    for python in (sys.executable, shutil.which("python3", path="/usr/bin")):
        with contextlib.suppress(PermissionError):
            if python and as_a_user(python, "-c", probe).returncode == 0:
                return python
    return None


def as_a_user(*command: str, home: str = "/tmp") -> subprocess.CompletedProcess[str]:
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {**os.environ, "HOME": home, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment, **user)  # type: ignore[call-overload,no-any-return]


@pytest.mark.skipif(ordinary_python() is None, reason="no Python here is everybody's to read")
@pytest.mark.parametrize("what", ["file", "folder", "student"])
def test_what_an_ordinary_user_cannot_read_costs_itself(what: str, keys: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        graded_by_a_user(what, keys, Path(folder))


def graded_by_a_user(what: str, keys: Path, tmp_path: Path) -> None:
    where, out = tmp_path / "class", tmp_path / "out"
    for student in ("honest", "locked", "other"):
        (where / student / "relu").mkdir(parents=True)
        (where / student / "relu" / "relu.py").write_text(authored.RIGHT)
    folder = where / "locked" / "relu"
    locked = {"file": folder / "relu.py", "folder": folder, "student": folder.parent}[what]
    out.mkdir()
    readable = tmp_path / "keys"
    shutil.copytree(keys, readable)
    for path in (*tmp_path.rglob("*"), tmp_path):
        path.chmod(path.stat().st_mode | 0o755 if path.is_dir() else 0o644)
    out.chmod(0o777)
    locked.chmod(0)
    arguments = ["grade", str(where), "--keys", str(readable), "--out", str(out), "--isolation", "process"]
    done = as_a_user(ordinary_python() or "", "-P", "-m", "autograder", *arguments, home=str(out))
    locked.chmod(0o755)
    assert done.returncode in (0, 3) and "Traceback" not in done.stderr, done.stderr[-2000:]
    assert {points(out)[student] for student in ("honest", "other")} == {10.0}
    assert what == "student" or told_of("locked", out, done)
