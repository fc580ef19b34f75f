"""Which submissions of a class are suspiciously alike: `autograder similar`.

Submissions are read by `submission`, so that a notebook and a script of the same code are the same, and
compared by `copydetect`, an implementation of the winnowing that MOSS made known: names, comments, layout and
the order of functions do not count. What the released stub holds is taken out. What is left is weighed: a
passage that half of the class has written is an idiom, one that two have is a sign. Nothing is run, and a
number proves nothing: a person looks at the passages, which `reports.similarity` shows side by side.
"""

import hashlib
import io
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from autograder.submissions import source
from autograder.submissions.class_folder import SubmittedFile

if TYPE_CHECKING:
    from copydetect import CodeFingerprint

_NOISE, _WINDOW = 25, 6
"""Characters of a passage, a name counted as one: about two lines; and how many passages in a row one of them
stands for. Any 30 characters in common are found."""
_LITTLE = 24
"""Passages that nobody else has. A submission with so few counts for half: two lines are no copy."""
_COLUMNS = 2048


@dataclass(frozen=True)
class Line:
    """One line of a submission's code, where it stands in the file, and whether everybody was given it."""

    where: str
    number: int
    text: str
    given: bool = False


@dataclass(frozen=True)
class Code:
    """What a submission defines, one statement below the other."""

    student: str
    file: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)


