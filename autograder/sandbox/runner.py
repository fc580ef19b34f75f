"""Execute one submission and make the calls, in the student's own process.

The warden calls `run` in a fork, after all rights have been given up. Nothing that this process reports is
trusted: the grader parses it as plain data and compares values on its own side. What leaves is a sequence of
frames on one pipe::

    type (1 byte) · uint32 length · payload
    b"S"                               confined; student code runs from here on (sent by the warden's fork)
    b"B" call index                    the call begins (the warden starts the clock of that call)
    b"R" call index · outcome          what `message` returns
    b"N" values message                a statement of the submission failed while loading
    b"E"                               the end

They must come in this order: S, a few N, then B and R for each call, then E. Standard library and NumPy only.
"""

import ast
import builtins
import contextlib
import inspect
import itertools
import mmap
import os
import struct
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.values import Formula, ValuesError, dumps

FRAME = struct.Struct("<cI")
SECONDS = struct.Struct("<d")
PROGRESS = struct.Struct("<IdId")
"""While loading: the statement that runs (from 1), when it began; the longest until then, how long it took.
In memory that the warden reads when it stops the run; seconds are processor seconds."""
MODULE = "submission"
MAX_TEXT = 300
MAX_NOTES = 20

Statement = tuple[str, str, int]
"""(source, where, line): one top-level statement, the label of its file or cell, its first line there."""

Result = tuple[Any, list[int], bool] | dict[str, Any]
"""An answer as (value, positions of changed arguments, shares memory?), or a failure as plain data."""


def run(
    statements: list[Statement],
    calls: list[dict[str, Any]],
    wanted: list[int],
    pipe: int,
    progress: mmap.mmap,
) -> None:
    """Load the submission, make the calls `wanted` of `calls` in order, and write frames to `pipe`."""

    waiting = b""  # an outcome is sent together with the next frame: one system call in place of two

    def send(kind: bytes, payload: bytes = b"") -> None:
        nonlocal waiting
        view = memoryview(waiting + FRAME.pack(kind, len(payload)) + payload)
        waiting = b""
        while view:
            view = view[os.write(pipe, view) :]

    submission = Loaded(statements, send, progress)
    for index in wanted:
        number = struct.pack("<I", index)
        send(b"B", number)
        outcome = number + message(*submission.call(calls[index]))
        waiting = FRAME.pack(b"R", len(outcome)) + outcome
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    send(b"E")


def message(seconds: float, result: Result) -> bytes:
    """The outcome of a call as bytes; "unsendable" where its value cannot be encoded.

    An answer: float64 processor seconds · b"A" · 1 byte, shares memory? · 1 byte, how many arguments changed
    · their positions, 1 byte each · values message. A failure: float64 seconds · b"M" · values message. The
    seconds come first, so that what follows is the same for equal answers.
    """
    try:
        if isinstance(result, dict):
            encoded = b"M" + dumps(result)
        else:
            value, changed, shares = result
            encoded = b"".join((b"A", bytes((shares, len(changed), *changed)), dumps(value)))
    except MemoryError:
        encoded = b"M" + dumps({"status": "raised", "exception": "MemoryError"})
    except BaseException as error:
        text = error.what[:MAX_TEXT] if isinstance(error, ValuesError) else ""
        encoded = b"M" + dumps({"status": "unsendable", "text": text})
    return SECONDS.pack(seconds) + encoded


