"""What a grade depends on besides the submission and the key: the code that decides, and how it is run.

`grade_class` stores results under an engine's `id` and gives no work to a worker with another one;
`results.json` records the engine. Sentences and pages decide nothing and must never count.
"""

import functools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from autograder import __version__
from autograder.base.messages import Text, TextError
from autograder.judging.answer_key import AnswerKey
from autograder.judging.domain import find, registered
from autograder.judging.results import Engine
from autograder.sandbox import modules
from autograder.sandbox.client import require
from autograder.sandbox.limits import Asked, Limits
from autograder.sandbox.records import Isolation

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Settings:
    """How submissions are run.

    Attributes
    ----------
    limits : Asked
        Those that take the place of the key's own.
    """

    isolation: Isolation = "bubblewrap"
    limits: Asked = ()

    def limits_of(self, key: AnswerKey) -> Limits:
        """The limits for submissions that are judged with `key`."""
        return replace(key.limits, **dict(self.limits))

    def engine(self, key: AnswerKey) -> Engine:
        """Everything about the engine that the result depends on."""
        return engine(key.domain, self.isolation, self.limits_of(key))


_READING = tuple(f"submissions/{name}.py" for name in ("blocks", "content", "missing", "records", "source"))
_DECIDING = ("base/records.py", "judging", "sandbox", *_READING)
"""The modules and packages that decide, besides those of a key's domain."""
_NOT_DECIDING = ("__pycache__", "locale", "templates")


@functools.cache
def engine(domain: str, isolation: str, limits: Limits) -> Engine:
    """The running engine, where it judges keys of `domain`.

    Raises
    ------
    judging.domain.UnknownDomain
    """
    import numpy as np

    python = ".".join(map(str, sys.version_info[:3]))
    return Engine(__version__, digest(domain, limits.modules), python, np.__version__, isolation, limits)


@functools.cache
def digest(domain: str, allowed: tuple[str, ...] = ()) -> str:
    """The digest of the code that decides about keys of `domain`; computed once in a process.

    The versions of the modules that the course has `allowed` belong to it, as those of what the domain needs.
    """
    import hashlib
    from importlib.metadata import version
    from importlib.resources import files

    subject, point = find(domain), registered(domain)
    package = point.module.partition(".")[0] if point else domain
    left_out = {f"{package}/{name}" for name in subject.not_for_judging}
    places = [(files("autograder").joinpath(*name.split("/")), name) for name in _DECIDING]
    if package:
        found = files(package) if point else files("autograder").joinpath(package)
        places.append((found, package))
    total = hashlib.sha256()
    for name, content in sorted(file for place in places for file in _files(*place, left_out)):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    of_domain = (*subject.requires, *([point.dist.name] if point and point.dist else []))
    for name in (*of_domain, *modules.distributions(allowed)):
        total.update(f"{name} {version(name)}\0".encode())
    return total.hexdigest()


def _files(place: "Traversable", name: str, left_out: set[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the file at `place`, or of all files below it."""
    if name in left_out or place.name in _NOT_DECIDING or place.name.startswith("."):
        return
    if place.is_dir():
        for inside in place.iterdir():
            yield from _files(inside, f"{name}/{inside.name}", left_out)
    else:
        yield name, place.read_bytes()


def introduce(engines: Sequence[tuple[str, Isolation, Limits]]) -> tuple[list[Engine], Text | None]:
    """What a worker of a cluster says of itself: its own engines, and why it cannot isolate a submission."""
    trouble = None
    try:
        for isolation, limits in {(isolation, limits) for _, isolation, limits in engines}:
            require(isolation, limits)
    except TextError as error:
        trouble = error.text
    return [engine(*each) for each in engines], trouble