@dataclass(frozen=True)
class Passage:
    """Lines of one submission that the other has, too: `first` … `last`, counted from 0, on either side."""

    left: tuple[int, int]
    right: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two submissions.

    Attributes
    ----------
    similarity : float
        From 0 to 1: how much of the smaller of the two is also in the other, unusual passages first.
    left_share, right_share : float
        The same of either one.
    """

    assignment: str
    left: Code
    right: Code
    similarity: float
    left_share: float
    right_share: float
    passages: tuple[Passage, ...]

    @property
    def lines(self) -> int:
        """Lines of the left one that are in a passage, without empty ones and what everybody was given."""
        within = {n for passage in self.passages for n in range(passage.left[0], passage.left[1] + 1)}
        return sum(1 for n in within if (line := self.left.lines[n]).text.strip() and not line.given)


def read(file: SubmittedFile, stubs: Sequence[str] = ()) -> Code | None:
    """The code of a submission; None where there is none or it cannot be read. `stubs`: see `rank`."""
    if not file.name:
        return None
    try:
        statements = source.read(file.name, file.read()).statements
    except Exception:  # a damaged zip member has a dozen ways to say so
        return None
    given = {_bare(line) for stub in stubs for line in stub.splitlines()}
    lines = (replace(line, given=_bare(line.text) in given) for line in _lines(statements))
    return Code(file.student, file.name, tuple(lines)) if statements else None


def _bare(line: str) -> str:
    """A line without its indent and the quotes of a docstring."""
    return line.strip().strip("\"'").strip()


def released(name: str, content: bytes) -> str:
    """The code of a file that students were given.

    Raises
    ------
    submission.SubmissionError
    """
    return Code("", name, tuple(_lines(source.read(name, content).statements))).text


def _lines(statements: Iterable[source.Statement]) -> Iterable[Line]:
    for statement in statements:
        for offset, text in enumerate(statement.source.split("\n")):
            yield Line(statement.where, statement.line + offset, text)


def rank(
    assignment: str,
    codes: Sequence[Code],
    stubs: Sequence[str],
    most: int,
    least: float,
    on_read: Callable[[], None] = lambda: None,
) -> list[Pair]:
    """The most similar pairs of one assignment, the most similar first.

    Parameters
    ----------
    stubs : sequence of str
        The code that everybody was given (`released`).
    most, least : int, float
        Not more pairs than this, and none with a smaller similarity.
    on_read : function
        Called when a submission has been taken in: for a progress bar.
    """
    given = {hash for stub in stubs for hash in _fingerprint(stub, window=1).hashes}
    prints = []
    for code in codes:
        prints.append(_without(_fingerprint(code.text), given))
        on_read()
    common, total, rarest = _weights([one.hashes for one in prints])
    # Both ways, the smaller one's share counts: whoever adds to a copy has copied all the same.
    smaller = np.minimum(total[:, None], total[None, :])
    similarity = np.triu(common / (smaller + _LITTLE * rarest), 1)
    chosen = np.argsort(-similarity, axis=None, kind="stable")[:most]
    pairs = []
    for left, right in zip(*np.unravel_index(chosen, similarity.shape), strict=True):
        if similarity[left, right] < max(least, 1e-9):
            break
        pairs.append(
            Pair(
                assignment,
                codes[left],
                codes[right],
                float(similarity[left, right]),
                float(common[left, right] / total[left]),
                float(common[left, right] / total[right]),
                _passages(prints[left], prints[right]),
            )
        )
    return pairs


def _fingerprint(text: str, window: int = _WINDOW) -> "CodeFingerprint":
    from copydetect import CodeFingerprint
    from copydetect.utils import winnow

    # It fails on a text that is shorter than a passage; blanks are no part of one.
    one = CodeFingerprint("code.py", _NOISE, window, fp=io.StringIO(text or "\n"), language="python")
    # It chooses passages by Python's own hashes of texts, which are others in every process.
    last = len(one.filtered_code) - _NOISE + 1
    every = np.array([_hash(one.filtered_code[start : start + _NOISE]) for start in range(last)], np.int64)
    chosen, places = winnow(every, window, remove_duplicates=False) if len(every) else (every, every)
    one.hash_idx = {}
    for hash, place in zip(chosen.tolist(), places.tolist(), strict=True):
        one.hash_idx.setdefault(hash, []).append(place)
    one.hashes = set(one.hash_idx)
    return one


def _hash(passage: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(passage.encode("utf-8", "replace"), digest_size=8).digest(), signed=True
    )


def _without(one: "CodeFingerprint", given: set[int]) -> "CodeFingerprint":
    """Take out what everybody was given. (`copydetect`'s own way also drops what occurs twice.)"""
    one.hashes -= given
    one.hash_idx = {hash: places for hash, places in one.hash_idx.items() if hash not in given}
    return one


def _weights(hashes: Sequence[set[int]]) -> tuple[np.ndarray, np.ndarray, float]:
    """Weight in common of every pair, weight of every submission, weight of a passage that only one has."""
    count = Counter(hash for own in hashes for hash in own)
    many = len(hashes)

    def weight(hash: int) -> float:
        return math.log((many + 1) / count[hash])

    total = np.array([sum(map(weight, own)) for own in hashes])
    shared = [hash for hash, number in count.items() if number > 1]
    common = np.zeros((many, many))
    for start in range(0, len(shared), _COLUMNS):
        block = shared[start : start + _COLUMNS]
        has = np.array([[hash in own for hash in block] for own in hashes], dtype=float)
        common += (has * np.array([weight(hash) for hash in block])) @ has.T
    return common, np.maximum(total, 1e-9), math.log(many + 1)


# ---- Where -------------------------------------------------------------------------------------------------


def _passages(left: "CodeFingerprint", right: "CodeFingerprint") -> tuple[Passage, ...]:
    """What two submissions share, as lines, in the order of the left one."""
    starts = _starts(left.raw_code), _starts(right.raw_code)
    matches = sorted(
        (_span(left, place, starts[0]), _span(right, other, starts[1]))
        for hash in left.hashes & right.hashes
        for place, other in _in_turn(left.hash_idx[hash], right.hash_idx[hash])
    )
    passages: list[Passage] = []
    for here, there in matches:
        for number, open_one in enumerate(passages):
            if _touch(open_one.left, here) and _touch(open_one.right, there):
                passages[number] = Passage(_join(open_one.left, here), _join(open_one.right, there))
                break
        else:
            passages.append(Passage(here, there))
    return tuple(passages)


def _in_turn(places: Sequence[int], others: Sequence[int]) -> Iterable[tuple[int, int]]:
    """The first with the first and so on; where one side has more, with the other's last."""
    for turn in range(max(len(places), len(others))):
        yield places[min(turn, len(places) - 1)], others[min(turn, len(others) - 1)]


def _starts(text: str) -> list[int]:
    """Where each line of `text` starts."""
    return [0, *accumulate(len(line) for line in text.splitlines(keepends=True))][:-1]


def _span(one: "CodeFingerprint", place: int, starts: Sequence[int]) -> tuple[int, int]:
    """The lines of a passage that starts at `place` of the text in which every name is one character."""
    ends = np.array([place, place + one.k - 1])
    row = np.searchsorted(one.offsets[:, 0], ends).clip(0, len(one.offsets) - 1)
    first, last = (ends + one.offsets[row, 1]).tolist()
    return bisect_right(starts, first) - 1, bisect_right(starts, max(first, last)) - 1


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= one[1] + 1 and one[0] <= other[1] + 1


def _join(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return min(one[0], other[0]), max(one[1], other[1])
