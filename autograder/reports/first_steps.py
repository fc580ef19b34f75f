"""What `autograder start` prints: what was copied, what was kept, and the first steps."""

import shlex
from pathlib import Path

from rich.console import Console

from autograder.base.messages import translator
from autograder.base.prose import Prose
from autograder.student.handout import Copied


def show(copied: Copied, folder: Path, lang: str, console: Console) -> None:
    """Print what `folder` holds now, and the first steps."""
    _ = translator(lang)

    def line(text: str) -> None:
        console.print(Prose(text))

    line(_("start.assignments_in_folder", n=len(copied.assignments), folder=folder))
    for number, name in enumerate(copied.assignments, start=1):
        title = copied.titles[name].in_language(lang)
        line(f"  {number}  {name}" + (f"  {title}" if title != name else ""))
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
