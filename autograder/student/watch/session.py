"""The running `watch`: one event loop for saved files, pressed keys and finished checks.

Checks run in one thread of their own, for a warm sandbox belongs to the thread that made it; the formula is
computed by a process of its own. Everything else, such as drawing, happens in the loop. A newer
save cancels a running check, so an endless loop in a student's code blocks nothing.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from autograder.base.messages import say, translator
from autograder.judging.domain import find
from autograder.sandbox.client import Cancelled
from autograder.student import hints, workspace
from autograder.student.checking import Checker
from autograder.student.watch import memory, progress, screen
from autograder.student.watch.progress import Work
from autograder.student.watch.terminal import Terminal
from autograder.student.workspace import CheckError, Place
from autograder.submissions.content import CODE
from autograder.submissions.source import of_file

View = Literal["overview", "list", "formula"]

_STEP = 20
"""Milliseconds without another change after which a save counts as over."""


def run(folder: Path, lang: str, console: Console) -> None:
    """Watch the assignments in `folder` until the student quits.

    Raises
    ------
    CheckError
        There is nothing to watch.
    KeyboardInterrupt
    """
    places = workspace.places(folder)
    if not places:
        workspace.current_files(folder)  # raises the reason
    checkers = {place: Checker(place.key) for place in places}
    ordered = sorted(places, key=lambda place: workspace.course_order(checkers[place].key))
    lang = checkers[ordered[0]].key.about.language(lang)
    session = _Session(folder, {place: checkers[place] for place in ordered}, lang, Terminal(console))
    with session.terminal.taken():
        asyncio.run(session.run())


class _Session:
    """The state of a running `watch`, and what changes it."""

    def __init__(self, folder: Path, checkers: dict[Place, Checker], lang: str, terminal: Terminal) -> None:
        self.folder = folder
        self.checkers = checkers
        self.lang = lang
        self.terminal = terminal
        self.memory = memory.load(folder)
        self.works = {place: Work(place, checker.key) for place, checker in checkers.items()}
        self.current = next(iter(self.works))
        self.waiting: list[Place] = []
        """Assignments to check; the last one is checked first."""
        self.wake = asyncio.Event()
        self.over = asyncio.Event()
        self.checking: Place | None = None
        self.view: View = "overview"
        self.turned = 0
        self.formula_text = ""
        self.formula: asyncio.Task[None] | None = None
        self.says = ""

    # ---- Start and end ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until `over` is set."""
        loop = asyncio.get_running_loop()
        worker = ThreadPoolExecutor(1, "check")
        with self._listening(loop):
            self._begin()
            tasks = [
                asyncio.create_task(work) for work in (self._watch(), self._check(worker), self.over.wait())
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()  # raises the exception that ended it
            finally:
                self._stop_formula()
                for task in tasks:
                    task.cancel()
                if self.checking is not None:
                    self.checkers[self.checking].cancel()
                worker.submit(self._close)
                worker.shutdown()
                self._remember()

    def _close(self) -> None:
        for checker in self.checkers.values():
            checker.close()

    @contextlib.contextmanager
    def _listening(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Connect keys and signals to the loop."""
        descriptor = sys.stdin.fileno() if self.terminal.has_keys else -1
        handlers = dict.fromkeys(("SIGINT", "SIGTERM", "SIGHUP"), self.over.set) | {"SIGWINCH": self._draw}
        if self.terminal.is_screen:
            handlers["SIGTSTP"] = self._suspend
        numbers = [getattr(signal, name) for name in handlers if hasattr(signal, name)]
        with contextlib.suppress(NotImplementedError):  # not a Unix
            for number in numbers:
                loop.add_signal_handler(number, handlers[number.name])
            if descriptor >= 0:
                loop.add_reader(descriptor, self._keys)
        try:
            yield
        finally:
            with contextlib.suppress(NotImplementedError):
                for number in numbers:
                    loop.remove_signal_handler(number)
                if descriptor >= 0:
                    loop.remove_reader(descriptor)

    def _suspend(self) -> None:
        self.terminal.suspend()
        self._draw()

    def _first(self) -> Place:
        """The assignment saved since the last run, else the current one then, else the first."""
        saved = [
            work.file
            for work in self.works.values()
            if work.file and work.result is None and work.place.name in self.memory.results
        ]
        if saved:
            newest = max(saved, key=workspace.changed)
            return next(place for place, work in self.works.items() if work.file == newest)
        by_name = {place.name: place for place in self.works}
        return by_name.get(self.memory.current) or next(iter(self.works))

    def _begin(self) -> None:
        """Show the remembered results, and check the rest, the current assignment first."""
        for place in self.works:
            self._look_at(place)
            known = self.memory.known(place.name, self._digest(place))
            if known is not None:
                self.works[place] = replace(self.works[place], result=known)
        self.current = self._first()
        self._ask_for(place for place in reversed(self.works) if self.works[place].result is None)
        self._ask_for([self.current] if self.works[self.current].result is None else [])
        self._draw()

    def _digest(self, place: Place) -> str:
        work = self.works[place]
        content = b""
        if work.file is not None:
            with contextlib.suppress(OSError):
                content = of_file(work.file)
        return memory.digest(work.file.name if work.file else "", content, work.key.digest)

    def _remember(self) -> None:
        self.memory.current = self.current.name
        memory.save(self.folder, self.memory)

    # ---- Saved files -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Call `_saved` for each assignment whose file was saved."""
        from watchfiles import awatch

        folders = {place.folder.absolute() for place in self.works}
        folders |= {file.parent.absolute() for place in self.works for file in place.files}
        saved = awatch(
            *folders,
            watch_filter=lambda change, path: bool(CODE.search(path)),
            debounce=200,
            step=_STEP,
            recursive=False,
            stop_event=self.over,
        )
        try:
            async for changes in saved:
                paths = {Path(path) for _, path in changes}
                for place, work in list(self.works.items()):
                    known = [*place.files, *([work.file] if work.file else [])]
                    if not paths.isdisjoint(file.absolute() for file in known):
                        self._saved(place)
        except (OSError, RuntimeError) as error:  # too many watches, a deleted folder
            raise CheckError(say("watch.files_unwatchable", error=error)) from error

    def _saved(self, place: Place) -> None:
        """Check `place`, and make it the current assignment."""
        before = self.works[place].file, self.memory.results.get(place.name, ("", None))[0]
        self._look_at(place)
        if before == (self.works[place].file, self._digest(place)) and self.checking is not place:
            self._draw()  # saved without a change, but a problem may be solved
            return
        if place != self.current or self.view == "formula":
            self._leave_view()
        self.current = place
        self._ask_for([place])
        if self.checking is not None:
            self.checkers[self.checking].cancel()
        self._draw()

    def _look_at(self, place: Place) -> None:
        """Update which file is worked on, and where its functions are."""
        work = self.works[place]
        file = next(iter(place.files), None)
        defined = progress.definitions(file) if file else {}
        before = work.defined if file == work.file else {}
        names = [exercise.name for exercise in work.key.exercises]
        changed = progress.edited(before, defined, names) or work.edited
        self.works[place] = replace(work, file=file, defined=defined, edited=changed, problem=None)

    # ---- Checks ----------------------------------------------------------------------------------------

    def _ask_for(self, places: Iterable[Place]) -> None:
        for place in places:
            if place in self.waiting:
                self.waiting.remove(place)
            self.waiting.append(place)
        self.wake.set()

    async def _check(self, worker: ThreadPoolExecutor) -> None:
        """Check the waiting assignments, one after the other."""
        loop = asyncio.get_running_loop()
        while True:
            if not self.waiting:
                self.wake.clear()
                await loop.run_in_executor(worker, self._warm, self.current)
                await self.wake.wait()
                continue
            place = self.waiting.pop()
            file = self.works[place].file
            if file is None:
                self._draw()
                continue
            self.checking = place
            start, digest = time.monotonic(), self._digest(place)
            try:
                checked = await loop.run_in_executor(worker, self.checkers[place].check, file)
            except Cancelled:
                if not self.over.is_set():
                    self._ask_for([place, *([self.current] if place != self.current else [])])
                continue
            except CheckError as error:
                self.works[place] = replace(self.works[place], problem=error.text)
            else:
                result = checked.result
                self.works[place] = replace(self.works[place], result=result, problem=None)
                self.memory.results[place.name] = digest, result
                self._forget_hints(place)
                if place == self.current:
                    hints.record_failures(file, result)
                    self.says = f"{time.strftime('%H:%M:%S')} · {time.monotonic() - start:.2f} s"
            finally:
                self.checking = None
            self._remember()
            self._draw(place)

    def _warm(self, current: Place) -> None:
        """Keep the sandbox of the current assignment ready for its next run, and close the others."""
        for place, checker in self.checkers.items():
            if place == current:
                checker.warm()
            else:
                checker.close()

    # ---- Hints -----------------------------------------------------------------------------------------

    def _hint_name(self, exercise: str) -> str:
        return f"{self.current.name}/{exercise}"

    def _hints(self) -> int:
        exercise = progress.next_exercise(self.works[self.current])
        return self.memory.hints.get(self._hint_name(exercise.name), 0) if exercise else 0

    def _hint(self) -> None:
        """Reveal the next hint step; after the last one, hide them all again."""
        work = self.works[self.current]
        exercise = progress.next_exercise(work)
        if exercise is not None:
            steps = len(screen.hint_steps(exercise, work, self.lang))
            self.memory.hints[self._hint_name(exercise.name)] = (self._hints() + 1) % (steps + 1)
            self._remember()

    def _forget_hints(self, place: Place) -> None:
        """Hide the hints of exercises that are right, should they fail again later."""
        result = self.works[place].result
        for exercise in result.exercises if result else ():
            if exercise.points == exercise.max_points:
                self.memory.hints.pop(f"{place.name}/{exercise.name}", None)

    # ---- Keys ------------------------------------------------------------------------------------------

    def _keys(self) -> None:
        if not self.terminal.read_keys(self._key):
            self.over.set()  # the terminal was closed

    def _key(self, key: str) -> None:
        match key.lower():
            case "q":
                self.over.set()
                return
            case " ":
                self.turned += 1
            case "h":
                self._leave_view()
                self._hint()
            case "l" if self.view != "list":
                self._leave_view()
                self.view = "list"
            case "f" if self.view != "formula":
                self._leave_view()
                self._ask_formula()
            case _:
                self._leave_view()
        self._draw()

    def _leave_view(self) -> None:
        self.view, self.turned = "overview", 0
        self._stop_formula()

    # ---- The formula -----------------------------------------------------------------------------------

    def _ask_formula(self) -> None:
        work = self.works[self.current]
        exercise = progress.next_exercise(work)
        name = exercise.name if exercise else work.edited
        if find(work.key.domain).formula is None or not name or work.file is None:
            return
        _ = translator(self.lang)
        self.view = "formula"
        self.formula_text = _("watch.formula_reading")
        self.formula = asyncio.create_task(self._read_formula(work.key.domain, work.file, name))

    async def _read_formula(self, domain: str, file: Path, name: str) -> None:
        called = [
            sys.executable,
            "-m",
            "autograder.student.watch.formula",
            domain,
            str(file),
            name,
            self.lang,
        ]
        process = await asyncio.create_subprocess_exec(
            *called,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:  # the view was left before the end
                process.kill()
        text = output.decode(errors="replace").strip()
        self.formula_text = text or say("watch.formula_none").in_language(self.lang)
        self._draw()

    def _stop_formula(self) -> None:
        if self.formula is not None:
            self.formula.cancel()
            self.formula = None

    # ---- Drawing ---------------------------------------------------------------------------------------

    def _draw(self, checked: Place | None = None) -> None:
        """Show the present state; without a screen, print the assignment just checked."""
        works = list(self.works.values())
        current = self.works[self.current]
        if not self.terminal.is_screen:
            self._print(checked)
            return
        keys = self.terminal.has_keys
        match self.view:
            case "list":
                parts = screen.listing(current, self.lang)
            case "formula":
                parts = screen.formula(self.formula_text)
            case _:
                running = current.place in (self.checking, *self.waiting)
                height = self.terminal.console.height
                parts = screen.overview(works, current, self._hints(), self.lang, running, height)
        bottom = screen.footer(
            self.lang,
            keys=keys,
            back=self.view != "overview",
            formula=find(current.key.domain).formula is not None,
            says=self.says,
        )
        self.terminal.show(screen.Page(parts, bottom, screen.more(self.lang), self.turned))

    def _print(self, checked: Place | None) -> None:
        if checked is None:
            return
        work = self.works[checked]
        self.terminal.show(screen.line(work, self.lang))
        if checked == self.current:
            for part in screen.next_step(list(self.works.values()), work, 0, self.lang):
                self.terminal.show(part)
