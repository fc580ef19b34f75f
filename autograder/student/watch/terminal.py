"""The whole terminal, for as long as it is needed: its second screen, and keys that count without Enter.

`session` enters it. Whatever ends the block (a key, Ctrl-C, an exception) puts the terminal back as it was.
Where there is no terminal to take, text is printed line by line, and no keys are read.
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
        Whether it is a terminal whose second screen can be used; else everything is printed below what is
        there.
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
        """Take the terminal; it is put back at the end of the block."""
        self._take()
        try:
            yield
        finally:
            self._stack.close()

    def suspend(self) -> None:
        """What Ctrl-Z does: give the terminal back, stop, and take it again when the shell goes on."""
        self._stack.close()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._take()

    def _take(self) -> None:
        if self.has_keys:
            self._stack.enter_context(_single_keys(sys.stdin.fileno()))
        if self.is_screen:
            self._screen = self._stack.enter_context(self.console.screen())

    def show(self, renderable: RenderableType) -> None:
        """Put `renderable` on the screen in the place of what was there, or print it."""
        if self._screen is not None:
            self._screen.update(renderable)
        else:
            self.console.print(renderable)

    def read_keys(self, got: Callable[[str], None]) -> bool:
        """Hand on the keys that have been pressed; whether there may come more."""
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
