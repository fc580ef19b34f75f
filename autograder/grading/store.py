"""The results database: one SQLite file in the output folder.

`grade_class` writes it; the commands and reports read it. A result is kept under what it depends on: the
content of the submission, what of the answer key decides points, and the engine with its settings. So grading
again grades only what has changed, and a run that was killed continues where it stopped. A second table holds
the class that was graded last: whose file has which result; a third, which result each student's assignment
had last, so that a run can say which points it has changed. No result is ever deleted, and one that was
damaged counts as not stored.
"""

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from autograder.base.messages import Message, Text, TextError, say
from autograder.judging.result_json import SCHEMA, decode, encode
from autograder.judging.results import About, Change, SubmissionResult


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
    changes: tuple[Change, ...] = ()

    def named(self, result: SubmissionResult) -> SubmissionResult:
        """`result` of the member's file, with the member's name, notes and changes."""
        return replace(
            result,
            student=self.student,
            assignment=self.assignment,
            file=self.file,
            notes=self.notes + result.notes,
            key=self.key.answer_key,
            changes=self.changes,
        )


class Store:
    """An open database. Use it as a context manager; results are safe on disk when `put` returns.

    Parameters
    ----------
    read_only : bool
        Read existing results only; works in a folder without write permission.

    Attributes
    ----------
    older : bool
        An earlier version of the program had written it: its results are kept, and graded again.

    Raises
    ------
    StoreError
        The file cannot be opened or written.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            self._connection, self.older = (_reading(path), False) if read_only else _writing(path)
            self._connection.text_factory = lambda data: data.decode(errors="replace")
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
        """The result under `key`; None where there is none that can be read."""
        row = self._row(key)
        return None if row is None else self._read(key, *row[:2])

    def _read(self, key: StoreKey, content: Any, digest: Any) -> SubmissionResult | None:
        """A result; None where it cannot be read, and is to be graded again then."""
        if not _sound(content, digest):
            return None
        try:
            return decode(content, SubmissionResult)
        except ValueError:  # undamaged, but with a message that is no more
            with contextlib.suppress(sqlite3.Error):
                where = "submission = ? AND answer_key = ? AND engine = ?"
                self._connection.execute(f"UPDATE results SET final = 0 WHERE {where}", key)
            return None

    def is_final(self, key: StoreKey) -> bool:
        """Whether there is an undamaged result that is no judge error: that one is to be tried again."""
        row = self._row(key)
        return row is not None and _sound(*row[:2]) and bool(row[2])

    def _row(self, key: StoreKey) -> Any:
        where = "submission = ? AND answer_key = ? AND engine = ?"
        with self._translating_errors("store.unreadable"):
            return self._connection.execute(
                f"SELECT result, digest, final FROM results WHERE {where}", key
            ).fetchone()

    def put(self, key: StoreKey, result: SubmissionResult) -> None:
        """Keep a result; it replaces an older one under the same key."""
        with self._translating_errors("store.unwritable"):
            content = encode(result)
            self._connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)",
                (*key, not result.has_judge_error, content, zlib.crc32(content)),
            )

    def keep_class(self, members: Iterable[Member], about: Mapping[str, About]) -> None:
        """Remember who belongs to the class that was graded, in order, what has changed since each was
        graded before, and what the course says of its assignments; it replaces an older class."""
        with self._translating_errors("store.unwritable"), self._connection:
            self._connection.execute("BEGIN")
            rows = self._connection.execute(
                "SELECT student, assignment, submission, answer_key, engine FROM last"
            )
            last = {(student, assignment): StoreKey(*key) for student, assignment, *key in rows}
            self._connection.execute("DELETE FROM class")
            said = [(name, encode(text)) for name, text in about.items()]
            self._connection.executemany("INSERT OR REPLACE INTO assignments VALUES (?, ?)", said)
            for m in members:
                former = last.get((m.student, m.assignment), m.key)
                changes = encode(self._changes(former, m.key))
                self._connection.execute(
                    "INSERT INTO class (student, assignment, file, submission, answer_key, engine, notes, "
                    "changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (m.student, m.assignment, m.file, *m.key, encode(m.notes), changes),
                )
                if (former != m.key or (m.student, m.assignment) not in last) and self.is_final(m.key):
                    row = (m.student, m.assignment, *m.key)
                    self._connection.execute("INSERT OR REPLACE INTO last VALUES (?, ?, ?, ?, ?)", row)

    def _changes(self, former: StoreKey, key: StoreKey) -> tuple[Change, ...]:
        """The exercises whose points differ between two results, and why."""
        if former == key or (old := self.get(former)) is None or (new := self.get(key)) is None:
            return ()
        names = ("file", "key", "engine")
        why = tuple(name for name, a, b in zip(names, former, key, strict=True) if a != b)
        before, after = ({each.name: each.earned for each in result.exercises} for result in (old, new))
        points = [(name, before.get(name), after.get(name)) for name in {**before, **after}]
        return tuple(Change(name, was, now, why) for name, was, now in points if was != now)

    def graded_class(self) -> Iterator[SubmissionResult]:
        """The results of the class that was graded last, one by one, each with its student's name."""
        with self._translating_errors("store.unreadable"):
            about: dict[str, About] = {}
            if "assignments" in _tables(self._connection):
                for name, said in self._connection.execute("SELECT name, about FROM assignments"):
                    about[name] = decode(said, About)
            rows = self._connection.execute(
                "SELECT student, assignment, file, submission, answer_key, engine, notes, changes, result, "
                "digest FROM class LEFT JOIN results USING (submission, answer_key, engine) ORDER BY position"
            )
            for row in rows:
                member = _member(row[:8])
                result = self._read(member.key, *row[8:]) if member else None
                if member is None or result is None:
                    of = {"file": self.path, "student": row[0], "assignment": row[1]}
                    raise StoreError(say("store.row_unreadable", **of))
                yield replace(member.named(result), about=about.get(member.assignment, result.about))

    @contextlib.contextmanager
    def _translating_errors(self, id: Literal["store.unreadable", "store.unwritable"]) -> Iterator[None]:
        """Raise what the database complains of as a `StoreError` with the message `id`."""
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(Message(id, {"file": str(self.path), "error": str(error)})) from error


