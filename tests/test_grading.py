"""Grading a whole class: real sandboxes, real worker processes, the store."""

import dataclasses
import multiprocessing
import os
import shutil
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.base.messages import Authored, Message, Verbatim, joined, say
from autograder.grading import grade_class, store
from autograder.grading.executors import WorkerPool
from autograder.grading.grade_class import Graded, Settings
from autograder.grading.store import Store, StoreError, StoreKey
from autograder.judging import answer_key, result_json
from autograder.judging.results import CaseResult, ExerciseResult, GroupResult, SubmissionResult, Verdict
from autograder.reports import json_file, output
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import asked_for
from autograder.sandbox.records import Isolation
from autograder.submissions import class_folder, source
from tests import authored
from tests.sandboxes import BUBBLEWRAP

QUICK = Settings("process", asked_for(cpu_seconds=0.3))

CLASS = {
    "an": (authored.RIGHT, 10, Verdict.AC),
    "bo": (authored.PARTLY, 8, Verdict.WA),
    "chi": (authored.TYPICAL, 0, Verdict.WA),
    "dai": (authored.UNTOUCHED, 0, Verdict.NI),
    "e": (authored.CRASH, 0, Verdict.RTE),
    "fan": (authored.BROKEN, 0, Verdict.RTE),
    "gu": (authored.ENDLESS, 0, Verdict.TLE),
    "he": ("x = 1\n", 0, Verdict.MISSING),
}


