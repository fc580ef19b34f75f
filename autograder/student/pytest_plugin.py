"""A pytest plugin: in the folder of an assignment, plain `pytest` runs its visible cases.

pytest loads this through its entry point in every run on a machine where the course is installed. So it
imports nothing until a file is found that belongs to an assignment, and changes nothing where there is none.
pytest never imports a student's file: the file runs once, in the sandbox, and each item reports one case.

With `--hidden-keys DIR` an instructor runs the hidden cases in the same way. The messages stay those that a
student may see: nothing is quoted from a hidden key, what the code printed on hidden inputs is not shown, and
no sibling case is run (`grade` and the feedback that it leaves show those).
Then whatever else lies in a student's folder is left alone: conftest.py, packages, test modules, links.
A settings file is obeyed before any plugin is loaded, so `autograder pytest` names one that is empty.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.judging.answer_key import AnswerKey
    from autograder.judging.evaluate import Evaluation, Statements
    from autograder.judging.results import ExerciseResult
    from autograder.sandbox.records import Isolation, Run
    from autograder.student.workspace import Place

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


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """With hidden keys, keep pytest from conftest.py, and from a link called .pytest_cache."""
    known = early_config.known_args_namespace
    if getattr(known, "hidden_keys", None) is None:
        return
    if early_config.inipath is not None and not known.inifilename:
        from autograder.base.messages import preferred_language, say

        found = say("pytest.settings_found", file=early_config.inipath)
        raise pytest.UsageError(found.in_language(preferred_language()))
    known.noconftest = True
    for name in ("cacheprovider", "stepwise"):
        if early_config.pluginmanager.has_plugin(name):
            early_config.pluginmanager.unregister(name=name)


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if config.getoption("hidden_keys", None) is None or _place(collection_path, config):
        return None
    return collection_path.is_symlink() or not collection_path.is_dir() or None


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """With hidden keys no folder is a package, whose `__init__.py` pytest would import."""
    hidden = parent.config.getoption("hidden_keys", None)
    return None if hidden is None else pytest.Dir.from_parent(parent, path=path)


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("hidden_keys")
    if folder is not None and not any(Path(folder).glob("*" + _HIDDEN)):
        from autograder.base.messages import preferred_language, say

        missing = say("pytest.no_hidden_key", ending=_HIDDEN, folder=folder)
        raise pytest.UsageError(missing.in_language(preferred_language()))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Of the files of an assignment only the one that counts runs, unless another is named."""
    place = _place(file_path, parent.config)
    is_named = parent.session.isinitpath(file_path)
    if place is None or not (is_named or parent.config.stash[_FILES][place][0] == file_path):
        return None
    return WorkFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Keep pytest from importing a student's file, named in the call, as a test module."""
    return _Nothing.from_parent(parent, path=module_path) if _place(module_path, parent.config) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Report a skipped case at its place in the student's file rather than in this module."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if isinstance(item, Case) and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
    return report  # type: ignore[return-value]


def _place(path: Path, config: pytest.Config) -> "Place | None":
    """The assignment that a file belongs to, with an answer key that can be found; as grading sees it."""
    hidden = config.getoption("hidden_keys", None)
    if path.suffix not in _SUFFIXES or not path.is_file() or (hidden is not None and path.is_symlink()):
        return None
    above = [path.parent] if hidden else list(path.parents)[:3]
    if not hidden and not any(True for folder in above for _ in folder.glob("*" + _VISIBLE)):
        return None
    from autograder.student.workspace import Place

    files = config.stash.setdefault(_FILES, {})
    for folder in above:
        keys = [*folder.glob("*" + _VISIBLE), *(Path(hidden).glob("*" + _HIDDEN) if hidden else ())]
        for name in sorted({key.name.removesuffix(_VISIBLE).removesuffix(_HIDDEN) for key in keys}):
            place = Place(folder, name, Path(hidden) if hidden else None)
            if place not in files:
                files[place] = place.files
            if path in files[place]:
                return place
    return None


_FILES = pytest.StashKey[dict["Place", list[Path]]]()


class _Nothing(pytest.File):
    """An empty collector in place of a test module."""

    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class WorkFile(pytest.File):
    """A student's file: each exercise is a collector, each case an item."""

    def collect(self) -> Iterator["Exercise"]:
        from autograder.base.messages import preferred_language
        from autograder.judging.answer_key import KeyFileError, load
        from autograder.student.watch.progress import definitions

        place = _place(self.path, self.config)
        assert place is not None
        hidden = place.hidden and place.hidden / (place.name + _HIDDEN)
        exercises: dict[str, Exercise] = {}
        defined = definitions(self.path) if self.path.suffix == ".py" else {}
        for path in (place.key, hidden):
            if path is None or not path.is_file():
                continue
            try:
                key = load(path)
            except KeyFileError as error:
                raise self.CollectError(error.text.in_language(preferred_language())) from None
            evaluated = _Evaluated(self.path, key, self._isolation())
            for name in (exercise.name for exercise in key.exercises):
                collector = exercises.setdefault(name, Exercise.from_parent(self, name=name))
                collector.parts.append(evaluated)
                collector.line = defined[name].line - 1 if name in defined else None
        yield from exercises.values()

    def _isolation(self) -> "Isolation":
        """Process isolation for students' own code, bubblewrap where an instructor runs that of others."""
        from autograder.base.messages import TextError, preferred_language
        from autograder.sandbox.client import require
        from autograder.sandbox.limits import Limits

        chosen: Isolation | None = self.config.getoption("autograder_isolation")
        isolation = chosen or ("process" if self.config.getoption("hidden_keys") is None else "bubblewrap")
        if isolation == "bubblewrap":
            try:
                require(isolation, Limits(), "--autograder-isolation process")
            except TextError as error:
                raise self.CollectError(error.text.in_language(preferred_language())) from None
        return isolation


