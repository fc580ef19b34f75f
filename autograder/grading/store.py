"""The results database: one SQLite file in the output folder.

`grade_class` writes it; the commands and reports read it. A result is kept under what it depends on: the
content of the submission, what of the answer key decides points, and the engine with its settings. So grading
again grades only what has changed, and a run that was killed continues where it stopped. A second table holds
the class that was graded last: whose file has which result.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from autograder.base.messages import Message, Text, TextError, say
from autograder.judging.result_json import SCHEMA, decode, encode
from autograder.judging.results import SubmissionResult


class StoreKey(NamedTuple):
    """What a result depends on: three digests."""

    submission: str
    answer_key: str
    engine: str


class Member(NamedTuple):
    """A student's file in the class that was graded last, and where its result is."""

    student: str
    assignment: str
    file: str
    key: StoreKey
    notes: tuple[Text, ...]
    """Shown before the notes of the result."""

    def named(self, result: SubmissionResult) -> SubmissionResult:
        """`result` of the member's file, with the member's name and notes."""
        notes = self.notes + result.notes
        return replace(result, student=self.student, assignment=self.assignment, file=self.file, notes=notes)


class Store:
    """An open database. Use it as a context manager; results are safe on disk when `put` returns.

    Parameters
    ----------
    read_only : bool
        Read existing results only; works in a folder without write permission.

    Raises
    ------
    StoreError
        The file cannot be opened or written.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            self._connection = _reading(path) if read_only else _writing(path)
            self.is_final(StoreKey("", "", ""))  # another program's table of this name would fail here
        except (sqlite3.Error, StoreError, OSError) as error:
            reason = say("store.in_the_way") if isinstance(error, FileExistsError) else str(error)
            reason = error.text if isinstance(error, StoreError) else reason
            raise StoreError(say("store.unusable", file=path, reason=reason)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, key: StoreKey) -> SubmissionResult | None:
        row = self._row("result", key)
        with self._translating_errors("store.unreadable"):
            return None if row is None else decode(row[0], SubmissionResult)

    def is_final(self, key: StoreKey) -> bool:
        """Whether there is a result that is no judge error: that one is to be tried again."""
        row = self._row("final", key)
        return row is not None and bool(row[0])

    def _row(self, column: str, key: StoreKey) -> Any:
        where = "submission = ? AND answer_key = ? AND engine = ?"
        with self._translating_errors("store.unreadable"):
            return self._connection.execute(f"SELECT {column} FROM results WHERE {where}", key).fetchone()

    def put(self, key: StoreKey, result: SubmissionResult) -> None:
        """Keep a result; it replaces an older one under the same key."""
        with self._translating_errors("store.unwritable"):
            self._connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)",
                (*key, not result.has_judge_error, encode(result)),
            )

    def keep_class(self, members: Iterable[Member]) -> None:
        """Remember who belongs to the class that was graded, in order; it replaces an older class."""
        with self._translating_errors("store.unwritable"), self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute("DELETE FROM class")
            self._connection.executemany(
                "INSERT INTO class (student, assignment, file, submission, answer_key, engine, notes) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((m.student, m.assignment, m.file, *m.key, encode(m.notes)) for m in members),
            )

    def graded_class(self) -> Iterator[SubmissionResult]:
        """The results of the class that was graded last, one by one, each with its student's name."""
        with self._translating_errors("store.unreadable"):
            rows = self._connection.execute(
                "SELECT student, assignment, file, submission, answer_key, engine, notes, result FROM class "
                "JOIN results USING (submission, answer_key, engine) ORDER BY position"
            )
            for student, assignment, file, *key, notes, result in rows:
                member = Member(student, assignment, file, StoreKey(*key), decode(notes, tuple[Text, ...]))
                yield member.named(decode(result, SubmissionResult))

    @contextlib.contextmanager
    def _translating_errors(self, id: Literal["store.unreadable", "store.unwritable"]) -> Iterator[None]:
        """Raise what the database complains of as a `StoreError` with the message `id`."""
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(Message(id, {"file": str(self.path), "error": str(error)})) from error


def _writing(path: Path) -> sqlite3.Connection:
    """Open the database at `path`, or create it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if _schema(connection) != SCHEMA:  # an earlier version's results, which this one would not use
        if "results" in _tables(connection):
            connection.execute("SELECT submission, answer_key, engine FROM results LIMIT 0")  # else not ours
        connection.execute("DROP TABLE IF EXISTS results")
        connection.execute("DROP TABLE IF EXISTS class")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS results (submission TEXT, answer_key TEXT, engine TEXT, "
        "final INTEGER, result BLOB, PRIMARY KEY (submission, answer_key, engine)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS class (position INTEGER PRIMARY KEY, student TEXT, "
        "assignment TEXT, file TEXT, submission TEXT, answer_key TEXT, engine TEXT, notes BLOB)"
    )
    return connection


def _reading(path: Path) -> sqlite3.Connection:
    """Open the database at `path` for reading.

    In this journal mode SQLite creates two files beside the database, and a reader without write permission
    could not remove them. Such a reader says `immutable`, so that none are made; unless there is a `-wal`
    file, which holds what is not yet in the database.
    """
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        mode = "rw"
    else:
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    if not _tables(connection) >= {"results", "class"}:
        raise StoreError(say("store.empty"))
    if _schema(connection) != SCHEMA:
        raise StoreError(say("store.of_another_version"))
    return connection


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def _schema(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


class StoreError(TextError):
    """The database cannot be used."""