class Course:
    """A folder with two assignments, their keys, and a class that has handed in something."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys, self.submitted = folder, folder / "keys", folder / "submitted"
        for name in ("relu", "relu_again"):
            authored.write_course(folder / "solutions", name)
        authored.draw_keys(folder / "solutions", self.keys)

    def hand_in(self, student: str, text: str, assignment: str = "relu", file: str = "") -> Path:
        path = self.submitted / student / assignment / (file or f"{assignment}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def hand_in_class(self) -> None:
        for student, (text, _, _) in CLASS.items():
            self.hand_in(student, text)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Course(tmp_path_factory.mktemp("course")).folder


@pytest.fixture
def course(drawn: Path, tmp_path: Path) -> Course:
    """A course of its own for each test; the keys are drawn once."""
    shutil.copytree(drawn, tmp_path / "course")
    own = Course.__new__(Course)
    own.folder = tmp_path / "course"
    own.keys, own.submitted = own.folder / "keys", own.folder / "submitted"
    return own


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


class InThisProcess(Executor):
    """Does the work at once, where a test can reach it."""

    def submit(self, run: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(run(*args, **more))
        return future


@dataclasses.dataclass(frozen=True)
class Done:
    results: list[SubmissionResult]
    anew: list[str]
    """The students whose submissions were graded in this run, not taken from the store."""


def grade(
    course: Course,
    executor: Executor,
    settings: Settings = QUICK,
    workers: int = 2,
    path: Path | None = None,
    store: str = "results.sqlite",
    on_graded: Callable[[int], None] = lambda number: None,
) -> Done:
    files = class_folder.find(path or course.submitted, None, grade_class.known_assignments(course.keys))
    keys = grade_class.load_keys(course.keys, {file.assignment for file in files})
    anew: list[str] = []
    seen: list[Graded] = []

    def count(graded: Graded, result: SubmissionResult | None) -> None:
        seen.append(graded)
        if result is not None:
            anew.append(graded.file.student)
        on_graded(len(seen))

    with Store(course.folder / "grades" / store) as opened:
        graded = grade_class.grade_class(
            files, keys, settings, opened, WorkerPool(executor, lambda: workers, Path.resolve), count
        )
        assert [line.file for line in graded] == files
        assert len(seen) == len(files)
        return Done([grade_class.result_of(line, opened) for line in graded], sorted(anew))


def without_seconds(results: list[SubmissionResult]) -> list[SubmissionResult]:
    """Results without the times, which no two runs have in common."""
    return [
        dataclasses.replace(
            result,
            seconds=0.0,
            exercises=tuple(
                dataclasses.replace(
                    exercise,
                    groups=tuple(
                        dataclasses.replace(
                            group, cases=tuple(dataclasses.replace(case, seconds=0.0) for case in group.cases)
                        )
                        for group in exercise.groups
                    ),
                )
                for exercise in result.exercises
            ),
        )
        for result in results
    ]


# ---- A class -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["process", BUBBLEWRAP])
def test_a_class_earns_what_it_should(course: Course, workers: Executor, isolation: Isolation) -> None:
    course.hand_in_class()
    results = grade(course, workers, Settings(isolation, QUICK.limits)).results
    earned = {result.student: (result.points, result.exercises[0].verdict) for result in results}
    assert earned == {student: (points, verdict) for student, (_, points, verdict) in CLASS.items()}
    for result in results:
        assert (result.assignment, result.isolation, result.max_points) == ("relu", isolation, 10)
        assert result.file == f"{result.student}/relu/relu.py"
        assert 0 < result.seconds < 60
    by_student = {result.student: result for result in results}
    assert by_student["chi"].exercises[0].misconception == "slope_only"
    assert "line 1" in by_student["fan"].notes[0].in_language("en")


def test_one_and_two_jobs_give_the_same_results(course: Course, workers: Executor) -> None:
    course.hand_in_class()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        alone = grade(course, executor, workers=1, store="alone.sqlite")
    together = grade(course, workers, workers=2, store="together.sqlite")
    assert without_seconds(alone.results) == without_seconds(together.results)


def test_a_zip_and_a_folder_give_the_same_results(course: Course, workers: Executor) -> None:
    course.hand_in_class()
    shutil.make_archive(str(course.folder / "class"), "zip", course.submitted)
    zipped = grade(course, workers, path=course.folder / "class.zip", store="zipped.sqlite")
    assert without_seconds(zipped.results) == without_seconds(grade(course, workers).results)
    assert grade(course, workers, path=course.folder / "class.zip").anew == []


def test_the_same_content_twice_is_two_students_with_the_same_grade(
    course: Course, workers: Executor
) -> None:
    for student in ("an", "bo", "chi"):
        course.hand_in(student, authored.PARTLY)
    done = grade(course, workers)
    assert [(result.student, result.points) for result in done.results] == [
        (student, 8) for student in ("an", "bo", "chi")
    ]
    assert grade(course, workers).anew == []


def test_a_copied_file_never_quotes_the_name_of_the_file_it_was_copied_from(
    course: Course, workers: Executor
) -> None:
    for student in ("an", "bo"):
        course.hand_in(student, authored.CRASH, file=f"{student}.py")
    an, bo = grade(course, workers).results
    assert an.exercises[0].diagnosis is not None and bo.exercises[0].diagnosis is not None
    assert "an.py, line 2" in an.exercises[0].diagnosis.in_language("en")
    assert "bo.py, line 2" in bo.exercises[0].diagnosis.in_language("en")


# ---- The store ---------------------------------------------------------------------------------------------


def test_a_second_run_grades_nothing_anew_and_gives_the_very_same_results(
    course: Course, workers: Executor
) -> None:
    course.hand_in_class()
    first = grade(course, workers)
    assert first.anew == sorted(CLASS)
    second = grade(course, workers)
    assert (second.anew, second.results) == ([], first.results)


def test_only_a_changed_submission_is_graded_again(course: Course, workers: Executor) -> None:
    course.hand_in_class()
    before = grade(course, workers)
    course.hand_in("chi", authored.RIGHT + "# mended\n")
    after = grade(course, workers)
    assert after.anew == ["chi"]
    for old, new in zip(before.results, after.results, strict=True):
        assert new == old or (new.student, new.points) == ("chi", 10)


def test_only_the_assignment_of_a_changed_key_is_graded_again(course: Course, workers: Executor) -> None:
    course.hand_in("an", authored.RIGHT)
    course.hand_in("bo", authored.RIGHT, "relu_again")
    assert grade(course, workers).anew == ["an", "bo"]
    shutil.copy(course.keys / "relu_again.hidden.npz", course.folder / "old.npz")
    authored.draw_keys(course.folder / "solutions", course.folder / "new")
    shutil.copy(course.folder / "new" / "relu_again.hidden.npz", course.keys)
    assert grade(course, workers).anew == ["bo"]
    shutil.copy(course.folder / "old.npz", course.keys / "relu_again.hidden.npz")
    assert grade(course, workers).anew == []


def test_a_key_with_other_texts_grades_nobody_again(course: Course, workers: Executor) -> None:
    course.hand_in("an", authored.TYPICAL)
    before = grade(course, workers)
    path = course.keys / "relu.hidden.npz"
    key = answer_key.load(path)
    (exercise,) = key.exercises
    other = dataclasses.replace(exercise, misconceptions=(answer_key.Hint("slope_only", "别的", "another"),))
    answer_key.save(dataclasses.replace(key, exercises=(other,)), path)
    assert answer_key.load(path).digest != key.digest
    after = grade(course, workers)
    assert (after.anew, after.results) == ([], before.results)
    course.hand_in("bo", authored.TYPICAL + "# later\n")
    hint = grade(course, workers).results[1].exercises[0].hint
    assert hint is not None and hint.in_language("en") == "another"


def test_other_settings_grade_again_and_the_old_ones_are_remembered(
    course: Course, workers: Executor
) -> None:
    course.hand_in("an", authored.RIGHT)
    other = Settings("process", asked_for(cpu_seconds=0.4))
    assert [grade(course, workers, settings).anew for settings in (QUICK, other, QUICK, other)] == [
        ["an"],
        ["an"],
        [],
        [],
    ]


def test_a_judge_error_costs_nothing_and_is_graded_again_next_time(
    course: Course, workers: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("an", authored.TYPICAL)
    course.hand_in("bo", "")

    def fails(task: grade_class.Task, key: Path) -> None:
        raise SandboxError("out of order")

    with monkeypatch.context() as broken:
        broken.setattr(grade_class, "_sandbox", fails)
        an, bo = grade(course, InThisProcess()).results
    assert (an.exercises[0].verdict, an.points, an.has_judge_error) == (Verdict.JE, 10, True)
    assert "out of order" in an.notes[0].in_language("en") and "out of order" in an.notes[0].in_language("zh")
    assert (bo.exercises[0].verdict, bo.points) == (Verdict.MISSING, 0)  # nothing in it needs a sandbox
    again = grade(course, workers)
    assert (again.anew, again.results[0].points) == (["an"], 0)
    assert grade(course, workers).anew == []


def test_what_failed_while_others_ran_is_graded_once_more_alone(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No submission may earn points by what another does to the machine in the meantime."""
    course.hand_in("an", authored.TYPICAL)
    course.hand_in("bo", authored.RIGHT)
    asked: list[str] = []
    works = grade_class._sandbox

    def fails_at_first(task: grade_class.Task, key: Path) -> Sandbox:
        asked.append(task.student)
        if asked == ["an"]:
            raise SandboxError("no process can be started")
        return works(task, key)

    monkeypatch.setattr(grade_class, "_sandbox", fails_at_first)
    an, bo = grade(course, InThisProcess()).results
    assert asked == ["an", "bo", "an"]
    assert (an.points, bo.points, an.has_judge_error) == (0, bo.max_points, False)