class Exercise(pytest.Collector):
    """One function; `parts` are its evaluations against each answer key that has it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.parts: list[_Evaluated] = []
        self.line: int | None = None

    def collect(self) -> Iterator["Case"]:
        for evaluated in self.parts:
            (exercise,) = (exercise for exercise in evaluated.key.exercises if exercise.name == self.name)
            for group in exercise.groups:
                for number in range(len(group.cases)):
                    label = group.name if evaluated.key.visible else f"hidden-{group.name}"
                    name = f"{label}[{number + 1}]"
                    at = (self.name, group.name, number)
                    yield Case.from_parent(self, name=name, evaluated=evaluated, at=at, line=self.line)


class Case(pytest.Item):
    """One call."""

    def __init__(
        self, *, evaluated: "_Evaluated", at: tuple[str, str, int], line: int | None, **given: Any
    ) -> None:
        super().__init__(**given)
        self.evaluated = evaluated
        self.at = at
        self.line = line

    def runtest(self) -> None:
        from autograder.judging.results import Verdict

        result = self.evaluated.case(self.at)
        if result.verdict is Verdict.NI:
            pytest.skip(self.evaluated.seen(result))
        if result.verdict is not Verdict.AC:
            self.add_report_section("call", "stdout", self.evaluated.printed())
            raise NotRight(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message in place of a traceback, which would show the plugin's own code."""
        if not isinstance(excinfo.value, NotRight):
            return super().repr_failure(excinfo, style)
        return self.evaluated.message(excinfo.value.result)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.line, f"{self.at[0]}: {self.name}"


class NotRight(Exception):
    """The case is not accepted."""

    def __init__(self, result: "ExerciseResult") -> None:
        super().__init__(result.verdict.value)
        self.result = result


class _Evaluated:
    """One file against one answer key, run when the first item asks for its result."""

    def __init__(self, path: Path, key: "AnswerKey", isolation: "Isolation") -> None:
        self.path = path
        self.key = key
        self.isolation = isolation
        self._told: frozenset[str] = frozenset()

    def case(self, at: tuple[str, str, int]) -> "ExerciseResult":
        """The result of the case (exercise, group, number), as if it were an exercise of its own."""
        return self._results[1][at]

    def seen(self, case: "ExerciseResult") -> str:
        from autograder.base.messages import preferred_language

        lang = self.key.about.language(preferred_language())
        return case.symptom.in_language(lang) if case.symptom else case.verdict.value

    def message(self, case: "ExerciseResult") -> str:
        """What is wrong with the case, and the idea behind the mistake once it may be revealed."""
        from autograder.base.messages import preferred_language, say

        lang = self.key.about.language(preferred_language())
        whole, _cases = self._results
        (exercise,) = (exercise for exercise in whole.exercises if exercise.name == case.name)
        lines = [note.in_language(lang) for note in whole.notes]
        lines.append(self.seen(case))
        if exercise.idea is not None:
            if not self.key.visible or case.name in self._told:
                lines.append(exercise.idea.in_language(lang))
            else:
                lines.append(say("pytest.hint_waiting").in_language(lang))
        return "\n".join(lines)

    def printed(self) -> str:
        """What the file printed; nothing with a hidden key, whose inputs it might print."""
        return self._results[0].output if self.key.visible else ""

    @functools.cached_property
    def _results(self) -> "tuple[Evaluation, dict[tuple[str, str, int], ExerciseResult]]":
        """One run, judged once; what the cases of an exercise say together, and each for itself."""
        from autograder.judging.evaluate import evaluate
        from autograder.judging.judge import calls, case_by_case, judge_error, results
        from autograder.judging.results import SubmissionResult
        from autograder.sandbox.client import Sandbox
        from autograder.student import hints
        from autograder.submissions.source import of_file

        def run(statements: "Statements") -> "Run":
            with Sandbox(calls(self.key), self.key.limits, self.isolation) as sandbox:
                return sandbox.run(statements)

        whole = evaluate(self.path.name, of_file(self.path), self.key, run)
        single = case_by_case(self.key)
        cases = [(case,) for judged in whole.judged for case in judged]
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
            self._told = hints.record_failures(self.path, checked)
        each = results(single, cases) if cases else judge_error(single)
        return whole, dict(zip(names, each, strict=True))
