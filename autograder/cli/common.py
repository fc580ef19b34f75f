"""What the engine's own commands share, beside `base.command_line`."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autograder.base.command_line import fail
from autograder.base.messages import say

if TYPE_CHECKING:
    from autograder.authoring.build import Built


@contextlib.contextmanager
def for_instructors() -> Iterator[None]:
    """A command that needs what a student does not install; also a decorator."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _FOR_INSTRUCTORS:
            raise
        fail(say("error.needs_package", package=error.name))


_FOR_INSTRUCTORS = {"copydetect", "jupytext", "nbformat", "nbgrader", "traitlets"}


def told(file: "Built") -> str:
    """A file that a build has written or kept, in a line; of a key drawn anew, what follows from it."""
    if file.kept:
        return f"kept: {file.path} (changed since it was written here; --force writes it anew)"
    wrote = f"wrote: {file.path}"
    if not file.because:
        return wrote
    name = file.path.name.partition(".")[0]
    return (
        f"{wrote}\nhidden key of {name} drawn anew: {file.because}; everything handed in for it will be "
        "graded again"
    )