def test_what_was_handed_in_anew_meanwhile_is_never_stored_as_what_it_was(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("an", authored.TYPICAL)

    def fails(task: grade_class.Task, key: Path) -> None:
        course.hand_in("an", authored.RIGHT)
        raise SandboxError("no process can be started")

    with monkeypatch.context() as broken:
        broken.setattr(grade_class, "_sandbox", fails)
        (an,) = grade(course, InThisProcess()).results
    assert an.has_judge_error
    course.hand_in("an", authored.TYPICAL)
    (an,) = grade(course, InThisProcess()).results
    assert (an.points, an.has_judge_error) == (0, False)


@pytest.mark.parametrize("after", [1, 4])
def test_an_interrupted_run_goes_on_and_ends_as_if_nothing_had_happened(
    course: Course, workers: Executor, after: int
) -> None:
    course.hand_in_class()

    def interrupt(number: int) -> None:
        if number == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(course, workers, workers=1, on_graded=interrupt)
    rest = grade(course, workers)
    assert len(rest.anew) <= len(CLASS) - after
    undisturbed = grade(course, workers, store="undisturbed.sqlite")
    assert without_seconds(rest.results) == without_seconds(undisturbed.results)


def test_an_exception_in_a_worker_leaves_nothing_waiting(course: Course, workers: Executor) -> None:
    course.hand_in_class()
    files = class_folder.find(course.submitted, None, {"relu"})
    path, key = grade_class.load_keys(course.keys, ["relu"])["relu"]
    keys = {"relu": (path, dataclasses.replace(key, digest="another"))}
    with Store(course.folder / "grades.sqlite") as store, pytest.raises(answer_key.KeyFileError):
        grade_class.grade_class(files, keys, QUICK, store, WorkerPool(workers, lambda: 2, Path.resolve))
    assert grade(course, workers).anew == sorted(CLASS)


# ---- Files that cannot be graded ---------------------------------------------------------------------------


def test_what_cannot_be_read_is_named_and_earns_nothing_while_the_rest_is_graded(
    course: Course, workers: Executor
) -> None:
    course.hand_in("an", authored.RIGHT)
    course.hand_in("bo", "not a notebook", file="relu.ipynb")
    course.hand_in("chi", "{}", file="relu.ipynb")
    course.hand_in("dai", "see my e-mail", file="letter.txt")
    (course.submitted / "e" / "relu").mkdir(parents=True)
    course.hand_in("fan", "").write_bytes(b"\0\xff" * 100)
    course.hand_in("gu", "x" * 6 * 2**20)
    course.hand_in("he", authored.RIGHT)
    done = grade(course, workers)
    points = {result.student: result.points for result in done.results}
    assert points == {"an": 10, "he": 10} | {student: 0 for student in ("bo", "chi", "dai", "e", "fan", "gu")}
    for result in done.results:
        assert len(result.notes) == (0 if result.points else 1), result.student
        assert not any(str(course.folder) in note.in_language("en") for note in result.notes)
        assert result.points or result.exercises[0].verdict is Verdict.MISSING
    assert grade(course, workers).anew == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_graded_when_it_may(course: Course, workers: Executor) -> None:
    course.hand_in("an", authored.RIGHT).chmod(0)
    (forbidden,) = grade(course, workers).results
    assert forbidden.points == 0 and "ermission" in forbidden.notes[0].in_language("en")
    (course.submitted / "an" / "relu" / "relu.py").chmod(0o600)
    assert grade(course, workers).results[0].points == 10


def test_a_damaged_member_of_a_zip_costs_only_itself(course: Course, workers: Executor) -> None:
    path = course.folder / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for student in ("an", "bo", "chi"):
            archive.writestr(f"{student}/relu/relu.py", authored.RIGHT + f"# {student}")
        damaged = archive.getinfo("bo/relu/relu.py")
    content = bytearray(path.read_bytes())
    start = damaged.header_offset + 30 + len(damaged.filename)
    for kind, patch in (("damaged", b"\xff" * damaged.compress_size), ("wrong sum", None)):
        broken = bytearray(content)
        if patch is not None:
            broken[start : start + len(patch)] = patch
        else:
            offset = content.index(damaged.CRC.to_bytes(4, "little"), start)  # in the directory at the end
            broken[offset] ^= 1
        path.write_bytes(bytes(broken))
        results = grade(course, workers, path=path, store=f"{kind}.sqlite").results
        assert [result.points for result in results] == [10, 0, 10], kind
        assert len(results[1].notes) == 1


# ---- The database ------------------------------------------------------------------------------------------

KEY = StoreKey("submission", "key", "engine")


def stored(printed: str) -> SubmissionResult:
    """A result with every kind of text in it."""
    author, sign = Authored("作者的话", "an author's words"), Verbatim("δ")
    hint = say("idea.whole", hint=say("idea.both", first=author, second=sign))
    seen = joined([say("symptom.list_entry", n=1, index=0), "x"], "list.lines")
    groups = (GroupResult("g", 0.5, 2, (CaseResult(Verdict.WA, 0.25), CaseResult(Verdict.AC, 0.0))),)
    exercise = ExerciseResult("f", Verdict.WA, "a+b", seen, hint, groups)
    return SubmissionResult(
        "an", "a", "an.py", "process", 1.0, (exercise,), (say("note.and_more", count=2),), printed
    )


def test_a_database_of_an_earlier_version_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    with Store(path) as store:
        store.put(KEY, stored("now"))
        store._connection.execute("PRAGMA user_version = 0")
    with pytest.raises(StoreError, match="once more"):
        Store(path, read_only=True)
    with Store(path) as store:
        assert store.get(KEY) is None and not store.is_final(KEY)


def test_a_result_of_unknown_messages_is_one_clear_sentence(tmp_path: Path) -> None:
    """Such as a newer version's: nothing is shown half."""
    with Store(tmp_path / "results.sqlite") as store:
        for id, values in (("symptom.of_tomorrow", {}), ("note.and_more", {})):
            store.put(KEY, dataclasses.replace(stored(""), notes=(Message(id, values),)))
            with pytest.raises(StoreError, match="cannot be read"):
                store.get(KEY)


def test_what_is_put_is_there_again_after_the_database_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.sqlite"
    with Store(path) as store:
        assert store.get(KEY) is None
        store.put(KEY, stored("卷积"))
        store.put(KEY, stored("残差"))
    with Store(path) as store:
        assert store.get(KEY) == stored("残差")
        assert store.get(KEY._replace(engine="another")) is None


def text_file(path: Path) -> None:
    path.write_text("student,points\n" * 100)


def folder(path: Path) -> None:
    path.mkdir()


def table_of_another_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE results (name TEXT)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("make", [text_file, folder, table_of_another_program])
def test_a_file_that_is_no_results_database_is_one_clear_sentence(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "results.sqlite"
    make(path)
    with pytest.raises(StoreError) as raised:
        Store(path)
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    text_file(tmp_path / "grades")
    with pytest.raises(StoreError, match="results database"):
        Store(tmp_path / "grades" / "results.sqlite")


def test_a_full_or_locked_database_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    with Store(tmp_path / "results.sqlite") as store:
        store.put(KEY, stored("1"))
        store._connection.execute("PRAGMA query_only = 1")
        with pytest.raises(StoreError, match="cannot be written"):
            store.put(KEY, stored("2"))
        assert store.get(KEY) == stored("1")


def test_a_submission_is_read_once_kept_once_and_read_back_once_for_the_reports(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On its way through a run: one reading of the file, one record, one encoding for the store; a second run
    decodes for the reports alone."""
    course.hand_in_class()
    counts: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(value: Any, *more: Any, **named: Any) -> Any:
            counts[name] += name not in ("encoded", "decoded") or SubmissionResult in (type(value), *more)
            return function(value, *more, **named)

        return call

    for where, what, name in (
        (source, "read", "parsed"),
        (store, "encode", "encoded"),
        (store, "decode", "decoded"),
        (result_json, "shown", "shown"),
    ):
        monkeypatch.setattr(where, what, counted(name, getattr(where, what)))
    monkeypatch.setattr(json_file, "shown", result_json.shown)
    for anew in (len(CLASS), 0):
        counts.clear()
        files = class_folder.find(course.submitted, None, grade_class.known_assignments(course.keys))
        keys = grade_class.load_keys(course.keys, ["relu"])
        with Store(course.folder / "results.sqlite") as opened:
            pool = WorkerPool(InThisProcess(), lambda: 2, Path.resolve)
            grade_class.grade_class(files, keys, QUICK, opened, pool)
            results = grade_class.class_results(opened)
            output.write(results, ["relu_backward"], course.folder / "out", "en", as_json=False)
        assert counts == Counter(parsed=anew, encoded=anew, decoded=len(CLASS), shown=len(CLASS))
