"""The results database: what it keeps, what damage it survives, what it tells of changed points."""

import contextlib
import dataclasses
import importlib.metadata
import shutil
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from autograder.base.messages import Authored, Message, Verbatim, joined, say
from autograder.grading import engine, grade_class, store
from autograder.grading.executors import WorkerPool
from autograder.grading.store import Store, StoreError, StoreKey
from autograder.judging import answer_key, judge, result_json
from autograder.judging.results import CaseResult, ExerciseResult, GroupResult, SubmissionResult, Verdict
from autograder.reports import json_file, output
from autograder.submissions import class_folder, source
from tests import authored
from tests.graded_classes import CLASS, QUICK, Course, InThisProcess, grade, without_seconds


@pytest.fixture
def course(graded_course: Course) -> Course:
    return graded_course


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


def test_a_database_of_an_old_version_is_begun_anew_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    with Store(path) as store:
        store.put(KEY, stored("now"))
        store._connection.execute("PRAGMA user_version = 0")
    with pytest.raises(StoreError, match="once more"):
        Store(path, read_only=True)
    with Store(path) as store:
        assert store.older and store.get(KEY) is None and not store.is_final(KEY)
        assert store._connection.execute("SELECT count(*) FROM results_0").fetchone() == (1,)
    with Store(path) as store:
        assert not store.older


def test_the_results_of_the_version_before_are_kept_and_compared(course: Course, workers: Executor) -> None:
    """What that version did not know of the engine makes it another one."""
    course.hand_in("an", authored.TYPICAL)
    (file,) = class_folder.find(course.submitted, None, {"relu"}).files
    path = course.folder / "grades" / "results.sqlite"
    path.parent.mkdir()
    old = sqlite3.connect(path)
    old.execute(
        "CREATE TABLE results (submission TEXT, answer_key TEXT, engine TEXT, final INTEGER, result BLOB, "
        "PRIMARY KEY (submission, answer_key, engine)) WITHOUT ROWID"
    )
    old.execute(
        "CREATE TABLE class (position INTEGER PRIMARY KEY, student TEXT, assignment TEXT, file TEXT, "
        "submission TEXT, answer_key TEXT, engine TEXT, notes BLOB)"
    )
    digest = grade_class._digest(file, file.read(), None)
    key = (digest, answer_key.deciding(answer_key.load(course.keys / "relu.hidden.npz")), "0.1.0 process")
    groups = (GroupResult("g", 10, 10, (CaseResult(Verdict.AC, 0.0),)),)
    exercise = ExerciseResult("relu_backward", Verdict.AC, None, None, None, groups)
    record = result_json.to_data(SubmissionResult("an", "relu", "an.py", "process", 1.0, (exercise,)))
    for name in ("engine", "key", "changes"):
        del record[name]
    old.execute("INSERT INTO results VALUES (?, ?, ?, 1, ?)", (*key, result_json.encode(record)))
    old.execute("INSERT INTO class VALUES (1, 'an', 'relu', 'an.py', ?, ?, ?, '[]')", key)
    old.execute("PRAGMA user_version = 2")
    old.commit()
    old.close()
    done = grade(course, workers)
    assert (done.anew, changes_of(course)) == (["an"], [("an", "relu_backward", 10, 0, ("engine",))])
    with Store(path) as store:
        former = store.get(StoreKey(*key))
        assert not store.older and former is not None and former.points == 10


def changes_of(course: Course) -> list[tuple[Any, ...]]:
    with Store(course.folder / "grades" / "results.sqlite") as store:
        return [
            (result.student, *dataclasses.astuple(change))
            for result in store.graded_class()
            for change in result.changes
        ]


