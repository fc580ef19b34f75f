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

    line(
        _("{n} assignments are in {folder}, in the order of the lecture:").format(
            n=len(copied.assignments), folder=folder
        )
    )
    for number, name in enumerate(copied.assignments, start=1):
        line(f"  {number}  {name}")
    if kept := copied.that_are("kept"):
        files = ", ".join(map(str, kept))
        line(_("Kept as you have changed them: {files}").format(files=files))
    if renewed := copied.that_are("renewed"):
        files = ", ".join(map(str, renewed))
        line(_("Replaced, as you had not changed them: {files}").format(files=files))
    first = copied.assignments[0]
    line("")
    line(_("What to do first:"))
    line(f"  cd {shlex.quote(str(folder))}")
    line("  autograder watch")
    line("")
    line(
        _(
            "Then open {script} in your editor, or {notebook} in Jupyter (they say the same; take one), "
            "read the first exercise and write it in place of `# YOUR CODE HERE` and of the line below it. "
            "Each time you save, `watch` shows what is right, what is wrong, and what to do next."
        ).format(script=f"{first}/{first}.py", notebook=f"{first}/{first}.ipynb")
    )
