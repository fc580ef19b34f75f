"""What `autograder start` shows: what was copied, what was kept, and what to do first."""

import shlex
from pathlib import Path

from rich.console import Console

from autograder.base.messages import translator
from autograder.base.prose import Prose
from autograder.student.handout import Copied


def show(copied: Copied, folder: Path, lang: str, console: Console) -> None:
    """Say what is in `folder` now, and the first three steps."""
    _ = translator(lang)

    def line(text: str) -> None:
        console.print(Prose(text))

    line(_("start.assignments_in_folder", n=len(copied.assignments), folder=folder))
    for number, name in enumerate(copied.assignments, start=1):
        line(f"  {number}  {name}")
    if kept := copied.that_are("kept"):
        files = ", ".join(map(str, kept))
        line(_("start.files_kept", files=files))
    if renewed := copied.that_are("renewed"):
        files = ", ".join(map(str, renewed))
        line(_("start.files_replaced", files=files))
    first = copied.assignments[0]
    line("")
    line(_("start.first_heading"))
    line(f"  cd {shlex.quote(str(folder))}")
    line("  autograder watch")
    line("")
    line(_("start.open_then", script=f"{first}/{first}.py", notebook=f"{first}/{first}.ipynb"))
