"""The environment in which nbgrader runs: it calls `alembic` by its bare name, which PATH must lead to."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scripts_on_path() -> Iterator[None]:
    """Put this Python's scripts first on PATH, as its virtual environment may not be activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
