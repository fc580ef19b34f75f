"""For pytest users: in the folder of an assignment, plain `pytest` runs its visible cases.

pytest loads this through its entry point, in every run on a machine where the course is installed. So
nothing is imported here before a file is found that belongs to an assignment, and where there is none,
nothing is done. A student's file is never imported by pytest: it runs once, in the sandbox, and the items
report their share.

An instructor adds `--hidden-keys DIR` and sees the hidden cases in the same way. The messages stay those
that a student may see: from a hidden key nothing is quoted, and what the student's code printed on hidden
inputs is not shown.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.judging.answer_key import AnswerKey
    from autograder.judging.evaluate import Attempt, Statements
    from autograder.judging.results import ExerciseResult
    from autograder.sandbox.records import Isolation, Run

_VISIBLE, _HIDDEN = ".visible.npz", ".hidden.npz"
_SUFFIXES = (".py", ".ipynb")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder", "the course's assignments")
    group.addoption(
        "--hidden-keys",
        metavar="DIR",
        help="for instructors: run the hidden cases, too, of the answer keys in DIR",
    )
    group.addoption(
        "--autograder-isolation",
        choices=["bubblewrap", "process"],
        help="how students' code runs: process, or bubblewrap where hidden keys are used",
    )


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("hidden_keys")
    if folder is not None and not any(Path(folder).glob("*" + _HIDDEN)):
        raise pytest.UsageError(f"--hidden-keys: there is no hidden answer key (*{_HIDDEN}) in {folder}.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not _is_work(file_path, parent.config) or _is_older(file_path, parent):
        return None
    return WorkFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A student's file that is named in the call would be imported as a test module: it is not."""
    return _Nothing.from_parent(parent, path=module_path) if _is_work(module_path, parent.config) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What is skipped lies in the student's file, not here."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if isinstance(item, Case) and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
    return report  # type: ignore[return-value]


def _is_work(path: Path, config: pytest.Config) -> bool:
    """Is it a file of an assignment whose answer key is at hand?"""
    if path.suffix not in _SUFFIXES:
        return False
    hidden = config.getoption("hidden_keys", None)
    return path.with_name(path.stem + _VISIBLE).is_file() or (
        hidden is not None and Path(hidden, path.stem + _HIDDEN).is_file()
    )


def _is_older(path: Path, parent: pytest.Collector) -> bool:
    """Of a notebook and a script that lie side by side the newer one counts, unless one of them is named."""
    if parent.session.isinitpath(path):
        return False
    from autograder.student.workspace import Place

    files = Place(path.parent, path.stem).files
    return bool(files) and files[0] != path


class _Nothing(pytest.File):
    """In the place of a test module."""

    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class WorkFile(pytest.File):
    """A student's file: an exercise is a collector, a case an item."""

    def collect(self) -> Iterator["Exercise"]:
        from autograder.base.messages import preferred_language
        from autograder.judging.answer_key import KeyFileError, load
        from autograder.student.watch.progress import definitions

        visible = self.path.with_name(self.path.stem + _VISIBLE)
        folder = self.config.getoption("hidden_keys")
        hidden = Path(folder, self.path.stem + _HIDDEN) if folder is not None else None
        exercises: dict[str, Exercise] = {}
        defined = definitions(self.path) if self.path.suffix == ".py" else {}
        for path in (visible, hidden):
            if path is None or not path.is_file():
                continue
            try:
                key = load(path)
            except KeyFileError as error:
                raise self.CollectError(error.text.in_language(preferred_language())) from None
            attempted = _Attempted(self.path, key, self._isolation())
            for one in key.exercises:
                named = exercises.setdefault(one.name, Exercise.from_parent(self, name=one.name))
                named.parts.append(attempted)
                named.line = defined[one.name].line - 1 if one.name in defined else None
        yield from exercises.values()

    def _isolation(self) -> "Isolation":
        """Students run their own code; an instructor that of others."""
        from autograder.base.messages import preferred_language
        from autograder.sandbox import bubblewrap

        chosen: Isolation | None = self.config.getoption("autograder_isolation")
        isolation = chosen or ("process" if self.config.getoption("hidden_keys") is None else "bubblewrap")
        if isolation == "bubblewrap":
            try:
                bubblewrap.require("--autograder-isolation process")
            except bubblewrap.BubblewrapMissing as error:
                raise self.CollectError(error.text.in_language(preferred_language())) from None
        return isolation