class Loaded:
    """A submission's module, filled by executing its statements one by one.

    A statement that fails does not stop the others: an honest notebook may hold a broken demo between two
    right functions.
    """

    def __init__(
        self,
        statements: list[Statement],
        send: Callable[[bytes, bytes], None],
        progress: mmap.mmap | bytearray | None = None,
    ) -> None:
        self.module = types.ModuleType(MODULE)
        sys.modules[MODULE] = self.module
        self.labels = {where for _, where, _ in statements}
        self.not_importable: dict[str, str] = {}
        """Names that a failed import would have bound, with the missing module."""
        notes = futures = longest = 0
        most, ended, seconds = 0.0, time.process_time(), time.process_time  # a submission may replace it
        progress = bytearray(PROGRESS.size) if progress is None else progress
        for number, (source, where, line) in enumerate(statements, 1):
            PROGRESS.pack_into(progress, 0, number, ended, longest, most)
            try:
                at_its_line = "\n" * (line - 1) + source
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", SyntaxWarning)
                    code = compile(at_its_line, where, "exec", flags=futures, dont_inherit=True)
                futures |= code.co_flags & _ALL_FUTURES
                exec(code, self.module.__dict__)
            except BaseException as error:
                self._remember_import(source, error)
                notes += 1
                if notes <= MAX_NOTES:
                    send(b"N", self._note(error, where, line))
            began, ended = ended, seconds()
            if ended - began > most:
                longest, most = number, ended - began
        PROGRESS.pack_into(progress, 0, 0, ended, longest, most)

    def _note(self, error: BaseException, where: str, line: int) -> bytes:
        at = {"where": where, "line": line}
        try:
            description = self.describe(error)
            return dumps(description if description["where"] else description | at)
        except BaseException:  # an exception that itself raises when it is looked at
            return dumps({"status": "raised", "exception": "Exception", **at})

    def _remember_import(self, source: str, error: BaseException) -> None:
        if not isinstance(error, ImportError):
            return
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None)
                for alias in node.names:
                    bound = alias.asname or alias.name.split(".")[0]
                    if bound not in self.module.__dict__:
                        self.not_importable[bound] = str(module or alias.name).split(".")[0]

    def call(self, call: dict[str, Any]) -> tuple[float, Result]:
        """Make one call; its processor seconds and its result."""
        function = self.module.__dict__.get(call["function"])
        if not callable(function):
            return 0.0, {"status": "missing"}
        start = time.process_time()
        values: list[Any] = []
        try:
            before = call["args"]
            if call["rest"] and not _accepts(function, len(before)):
                before = (*before, *call["rest"])
            given = lay_out(before, call["layout"])
            start = time.process_time()
            value = answer(function, given, call["script"], values)
            seconds = _since(start)
            shares = bool(call["fresh"]) and _shares_memory(values, given)
            return seconds, (value, _changed(given, before), shares)
        except BaseException as error:
            return _since(start), {**self.describe(error), "step": len(values)}

    def describe(self, error: BaseException) -> dict[str, Any]:
        """An exception as plain data; "forbidden" where a module is missing, for imports are restricted."""
        missing = None
        if isinstance(error, ModuleNotFoundError):
            missing = str(error.name).split(".")[0]
        elif isinstance(error, NameError):
            missing = self.not_importable.get(str(getattr(error, "name", "")))
        missing = None if missing in sys.modules else missing  # a wrong name inside of an allowed module
        where, line = self._place(error)
        return {
            "status": "forbidden" if missing else "raised",
            "exception": _exception_name(error),
            "text": str(missing or _exception_text(error))[:MAX_TEXT],
            "where": where,
            "line": line,
        }

    def _place(self, error: BaseException) -> tuple[str, int]:
        """The last line of the submission that the exception went through."""
        place = ("", 0)
        if isinstance(error, SyntaxError) and error.filename in self.labels:
            place = (str(error.filename), int(error.lineno or 0))
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self.labels:
                place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno or 0)
            trace = trace.tb_next
        return place


def answer(function: Callable[..., Any], given: Any, script: Any, values: list[Any]) -> Any:
    """The value of a call; of a class, a dict of values that the steps of `script` give, by their labels.

    Parameters
    ----------
    script : sequence of (label, name, count)
        The steps: the class is called first, then methods and attributes of the object that it made. `count`
        is how many of the arguments a call takes, and None for an attribute; without a label, the value is no
        part of the answer.
    values : list
        Takes up the value of each step at once, so that an exception is known to be the next step's.
    """
    if not script:
        values.append(function(*given))
        return values[0]
    arguments = iter(given)
    answers = {}
    for label, name, count in script:
        value = getattr(values[0], name) if values else function
        if count is not None:
            value = value(*itertools.islice(arguments, count))
        values.append(value)
        if label:
            answers[label] = lay_out(value, "C")  # a copy: a later step may write into the same array
    return answers


