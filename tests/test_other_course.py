"""A course about something else (batch normalisation) is built, verified, graded, checked and reported where
`autograder.cnn` cannot be imported: the engine knows no convolution."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.authoring import assignment, build
from autograder.authoring.draw import draw_hidden
from autograder.authoring.exercise import AuthoringError, Case, Exercise
from autograder.judging import answer_key
from autograder.judging.answer_key import DomainMissing, KeyFileError
from autograder.judging.comparison import Comparator
from autograder.judging.domain import Domain, UnknownDomain, find
from autograder.student.checking import Checker, CheckError
from tests.oracles import central_difference

ROOT = Path(__file__).parent.parent
COURSE = ROOT / "tests" / "other_course"
ASSIGNMENT = assignment.load(COURSE / "batch_norm")
NOTEBOOK = sys.modules[ASSIGNMENT.exercises[0].reference.__module__]


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, without `autograder.cnn`."""
    path = os.pathsep.join(map(str, (ROOT / "tests" / "without_cnn", ROOT)))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env=kept | {"PYTHONPATH": path, "LANG": "C.UTF-8", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def autograder(folder: Path, *arguments: str | Path, status: int = 0) -> str:
    """What a command prints."""
    done = run(folder, "-m", "autograder", *arguments)
    assert (done.returncode, done.stderr.count("Traceback")) == (status, 0), done.stderr
    return done.stdout


STUB = build.stub(ASSIGNMENT, "en")


def with_functions(**bodies: str) -> str:
    """The stub, with the functions of these names written."""
    text = STUB
    for name, body in bodies.items():
        before, head, after = re.split(rf"(?<=\n)(def {name}\(.*\n)", text)
        docstring, _, rest = after.partition("    # YOUR CODE HERE\n    raise NotImplementedError()\n")
        text = (
            before + head + docstring + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n" + rest
        )
    return text


FORWARD = "return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta"
BACKWARD = """
    normal = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
    dx = delta - delta.mean(0) - normal * (delta * normal).mean(0)
    return gamma * dx / np.sqrt(x.var(0) + eps), (delta * normal).sum(0), delta.sum(0)
"""
AVERAGE = "return momentum * mean + (1 - momentum) * x.mean(0) if training else 1.0 * mean"

CLASS = {
    "bo": with_functions(batch_norm=FORWARD, batch_norm_backward=BACKWARD, running_mean=AVERAGE),
    "chi": with_functions(  # mistakes that the course knows
        batch_norm="return gamma * (x - x.mean(0)) / (x.var(0) + eps) + beta",
        batch_norm_backward="""
            normal = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
            dx = gamma * (delta - delta.mean(0)) / np.sqrt(x.var(0) + eps)
            return dx, (delta * normal).sum(0), delta.sum(0)
        """,
        running_mean="return momentum * mean + (1 - momentum) * x.mean(0)",
    ),
    "dai": with_functions(  # mistakes that it does not know
        batch_norm="return (gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta).T",
        batch_norm_backward=BACKWARD.replace("return gamma", "return -gamma"),
        running_mean=AVERAGE.replace("(1 - momentum) * ", ""),
    ),
    "e": STUB,
}

FEEDBACK = {
    ("chi", "batch_norm"): (
        "divided_by_the_variance",
        "It looks as if: it was divided by the variance, not by its root.",
    ),
    ("chi", "batch_norm_backward"): (
        "variance_constant",
        "It looks as if: the variance was taken for a constant; it depends on x.",
    ),
    ("chi", "running_mean"): ("always_in_training", "It looks as if: training was not looked at."),
    ("dai", "batch_norm"): (None, "The shape is wrong: rows and columns are exchanged."),
    ("dai", "batch_norm_backward"): (None, "The signs (result 1) are reversed."),
    ("dai", "running_mean"): (None, "Not one of the values is right. Only in: in training."),
    ("e", "batch_norm"): (None, "batch_norm is not started yet."),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the course has been built and its class graded."""
    folder = tmp_path_factory.mktemp("other")
    autograder(folder, "build", COURSE)
    for student, text in CLASS.items():
        file = folder / "submitted" / student / "batch_norm" / "batch_norm.py"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    autograder(folder, "grade", "submitted", "--isolation", "process", "--lang", "en")
    return folder


# ---- The course itself -------------------------------------------------------------------------------------


def test_its_references_agree_with_central_differences() -> None:
    rng = np.random.default_rng(1)
    x, delta, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=3), np.ones(3)
    by_x, by_gamma, by_beta = NOTEBOOK.batch_norm_backward(delta, x, gamma, 0.1)
    forward = NOTEBOOK.batch_norm
    close = {"rtol": 1e-6, "atol": 1e-8}
    np.testing.assert_allclose(
        by_x, central_difference(lambda x: forward(x, gamma, beta, 0.1), x, delta), **close
    )
    np.testing.assert_allclose(
        by_gamma, central_difference(lambda gamma: forward(x, gamma, beta, 0.1), gamma, delta), **close
    )
    np.testing.assert_allclose(
        by_beta, central_difference(lambda beta: forward(x, gamma, beta, 0.1), beta, delta), **close
    )


def test_it_names_no_domain_and_verifies(tmp_path: Path) -> None:
    assert ASSIGNMENT.domain == ""
    told = json.loads(autograder(tmp_path, "verify", "--solutions", COURSE, "--draws", "3", "--json"))
    assert told["sound"] and told["named"] == 1


# ---- Grading and reports -----------------------------------------------------------------------------------


def test_a_class_is_graded_and_diagnosed(place: Path) -> None:
    document = json.loads((place / "grades" / "results.json").read_text(encoding="utf-8"))
    points = {one["student"]: one["points"] for one in document["submissions"]}
    assert points == {"bo": 60, "chi": 6, "dai": 4, "e": 0}
    results = {
        (one["student"], exercise["name"]): exercise
        for one in document["submissions"]
        for exercise in one["exercises"]
    }
    told = {
        where: (results[where]["misconception"], results[where]["diagnosis"]["text"]) for where in FEEDBACK
    }
    assert told == FEEDBACK
    verdicts = {
        student: {one["verdict"] for (of, _), one in results.items() if of == student} for student in CLASS
    }
    assert verdicts == {"bo": {"AC"}, "chi": {"WA"}, "dai": {"WA"}, "e": {"NI"}}


def test_a_graded_class_is_reported(place: Path) -> None:
    with (place / "grades" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert [float(rows["chi"][name]) for name in ("batch_norm", "running_mean", "points")] == [0, 6, 6]
    for form in ("html", "csv", "json", "junit"):
        autograder(place, "report", "--format", form, "--out", form, "--lang", "en")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (place / "html").rglob("*.html")}
    together = "\n".join(pages.values())
    assert "variance_constant" in together and "the variance was taken for a constant" in together
    assert "The signs (result 1) are reversed." in together
    assert json.loads(next((place / "json").rglob("*.json")).read_text(encoding="utf-8"))["submissions"]


# ---- A student's own check ---------------------------------------------------------------------------------


def test_a_students_file_is_checked(place: Path) -> None:
    file = place / "assignments" / "en" / "batch_norm" / "batch_norm.py"
    file.write_text(CLASS["bo"], encoding="utf-8")
    told = autograder(place, "check", file, "--lang", "en")
    assert (
        "All visible cases pass. Hidden cases also try what these do not: an argument holds integers;" in told
    )
    file.write_text(CLASS["dai"], encoding="utf-8")
    told = autograder(place, "check", file, "--lang", "en", "--html", "--output", "page.html", status=1)
    assert "The signs (result 1) are reversed." in told and "Only in: in training." in told
    page = (place / "page.html").read_text(encoding="utf-8")
    assert "A visible case that fails: in training" in page and "math" not in page
    file.write_text(CLASS["chi"], encoding="utf-8")
    told = autograder(place, "check", file, "--lang", "zh", "--hint", status=1)
    assert "把方差当作常数：它也依赖于 x" in told


NOTEBOOK_CHECK = """
import sys
import numpy as np
from autograder import check

def running_mean(mean, x, momentum=0.9, training=True):
    return momentum * mean + (1 - momentum) * x.mean(0)

def batch_norm(x, gamma, beta, eps=1e-5):
    return 2 * (gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta)

assert check(running_mean, "en", hint=True) == 6
assert check(batch_norm, "en") == 0
assert not [name for name in sys.modules if name.startswith("autograder.cnn") or name == "sympy"]
"""


def test_a_notebooks_function_is_checked(place: Path) -> None:
    done = run(place / "assignments" / "en" / "batch_norm", "-c", NOTEBOOK_CHECK)
    assert (done.returncode, done.stderr) == (0, "")
    assert "→ It looks as if: training was not looked at." in done.stdout
    assert "The values are twice the right ones." in done.stdout
    assert "A visible case that fails: a batch of samples" in done.stdout


def test_what_belongs_to_another_subject_is_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", "from autograder import derive")
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith(
        "ImportError: derive needs the package autograder.cnn, which is not installed here; install"
    )


# ---- Domains -----------------------------------------------------------------------------------------------


def test_this_course_names_its_domain_and_a_key_without_the_package_says_which_it_needs(place: Path) -> None:
    key = ROOT / "assignments" / "en" / "pooling" / "pooling.visible.npz"
    assert answer_key.load(key).domain == "cnn"
    work = place / "hand_in"
    work.mkdir()
    shutil.copy(key, work)
    (work / "pooling.py").write_text("")
    told = run(place, "-m", "autograder", "check", work, "--lang", "en")
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert "pooling.visible.npz needs the package autograder.cnn" in told.stderr


@pytest.mark.parametrize(
    "name", ["os", "judging", "nothing", "..cnn", "cnn.domain", "cnn ", "ｃnn", "0", "a" * 99]
)
def test_no_key_imports_anything_but_a_subject(name: str, tmp_path: Path) -> None:
    before = set(sys.modules)
    with pytest.raises(UnknownDomain):
        find(name)
    assert {one for one in set(sys.modules) - before if not one.startswith("autograder.")} == set()
    key = draw_hidden("a", (ASSIGNMENT.exercises[2],))
    path = tmp_path / "a.hidden.npz"
    answer_key.save(answer_key.replace(key, domain=name), path)
    with pytest.raises(KeyFileError) as raised:
        answer_key.load(path)
    assert isinstance(raised.value, DomainMissing) and str(raised.value).count("\n") == 0
    with pytest.raises(CheckError):
        Checker(path)


def test_an_unknown_domain_or_comparator_is_one_sentence_for_the_author(tmp_path: Path) -> None:
    for said, part in (('DOMAIN = "knitting"', "autograder.knitting"), ("DOMAIN = 3", "its type is int")):
        folder = tmp_path / part.replace(" ", "_").replace(".", "_")
        folder.mkdir()
        (folder / "notebook.py").write_text("def f(x):\n    return x\n")
        (folder / "hidden.py").write_text(
            "from autograder.authoring.exercise import Exercise\nfrom .notebook import f\n"
            f"exercise = Exercise(f, points=0, lecture='1')\n{said}\n"
        )
        with pytest.raises(AuthoringError, match=part):
            assignment.load(folder)

    class Own(Comparator):
        def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
            return np.asarray(got != expected)

    exercise = Exercise(abs, points=1, lecture="1")
    exercise.group("one", points=1, zh="一", en="one")(lambda rng: [Case((np.ones(2),), accept=Own())])
    with pytest.raises(AuthoringError, match="the comparator Own is not known"):
        draw_hidden("a", (exercise,))


def test_a_comparator_for_arrays_is_one_method() -> None:
    class Even(Comparator):
        """Right up to an even number."""

        def wrong(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
            return np.asarray((got - expected) % 2 != 0)

    even: Any = Even()
    assert even.agrees([1, 2], np.array([3, 0])) and even.agrees((1, [2]), (3, [4]))
    assert even.difference([1, 3], [1, 2]).kind == "values" and even.difference([1], [1, 2]).kind == "shape"
    assert even.differing([1, 3], [1, 2]).tolist() == [False, True]
    assert even.difference("text", 1.0).kind == "not numeric"


def test_a_domain_is_optional_in_every_part() -> None:
    assert find("") == Domain()


# ---- Words -------------------------------------------------------------------------------------------------

ENGINE = (
    "base",
    "sandbox",
    "submissions",
    "judging",
    "authoring",
    "grading",
    "student",
    "reports",
    "integrations",
)
SUBJECT = re.compile(
    r"cnn|convol|conv2d|\bkernel|\bstrides?\b|padding|pooling|channel|dsigma|residual|lecture's formula"
    r"|\brelu\b|\bsamples\b|[\"']labels[\"']|卷积|步长|步幅|填充|池化|通道|残差|讲义的公式|层表",
    re.IGNORECASE,
)
ALLOWED = {
    # An operating system's kernel, or a notebook's.
    "sandbox/cgroup.py": "kernel",
    "sandbox/limits.py": "kernel",
    "sandbox/confinement.py": "kernel",
    "submissions/records.py": "Kernel",
    "student/notebook.py": "kernel",
    "integrations/nbgrader/__init__.py": "kernel",
    "integrations/nbgrader/clean.py": "kernel",
    "integrations/nbgrader/course.py": "Kernel|kernel",
    "integrations/nbgrader/execute.py": "kernel",
    "integrations/nbgrader/kernel.py": "kernel",
    "integrations/nbgrader/source.py": "kernel",
    "integrations/gradescope/isolation.py": "Kernel",
    # And a pipe between two processes.
    "sandbox/warden.py": "channel|kernel|.labels.",
    "sandbox/client.py": ".labels.",  # of cells and files
    # White space around a cell.
    "reports/verification_table.py": "padding",
    "reports/templates": "padding",
    "judging/pictures/templates": "padding",
    "student/feedback/templates": "padding",
    "student/watch/screen.py": "padding",
    # A message's id that shows how ids of a subject's own begin.
    "base/messages.py": "cnn|stride",
    # Examples in docstrings of how a course is written.
    "authoring/assignment.py": "conv2d",
    "authoring/exercise.py": "conv2d|kernel|stride",
}
"""What stands where all the same, and why."""


def test_no_text_of_the_engine_speaks_of_this_course() -> None:
    found, used = [], set()
    for file in (path for name in ENGINE for path in (ROOT / "autograder" / name).rglob("*")):
        if not file.is_file() or "__pycache__" in file.parts:
            continue
        place = file.relative_to(ROOT / "autograder").as_posix()
        allowed = next((name for name in ALLOWED if place == name or place.startswith(f"{name}/")), "")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for match in SUBJECT.finditer(line):
                if allowed and re.fullmatch(ALLOWED[allowed], match[0]):
                    used.add(allowed)
                else:
                    found.append(f"{place}:{number}: {line.strip()}")
    assert found == []
    assert used == set(ALLOWED), "no longer needed"