def _sound(content: Any, digest: Any) -> bool:
    """Whether a result is the one that was written."""
    return isinstance(content, bytes) and zlib.crc32(content) == digest


def _member(row: tuple[Any, ...]) -> Member | None:
    """A row of the class; None where it is damaged."""
    *names, notes, changes = row
    if not all(isinstance(name, str) for name in names):
        return None
    student, assignment, file, *key = names
    try:
        told = decode(notes, tuple[Text, ...]), decode(changes, tuple[Change, ...])
    except ValueError:
        return None
    return Member(student, assignment, file, StoreKey(*key), *told)


def _writing(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the database at `path`, or create it; also whether it was an earlier version's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    schema = _schema(connection)
    if schema > SCHEMA:
        raise StoreError(say("store.newer"))
    older = schema < SCHEMA and "results" in _tables(connection)
    if older:
        connection.execute("SELECT submission, answer_key, engine FROM results LIMIT 0")  # else not ours
        if schema != _MIGRATED:  # what it says cannot be read any more, but it stays
            for table in {"results", "class"} & _tables(connection):
                connection.execute(f"ALTER TABLE {table} RENAME TO {table}_{schema}")
        else:
            connection.create_function("crc32", 1, zlib.crc32)
            connection.execute("ALTER TABLE results ADD COLUMN digest INTEGER")
            connection.execute("UPDATE results SET digest = crc32(result) WHERE typeof(result) = 'blob'")
            connection.execute("ALTER TABLE class ADD COLUMN changes BLOB")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS results (submission TEXT, answer_key TEXT, engine TEXT, final INTEGER, "
        "result BLOB, digest INTEGER, PRIMARY KEY (submission, answer_key, engine)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS class (position INTEGER PRIMARY KEY, student TEXT, assignment TEXT, "
        "file TEXT, submission TEXT, answer_key TEXT, engine TEXT, notes BLOB, changes BLOB)"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS last (student TEXT, assignment TEXT, submission TEXT, answer_key TEXT, "
        "engine TEXT, PRIMARY KEY (student, assignment)) WITHOUT ROWID"
    )
    connection.execute("CREATE TABLE IF NOT EXISTS assignments (name TEXT PRIMARY KEY, about BLOB)")
    if older and schema == _MIGRATED:
        connection.execute(
            "INSERT OR IGNORE INTO last SELECT student, assignment, submission, answer_key, engine FROM class"
        )
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")
    return connection, older


_MIGRATED = 2
"""The earlier schema whose records can still be read."""


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
