"""Full-screen use of the terminal: its alternate screen, and single keys without Enter.

`session` enters it; the terminal is restored however the block ends (a key, Ctrl-C, an exception). Where
there is no terminal, text is printed line by line, and no keys are read.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console, RenderableType, ScreenContext

try:
    import termios
    import tty
except ImportError:  # not a Unix
    termios = tty = None  # type: ignore[assignment]


class Terminal:
    """Shows one renderable at a time on `console`.

    Attributes
    ----------
    is_screen : bool
        Whether the terminal's alternate screen can be used; else everything is printed in sequence.
    has_keys : bool
        Whether single keys can be read.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._stack = contextlib.ExitStack()
        self._screen: ScreenContext | None = None
        self.is_screen = console.is_terminal and not console.is_dumb_terminal
        self.has_keys = (
            self.is_screen and termios is not None and sys.stdin is not None and sys.stdin.isatty()
        )

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Take the terminal for the length of the block."""
        self._take()
        try:
            yield
        finally:
            self._stack.close()

    def suspend(self) -> None:
        """What Ctrl-Z does: restore the terminal, stop, and take it again when the shell continues us."""
        self._stack.close()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._take()

    def _take(self) -> None:
        if self.has_keys:
            self._stack.enter_context(_single_keys(sys.stdin.fileno()))
        if self.is_screen:
            self._screen = self._stack.enter_context(self.console.screen())

    def show(self, renderable: RenderableType) -> None:
        """Replace the screen's content by `renderable`, or print it."""
        if self._screen is not None:
            self._screen.update(renderable)
        else:
            self.console.print(renderable)

    def read_keys(self, got: Callable[[str], None]) -> bool:
        """Call `got` with each pressed key; False once the terminal is closed."""
        try:
            data = os.read(sys.stdin.fileno(), 64)
        except OSError:
            return False
        is_sequence = data.startswith(b"\x1b") and data != b"\x1b"  # an arrow, F2, Alt and a letter
        for key in () if is_sequence else data.decode(errors="replace"):
            got(key)
        return bool(data)


@contextlib.contextmanager
def _single_keys(descriptor: int) -> Iterator[None]:
    before: list[Any] = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
