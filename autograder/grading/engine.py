"""What a grade depends on besides the submission and the key: the code that decides, and how it is run.

`grade_class` stores results under an engine's `id` and gives no work to a worker with another one;
`results.json` records the engine. Sentences and pages decide nothing and must never count.
"""

import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autograder import __version__
from autograder.base.messages import Text, TextError
from autograder.judging.domain import find
from autograder.judging.results import Engine
from autograder.sandbox.client import require
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Settings:
    """How submissions are run."""

    isolation: Isolation = "bubblewrap"
    limits: Limits = field(default_factory=Limits)

    def engine(self, domain: str) -> Engine:
        """Everything about the engine that the result of a key of `domain` depends on."""
        return engine(domain, self.isolation, self.limits)


_DECIDING = ("base/records.py", "judging", "sandbox", "submissions/source.py")
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
    return Engine(__version__, digest(domain), python, np.__version__, isolation, limits)


@functools.cache
def digest(domain: str) -> str:
    """The digest of the code that decides about keys of `domain`; computed once, in a few milliseconds."""
    import hashlib
    from importlib.metadata import version
    from importlib.resources import files

    subject = find(domain)
    names = (*_DECIDING, domain) if domain else _DECIDING
    left_out = {f"{domain}/{name}" for name in subject.not_for_judging}
    package = files("autograder")
    sources = [file for name in names for file in _files(package.joinpath(*name.split("/")), name, left_out)]
    total = hashlib.sha256()
    for name, content in sorted(sources):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    for name in subject.requires:
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


def introduce(settings: Settings, domains: tuple[str, ...]) -> tuple[list[Engine], Text | None]:
    """What a worker of a cluster says of itself: its engine for each domain, and why it cannot isolate."""
    try:
        require(settings.isolation, settings.limits)
    except TextError as error:
        return [settings.engine(domain) for domain in domains], error.text
    return [settings.engine(domain) for domain in domains], None
