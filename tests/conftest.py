"""What holds for every test: none reads or leaves anything in the home of whoever runs it."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.draws import SEED

pytest_plugins = (
    "tests.class_reports",
    "tests.graded_classes",
    "tests.commands",
    "tests.course_keys",
    "tests.sandboxes",
    "tests.work_folders",
)
"""Fixtures that several test modules share; their assertions are rewritten like those of tests."""


def pytest_configure() -> None:
    """A busy machine fails no test: Hypothesis's own profile for CI has no deadline either."""
    if not os.environ.get("CI"):
        settings.register_profile("by hand", deadline=None)
        settings.load_profile("by hand")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """To see a failure again that a draw of keys has brought about."""
    terminalreporter.write_line(f"hidden keys drawn with AUTOGRADER_TEST_SEED={SEED}")


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard() -> None:
    """In the background of a shell Ctrl-C is ignored, and commands would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """`autograder check` remembers what failed (for the hint steps); subprocesses inherit the folder."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before
