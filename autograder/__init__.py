"""An auto-graded course on back-propagation in convolutional networks.

Students import one name from here, `check`; everything else is reached through the command
line (`autograder --help`) or by importing its room (docs/architecture.md).
Importing this package does no work: `check` is loaded when it is first asked for.
"""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "check":
        from autograder.student import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