class Exercise(pytest.Collector):
    """One function; `parts` are the answer keys that know it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.parts: list[_Attempted] = []
        self.line: int | None = None

    def collect(self) -> Iterator["Case"]:
        for attempted in self.parts:
            (exercise,) = (one for one in attempted.key.exercises if one.name == self.name)
            for group in exercise.groups:
                for number in range(len(group.cases)):
                    label = group.name if attempted.key.visible else f"hidden-{group.name}"
                    name = f"{label}[{number + 1}]"
                    at = (self.name, group.name, number)
                    yield Case.from_parent(self, name=name, attempted=attempted, at=at, line=self.line)


class Case(pytest.Item):
    """One call."""

    def __init__(
        self, *, attempted: "_Attempted", at: tuple[str, str, int], line: int | None, **given: Any
    ) -> None:
        super().__init__(**given)
        self.attempted = attempted
        self.at = at
        self.line = line

    def runtest(self) -> None:
        from autograder.judging.results import Verdict

        result = self.attempted.case(self.at)
        if result.verdict is Verdict.NI:
            pytest.skip("not started")
        if result.verdict is not Verdict.AC:
            self.add_report_section("call", "stdout", self.attempted.printed())
            raise NotRight(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A few sentences in place of a traceback, which would be the plugin's own."""
        if not isinstance(excinfo.value, NotRight):
            return super().repr_failure(excinfo, style)
        return self.attempted.message(excinfo.value.result)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The heading of a failure."""
        return self.path, self.line, f"{self.at[0]}: {self.name}"


class NotRight(Exception):
    """The case is not accepted."""

    def __init__(self, result: "ExerciseResult") -> None:
        super().__init__(result.verdict.value)
        self.result = result


class _Attempted:
    """One file against one answer key, run when the first of its items wants to know."""

    def __init__(self, path: Path, key: "AnswerKey", isolation: "Isolation") -> None:
        self.path = path
        self.key = key
        self.isolation = isolation
        self._done: tuple[Attempt, dict[tuple[str, str, int], ExerciseResult]] | None = None
        self._told: frozenset[str] = frozenset()

    def case(self, at: tuple[str, str, int]) -> "ExerciseResult":
        """The result of one case, given by exercise, group and number, as if it were a whole exercise."""
        return self._results()[1][at]

    def message(self, case: "ExerciseResult") -> str:
        """What is wrong with the case; asked again, the idea behind the exercise's mistake."""
        from autograder.base.messages import preferred_language, translator

        lang = preferred_language()
        _ = translator(lang)
        whole, _cases = self._results()
        (exercise,) = (one for one in whole.exercises if one.name == case.name)
        lines = [note.in_language(lang) for note in whole.notes]
        lines.append(case.symptom.in_language(lang) if case.symptom else case.verdict.value)
        if exercise.misconception is not None and exercise.diagnosis is not None:
            if not self.key.visible or case.name in self._told:
                lines.append(exercise.diagnosis.in_language(lang))
            else:
                lines.append(_("pytest.hint_waiting"))
        return "\n".join(lines)

    def printed(self) -> str:
        """What the file printed while it ran; with a hidden key that may be a hidden input."""
        return self._results()[0].output if self.key.visible else ""

    def _results(self) -> "tuple[Attempt, dict[tuple[str, str, int], ExerciseResult]]":
        if self._done is None:
            self._done = self._attempt()
        return self._done

    def _attempt(self) -> "tuple[Attempt, dict[tuple[str, str, int], ExerciseResult]]":
        """One run, judged twice: exercise by exercise, and case by case."""
        from autograder.judging.evaluate import attempt
        from autograder.judging.judge import calls, case_by_case
        from autograder.judging.results import SubmissionResult
        from autograder.sandbox.client import Sandbox
        from autograder.sandbox.limits import Limits
        from autograder.student import hints

        runs: list[Run] = []

        def run(statements: "Statements") -> "Run":
            if not runs:
                with Sandbox(calls(self.key), Limits(), self.isolation) as sandbox:
                    runs.append(sandbox.run(statements))
            return runs[0]

        content = self.path.read_bytes()
        whole = attempt(self.path.name, content, self.key, run)
        single = attempt(self.path.name, content, case_by_case(self.key), run)
        names = [
            (exercise.name, group.name, number)
            for exercise in self.key.exercises
            for group in exercise.groups
            for number in range(len(group.cases))
        ]
        if self.key.visible:
            checked = SubmissionResult(
                "", self.key.assignment, str(self.path), self.isolation, 0.0, whole.exercises
            )
            self._told = hints.climb(self.path, checked)
        return whole, dict(zip(names, single.exercises, strict=True))
