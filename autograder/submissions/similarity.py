"""Find submissions of a class that are suspiciously alike, for `autograder similar`.

Submissions are read by `source`, so that a notebook and a script of the same code are equal, and compared by
`copydetect`, an implementation of winnowing (as in MOSS): names, comments, layout and the order of functions
do not count. What the released stub holds is removed. The rest is weighted by rarity: a passage that half of
the class has written is an idiom, one that only two have is a sign. Nothing may be run here, and the
similarity proves nothing: a person looks at the passages, which `reports.similarity` shows side by side.
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

from autograder.submissions import choice, records, source
from autograder.submissions.class_folder import SubmittedFile

if TYPE_CHECKING:
    from copydetect import CodeFingerprint

_NOISE, _WINDOW = 25, 6
"""Characters of a passage, a name counted as one character: about two lines; and the number of passages in a
row of which one is kept. Any 30 characters in common are found."""
_LITTLE = 24
"""A submission of so many rare passages counts half, a shorter one less: two lines are no copy."""
_COLUMNS = 2048


@dataclass(frozen=True)
class Line:
    """A line of a submission's code; `given` if it is in the released stub."""

    where: str
    number: int
    text: str
    given: bool = False


@dataclass(frozen=True)
class Code:
    """What a submission defines, statement after statement."""

    student: str
    file: str
    lines: tuple[Line, ...]
    digest: str = ""

    @property
    def text(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)


@dataclass(frozen=True)
class Passage:
    """Lines that two submissions share: (first, last) on either side, counted from 0."""

    left: tuple[int, int]
    right: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two submissions and what they share.

    Attributes
    ----------
    similarity : float
        From 0 to 1: the weighted share of the smaller submission that is also in the other.
    left_share, right_share : float
        The weighted share of each submission that is also in the other.
    """

    assignment: str
    left: Code
    right: Code
    similarity: float
    left_share: float
    right_share: float
    passages: tuple[Passage, ...]

    @property
    def is_identical(self) -> bool:
        """Whether the two files are equal, byte by byte."""
        return self.left.digest == self.right.digest != ""

    @property
    def lines(self) -> int:
        """Number of lines of `left` in passages, without empty and given lines."""
        within = {n for passage in self.passages for n in range(passage.left[0], passage.left[1] + 1)}
        return sum(1 for n in within if (line := self.left.lines[n]).text.strip() and not line.given)


def read(file: SubmittedFile, stubs: Sequence[str] = ()) -> Code | None:
    """The code of a submission; None where there is none or it cannot be read. `stubs`: see `rank`.

    What does not parse is compared as text: a bracket that is left out hides nothing.
    """
    if not file.name:
        return None
    try:
        content = file.read()
        read = source.read(file.name, content)
    except Exception:  # a damaged zip member has a dozen ways to say so
        return None
    text = choice.text_of(content).split("\n") if read.lost else []
    lines = [Line(file.name, n, line) for n, line in enumerate(text, 1)] or list(_lines(read.statements))
    given = {_bare(line) for stub in stubs for line in stub.splitlines()}
    told = tuple(replace(line, given=_bare(line.text) in given) for line in lines)
    digest = hashlib.sha256(content).hexdigest()
    return Code(file.team or file.student, file.name, told, digest) if told else None


def _bare(line: str) -> str:
    """A line without its indent and the quotes of a docstring."""
    return line.strip().strip("\"'").strip()


def released(name: str, content: bytes) -> str:
    """The code of a file that students were given; "" where it holds none."""
    try:
        return Code("", name, tuple(_lines(source.read(name, content).statements))).text
    except records.SubmissionError:
        return ""


def _lines(statements: Iterable[records.Statement]) -> Iterable[Line]:
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
        The released code (`released`).
    most, least : int, float
        The largest number of pairs, and the smallest similarity.
    on_read : function
        Called after each submission, for a progress bar.
    """
    given = {hash for stub in stubs for hash in _fingerprint(stub, window=1).hashes}
    prints = []
    for code in codes:
        prints.append(_without(_fingerprint(code.text), given))
        on_read()
    common, total, rarest = _weights([fingerprint.hashes for fingerprint in prints])
    # The share of the smaller submission counts: adding to a copy does not hide it.
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

    result = CodeFingerprint("code.py", _NOISE, window, fp=io.StringIO(text), language="python")
    # It chooses passages by Python's hashes of strings, which differ from process to process: choose again.
    code = result.filtered_code
    last = len(code) - _NOISE + 1
    every = np.array([_hash(code[start : start + _NOISE]) for start in range(last)], np.int64)
    chosen, places = winnow(every, window, remove_duplicates=False) if len(every) else (every, every)
    result.hash_idx = {}
    for hash, place in zip(chosen.tolist(), places.tolist(), strict=True):
        result.hash_idx.setdefault(hash, []).append(place)
    result.hashes = set(result.hash_idx)
    return result


def _hash(passage: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(passage.encode("utf-8", "replace"), digest_size=8).digest(), signed=True
    )


def _without(fingerprint: "CodeFingerprint", given: set[int]) -> "CodeFingerprint":
    """Remove the hashes `given`. (`copydetect`'s own option also drops what occurs twice.)"""
    fingerprint.hashes -= given
    fingerprint.hash_idx = {hash: at for hash, at in fingerprint.hash_idx.items() if hash not in given}
    return fingerprint


def _weights(hashes: Sequence[set[int]]) -> tuple[np.ndarray, np.ndarray, float]:
    """Common weight of every pair, weight of every submission, weight of a passage that only one has."""
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


# ---- From hashes to lines ----------------------------------------------------------------------------------


def _passages(left: "CodeFingerprint", right: "CodeFingerprint") -> tuple[Passage, ...]:
    """The lines that two submissions share, in the order of `left`; passages that touch are joined."""
    starts = _starts(left.raw_code), _starts(right.raw_code)
    matches = sorted(
        (_span(left, at_left, starts[0]), _span(right, at_right, starts[1]))
        for hash in left.hashes & right.hashes
        for at_left, at_right in _paired(left.hash_idx[hash], right.hash_idx[hash])
    )
    passages: list[Passage] = []
    for here, there in matches:
        for number, passage in enumerate(passages):
            if _touch(passage.left, here) and _touch(passage.right, there):
                passages[number] = Passage(_join(passage.left, here), _join(passage.right, there))
                break
        else:
            passages.append(Passage(here, there))
    return tuple(passages)


def _paired(left: Sequence[int], right: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Like `zip`, but the last item of the shorter sequence is repeated."""
    for i in range(max(len(left), len(right))):
        yield left[min(i, len(left) - 1)], right[min(i, len(right) - 1)]


def _starts(text: str) -> list[int]:
    """Where each line of `text` starts, as `Code` counts them: a form feed ends none."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))][:-1]


def _span(fingerprint: "CodeFingerprint", start: int, starts: Sequence[int]) -> tuple[int, int]:
    """(first, last) line of the passage at `start` of the filtered code, where a name is one character."""
    ends = np.array([start, start + fingerprint.k - 1])
    row = np.searchsorted(fingerprint.offsets[:, 0], ends).clip(0, len(fingerprint.offsets) - 1)
    first, last = (ends + fingerprint.offsets[row, 1]).tolist()
    return bisect_right(starts, first) - 1, bisect_right(starts, max(first, last)) - 1


def _touch(left: tuple[int, int], right: tuple[int, int]) -> bool:
    return right[0] <= left[1] + 1 and left[0] <= right[1] + 1


def _join(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return min(left[0], right[0]), max(left[1], right[1])