def test_a_run_tells_which_points_it_has_changed_and_why(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared with the last grade of each student's assignment, whatever class it was graded in."""
    course.hand_in("an", authored.RIGHT)
    course.hand_in("bo", authored.TYPICAL)
    course.hand_in("bo", authored.RIGHT, "relu_again")
    here = InThisProcess()
    grade(course, here)
    assert grade(course, here).anew == changes_of(course) == []

    course.hand_in("an", authored.PARTLY)
    shutil.copytree(course.submitted / "an", course.folder / "part" / "an")
    grade(course, here, path=course.folder / "part")
    assert changes_of(course) == [("an", "relu_backward", 10, 8, ("file",))]
    assert grade(course, here).anew == changes_of(course) == []

    works = judge._judge_case
    monkeypatch.setattr(engine, "digest", lambda *about: "stricter")
    engine.engine.cache_clear()
    monkeypatch.setattr(
        judge, "_judge_case", lambda *about: dataclasses.replace(works(*about), verdict=Verdict.WA)
    )
    assert grade(course, here).anew == ["an", "bo", "bo"]
    assert changes_of(course) == [
        ("an", "relu_backward", 8, 0, ("engine",)),
        ("bo", "relu_backward", 10, 0, ("engine",)),
    ]
    monkeypatch.undo()
    engine.engine.cache_clear()
    assert grade(course, here).anew == []  # the former results are still there
    assert changes_of(course) == [
        ("an", "relu_backward", 0, 8, ("engine",)),
        ("bo", "relu_backward", 0, 10, ("engine",)),
    ]


DAMAGE = {
    "nothing": "NULL",
    "an empty blob": "x''",
    "a number": "5",
    "a text": "'words'",
    "no JSON": "x'ff00ff'",
    "another program's JSON": "CAST('{\"a\": 1}' AS BLOB)",
    "half of it": "substr(result, 1, length(result) / 2)",
    "another number of points": "CAST(replace(CAST(result AS TEXT), '\"points\":8', '\"points\":9') AS BLOB)",
    "wrong types": 'CAST(replace(CAST(result AS TEXT), \'"seconds":\', \'"seconds":"x","y":\') AS BLOB)',
    "deep": f"CAST('{'[' * 5000}' AS BLOB)",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_result_counts_as_not_stored(course: Course, how: str) -> None:
    """`report` says which it is, and the next run grades it again and nothing else."""
    course.hand_in("an", authored.RIGHT)
    course.hand_in("bo", authored.TYPICAL)
    before = grade(course, InThisProcess()).results
    path = course.folder / "grades" / "results.sqlite"
    with Store(path) as store:
        (key,) = store._connection.execute("SELECT submission FROM class WHERE student = 'an'").fetchone()
        store._connection.execute(f"UPDATE results SET result = {DAMAGE[how]} WHERE submission = ?", (key,))
    with Store(path, read_only=True) as store, pytest.raises(StoreError, match="of an, relu is damaged"):
        list(store.graded_class())
    done = grade(course, InThisProcess())
    assert (done.anew, without_seconds(done.results)) == (["an"], without_seconds(before))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE class SET student = NULL",
        "UPDATE class SET assignment = CAST(x'ff' AS TEXT)",
        "UPDATE class SET notes = NULL",
        "UPDATE class SET notes = CAST('[{}]' AS BLOB)",
        "UPDATE class SET changes = 'x'",
        "UPDATE class SET engine = NULL",
        "DELETE FROM results",
        "UPDATE results SET final = 'x', digest = NULL",
        "UPDATE last SET submission = NULL",
        "DROP TABLE last",
    ],
)
def test_a_damaged_table_is_one_sentence_and_grading_again_mends_it(course: Course, damage: str) -> None:
    course.hand_in("an", authored.RIGHT)
    (before,) = grade(course, InThisProcess()).results
    path = course.folder / "grades" / "results.sqlite"
    with Store(path) as store:
        store._connection.execute(damage)
    with contextlib.suppress(StoreError), Store(path, read_only=True) as store:
        list(store.graded_class())
    (after,) = grade(course, InThisProcess()).results
    assert without_seconds([after]) == without_seconds([before])
    with Store(path, read_only=True) as store:
        assert [result.points for result in store.graded_class()] == [10]


def test_a_newer_versions_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    with Store(path) as store:
        store.put(KEY, stored("now"))
        store._connection.execute(f"PRAGMA user_version = {result_json.SCHEMA + 1}")
    with pytest.raises(StoreError, match="newer version"):
        Store(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone() == (1,)


def test_a_result_of_unknown_messages_counts_as_not_stored(tmp_path: Path) -> None:
    """Such as a message that was removed: nothing is shown half."""
    with Store(tmp_path / "results.sqlite") as store:
        for id, values in (("symptom.of_tomorrow", {}), ("note.and_more", {})):
            store.put(KEY, dataclasses.replace(stored(""), notes=(Message(id, values),)))
            assert store.get(KEY) is None and not store.is_final(KEY)


def test_the_engines_digest_is_that_of_what_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module that judging loads counts; sentences, pages and what runs elsewhere do not."""
    package = tmp_path / "autograder"
    shutil.copytree(Path(grade_class.__file__).parents[1], package, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.setattr("importlib.resources.files", lambda name: tmp_path / name)

    def digest() -> str:
        engine.digest.cache_clear()
        return engine.digest("cnn")

    first = digest()
    for name in ("cli/grade.py", "base/locale/en.json", "cnn/locale/zh.json", "cnn/explorer/page.py"):
        with (package / name).open("a") as file:
            file.write("\n")
        assert digest() == first, name
    for name in (
        "judging/judge.py",
        "judging/diagnosis/cells.py",
        "sandbox/runner.py",
        "submissions/source.py",
        "submissions/missing.py",
        "cnn/comparators.py",
        "cnn/derivations/notation/equations.lark",
    ):
        with (package / name).open("a") as file:
            file.write("\n")
        assert digest() != first, name
        first = digest()
    archive = Path(shutil.make_archive(str(tmp_path / "engine"), "zip", tmp_path, "autograder"))
    monkeypatch.setattr("importlib.resources.files", lambda name: zipfile.Path(archive, f"{name}/"))
    assert digest() == first
    engine.digest.cache_clear()


def test_the_version_of_a_module_that_the_course_allows_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.digest.cache_clear()
    digests = {engine.digest("", ()), engine.digest("", ("jinja2",))}
    real = importlib.metadata.version
    monkeypatch.setattr("importlib.metadata.version", lambda name: real(name) + ".post1")
    engine.digest.cache_clear()
    digests |= {engine.digest("", ()), engine.digest("", ("jinja2",))}
    engine.digest.cache_clear()
    assert len(digests) == 3


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
    decodes for the reports alone. Only what names no exercise is read by the intake, too, which tells why."""
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
        files = class_folder.find(course.submitted, None, *grade_class.known_assignments(course.keys)).files
        assert counts.pop("parsed") == sum("relu" not in text for text, *_ in CLASS.values())
        keys = grade_class.load_keys(course.keys, ["relu"])
        with Store(course.folder / "results.sqlite") as opened:
            pool = WorkerPool(InThisProcess(), lambda: 2, Path.resolve)
            grade_class.grade_class(files, keys, QUICK, opened, pool)
            results = opened.graded_class()
            output.write(results, ["relu_backward"], course.folder / "out", "en", as_json=False)
        assert counts == Counter(parsed=anew, encoded=anew, decoded=len(CLASS), shown=len(CLASS))
