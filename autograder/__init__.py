"""An auto-graded course on back-propagation in convolutional networks.

Students import from here: `check`, `derive`, `formula` and `check_derivation`; everything else is reached
through the command line (`autograder --help`) or by importing its room (docs/architecture.md).
Importing this package does no work: each of them is loaded when it is first asked for.
"""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("check", "check_derivation", "derive", "formula"):
        from autograder import student

        return getattr(student, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
