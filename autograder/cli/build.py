"""`autograder build`: make students' files and the hidden answer keys."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import EXIT_NOT_PASSED, PATH, fail_with, language_option, leave
from autograder.base.messages import translator
from autograder.cli.common import for_instructors, solutions_argument, told, warn_of_exposed

if TYPE_CHECKING:
    from autograder.authoring.build import Built


@click.command()
@solutions_argument
@click.option("--assignments", type=PATH, default="assignments", help="Where students' files go.")
@click.option("--keys", type=PATH, default="keys", help="Where the hidden answer keys go; never publish it.")
@click.option("--new-keys", is_flag=True, help="Draw all hidden keys anew; else they keep their inputs.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if students' files are out of date.")
@language_option
@for_instructors()
def build(solutions: Path, assignments: Path, keys: Path, new_keys: bool, check: bool, lang: str) -> None:
    """Make students' files and the hidden answer keys from the sources."""
    from autograder.authoring import assignment, mistakes
    from autograder.authoring import build as building
    from autograder.base.written import digest, remembering, remove

    _ = translator(lang)
    changed = False
    drawn: list[Built] = []
    try:
        course = assignment.load_all(solutions)
        visible = mistakes.check_release(
            course, lambda item: not check and (new_keys or not mistakes.is_current(item, keys))
        )
        from autograder.integrations.nbgrader.release import releasing

        with releasing() as released_text, ExitStack() as stack:
            written = {} if check else stack.enter_context(remembering(assignments))
            now = set()
            for item, key in zip(course, visible, strict=True):
                files = building.release(item, assignments, released_text, key, dry_run=check)
                if not check:
                    for path in (file.path for file in files):
                        name = path.relative_to(assignments).as_posix()
                        written[name] = digest(path.read_bytes())
                        now.add(name)
                    drawn.append(building.draw_keys(item, keys, fresh=new_keys))
                    files.append(drawn[-1])
                for file in files:
                    changed |= file.changed
                    if file.changed:
                        shown = _("file.out_of_date", file=file.path) if check else told(file, lang)
                        click.echo(shown)
            gone = [] if check else [name for name in written if name not in now]
            kept = remove(assignments, written, gone)
            for name in gone:
                changed = True
                id = "file.not_removed" if name in kept else "file.removed"
                click.echo(_(id, file=assignments / name))
        warn_of_exposed(file.path for file in drawn)
    except OSError as error:
        # An error in a file of nbgrader's own may carry no file name.
        fail_with(error, tempfile.gettempdir())
    if check and changed:
        leave(EXIT_NOT_PASSED)
    if not changed:
        click.echo(_("file.up_to_date"))
