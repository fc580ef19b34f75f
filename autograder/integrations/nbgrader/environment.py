"""nbgrader calls `alembic` by its bare name: it must be found where nbgrader itself is installed."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scripts_on_path() -> Iterator[None]:
    """This Python's own scripts are found first, though its virtual environment may not be activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