def warm_up(calls: list[dict[str, Any]]) -> None:
    """Do once what every run does, with functions of our own, in the process that runs are forks of.

    Python specialises its byte code for the types that it meets. Forks then need neither do that nor copy the
    memory pages that it writes to.
    """
    statements = [("import numpy as np", "", 1), ("def f(*arguments):\n    return arguments[0]\n", "", 1)]
    for _ in range(2):
        loaded = Loaded(statements, lambda kind, payload: None)
        for call in calls:
            message(*loaded.call({**call, "function": "f"}))
    del sys.modules[MODULE]


def _accepts(function: Callable[..., Any], count: int) -> bool:
    """Whether `function` takes so many arguments: a missing default value is no mathematical mistake."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # it has no signature that Python knows
        return True
    return True


_ALL_FUTURES = 0x1FF0000  # the compiler flags of `from __future__` imports


def _exception_name(error: BaseException) -> str:
    """The name of the exception's class, or of its first public base for NumPy's private classes."""
    for kind in type(error).__mro__:
        if kind.__name__ in builtins.__dict__ or not kind.__name__.startswith("_"):
            return kind.__name__[:MAX_TEXT]
    return "Exception"


def _exception_text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_TEXT].encode(errors="replace").decode()
    except BaseException:
        return ""


def _since(start: float) -> float:
    return round(time.process_time() - start, 6)


def lay_out(value: Any, layout: str) -> Any:
    """A deep copy of `value` whose arrays have the memory layout `layout` (`exercise.Case`)."""
    kind = type(value)  # `values` decodes no subclasses
    if kind is np.ndarray:
        return _lay_out_array(value, layout)
    if kind is list or kind is tuple:
        return kind([item if type(item) in _ATOMS else lay_out(item, layout) for item in value])
    if kind is dict:
        return {key: item if type(item) in _ATOMS else lay_out(item, layout) for key, item in value.items()}
    return value


_ATOMS = frozenset({int, str, bool, float, type(None)})


def _lay_out_array(array: np.ndarray, layout: str) -> np.ndarray:
    if layout == "fortran":
        return array.copy(order="F")
    if layout == "strided":
        larger = np.zeros([2 * length for length in array.shape], array.dtype)
        every_second: tuple[Any, ...] = (slice(None, None, 2),) * array.ndim
        part = larger[(*every_second, ...)]  # with the dots, an array without axes stays an array
        part[...] = array
        return part
    copy = array.copy(order="C")
    copy.flags.writeable = layout != "readonly"
    return copy


def _changed(given: tuple[Any, ...], before: tuple[Any, ...]) -> list[int]:
    """The positions of the arguments that the call has changed."""
    pairs = enumerate(zip(given, before, strict=True))
    return [position for position, (after, was) in pairs if not _unchanged(after, was)]


def _unchanged(after: Any, before: Any) -> bool:
    """Whether an argument is as before the call, up to rounding: x + h − h counts as x."""
    if isinstance(before, np.ndarray):
        if type(after) is not np.ndarray or after.shape != before.shape or after.dtype != before.dtype:
            return False
        return after.tobytes() == before.tobytes() or _differs_by_rounding(after, before)
    kind = type(before)  # `values` decodes no subclasses
    if kind in _ATOMS:
        return type(after) is not np.ndarray and bool(after == before)
    if kind is Formula:
        return True
    if type(after) is not kind or len(after) != len(before):
        return False
    if kind is dict:
        return after.keys() == before.keys() and all(map(_unchanged, map(after.get, before), before.values()))
    plain = _ATOMS.issuperset(map(type, before)) and _ATOMS.issuperset(map(type, after))
    return bool(after == before) if plain else all(map(_unchanged, after, before))


def _differs_by_rounding(after: np.ndarray, before: np.ndarray) -> bool:
    if before.dtype.kind not in "fc":
        return False
    with np.errstate(all="ignore"):
        error = abs(after - before).max()
        return bool(error <= 1e-9 * max(1.0, float(abs(before).max())))


def _shares_memory(value: Any, given: Any) -> bool:
    results = _arrays(value)
    return any(np.shares_memory(result, argument) for result in results for argument in _arrays(given))


def _arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [array for item in value for array in _arrays(item)]
    return []
