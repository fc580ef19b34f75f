"""Grading a whole class: real sandboxes, real worker processes, the store."""

import dataclasses
import multiprocessing
import os
import shutil
import zipfile
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.grading import grade_class
from autograder.grading.engine import Settings
from autograder.grading.executors import WorkerPool
from autograder.grading.store import Store
from autograder.judging import answer_key
from autograder.judging.results import Verdict
from autograder.sandbox.client import Sandbox, SandboxError
from autograder.sandbox.limits import asked_for
from autograder.sandbox.records import Isolation
from autograder.submissions import class_folder
from tests import authored
from tests.graded_classes import CLASS, QUICK, Course, InThisProcess, grade, without_seconds
from tests.sandboxes import BUBBLEWRAP


@pytest.fixture
def course(graded_course: Course) -> Course:
    return graded_course


# ---- A class -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["process", BUBBLEWRAP])
def test_a_class_earns_what_it_should(course: Course, workers: Executor, isolation: Isolation) -> None:
    course.hand_in_class()
    results = grade(course, workers, Settings(isolation, QUICK.limits)).results
    earned = {result.student: (result.points, result.exercises[0].verdict) for result in results}
    assert earned == {student: (points, verdict) for student, (_, points, verdict) in CLASS.items()}
    for result in results:
        assert (result.assignment, result.isolation.removesuffix("+cgroup"), result.max_points) == (
            "relu",
            isolation,
            10,
        )
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
    assert an.exercises[0].detail is not None and bo.exercises[0].detail is not None
    assert "an.py, line 2" in an.exercises[0].detail.in_language("en")
    assert "bo.py, line 2" in bo.exercises[0].detail.in_language("en")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.sampled_from(sorted(CLASS)), min_size=1, unique=True),
    folders=st.permutations(["anna", "李娜", "z", "a b", "2021001", "Ω", "o'neil", "x-y"]),
    file=st.sampled_from(["relu.py", "relu (1).py", "Relu_final_v2.py", "relu-副本.py"]),
    stop=st.none() | st.integers(1, 3),
    jobs=st.integers(1, 3),
)
def test_points_are_those_of_the_submission_whatever_else_is_handed_in_and_happens(
    course: Course,
    workers: Executor,
    order: list[str],
    folders: list[str],
    file: str,
    stop: int | None,
    jobs: int,
) -> None:
    """Classmates, their order, names of people and files, and a run that was interrupted decide nothing."""
    shutil.rmtree(course.submitted, ignore_errors=True)
    shutil.rmtree(course.folder / "grades", ignore_errors=True)
    expected = {}
    for student, folder in zip(order, folders, strict=False):
        text, points, verdict = CLASS[student]
        course.hand_in(folder, text, file=file)
        expected[folder] = (points, verdict)

    def interrupt(number: int) -> None:
        if number == stop:
            raise KeyboardInterrupt

    if stop is not None and stop <= len(order):
        with pytest.raises(KeyboardInterrupt):
            grade(course, workers, on_graded=interrupt, workers=jobs)
    results = grade(course, workers, workers=jobs).results
    assert {result.student: (result.points, result.exercises[0].verdict) for result in results} == expected


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


def test_who_is_to_be_graded_again_is_and_a_judge_error_replaces_no_grade(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("an", authored.RIGHT)
    course.hand_in("bo", authored.PARTLY)
    first = grade(course, InThisProcess())
    second = grade(course, InThisProcess(), again=["bo"])
    assert second.anew == ["bo"] and second.results[0] == first.results[0]
    assert second.results[1].seconds != first.results[1].seconds

    def fails(task: grade_class.Task, key: Path) -> None:
        raise SandboxError("out of order")

    monkeypatch.setattr(grade_class, "_sandbox", fails)
    third = grade(course, InThisProcess(), again=["an", "bo"])
    assert (third.anew, third.results) == ([], second.results)


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


def test_a_judge_error_is_no_grade_and_is_graded_again_next_time(
    course: Course, workers: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("an", authored.TYPICAL)
    course.hand_in("bo", "")

    def fails(task: grade_class.Task, key: Path) -> None:
        raise SandboxError("out of order")

    with monkeypatch.context() as broken:
        broken.setattr(grade_class, "_sandbox", fails)
        an, bo = grade(course, InThisProcess()).results
    assert (an.exercises[0].verdict, an.earned, an.has_judge_error) == (Verdict.JE, None, True)
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
    files = class_folder.find(course.submitted, None, {"relu"}).files
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
