"""The command line, `autograder`: thin. It reads options, calls a room, prints, and sets the exit status.

A mistake in the call is one sentence on stderr and status 2. Heavy modules are imported by the command
that needs them: `autograder --help` answers at once.
"""

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from autograder.answer_key import AnswerKey
    from autograder.class_folder import SubmittedFile
    from autograder.grading import Graded, Settings
    from autograder.nbgrader_plugin.gradebook import Books
    from autograder.store import Store
    from autograder.verification import Report

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="An auto-graded course on back-propagation in convolutional networks. "
    "卷积神经网络反向传播课程的自动评分。",
)

EXIT_NOT_PASSED, EXIT_USAGE, EXIT_JUDGE_ERROR, EXIT_INTERRUPTED = 1, 2, 3, 130


class Lang(StrEnum):
    zh = "zh"
    en = "en"


class IsolationChoice(StrEnum):
    bubblewrap = "bubblewrap"
    process = "process"


class FormatChoice(StrEnum):
    text = "text"
    latex = "latex"
    markdown = "markdown"
    html = "html"
    json = "json"


class PartChoice(StrEnum):
    z = "z"
    delta = "delta"
    input = "input"
    weights = "weights"
    bias = "bias"
    all = "all"


class PoolChoice(StrEnum):
    max = "max"
    avg = "avg"


class ConventionChoice(StrEnum):
    paper = "paper"
    library = "library"
    all = "all"


class TableFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    json = "json"


LangOption = Annotated[
    Lang | None, typer.Option("--lang", help="Language of texts; the locale's unless said otherwise.")
]


def main() -> None:
    """Entry point of the `autograder` command."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app()


def _fail(message: str) -> NoReturn:
    typer.echo(f"autograder: {message}", err=True)
    raise typer.Exit(EXIT_USAGE)


def _language(lang: Lang | None) -> str:
    from autograder.messages import preferred_language

    return lang.value if lang else preferred_language()


@app.command()
def grade(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="submitted/<student>/<assignment>/<file>, a flat folder, a zip of either, or a file."
        ),
    ] = None,
    nbgrader: Annotated[
        Path | None,
        typer.Option(help="An nbgrader course: grade its submitted/ into its gradebook and autograded/."),
    ] = None,
    assignment: Annotated[
        str | None, typer.Option(help="Grade this assignment only; a flat folder needs it.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="Where the hidden answer keys are: keys, or the course's own keys.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where grades.csv, results.json and the store go: grades, or the course's own grades."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Submissions at a time; 0 means one a core.", min=0)] = 0,
    isolation: Annotated[
        IsolationChoice, typer.Option(help="bubblewrap, or process (weaker, needs nothing installed).")
    ] = IsolationChoice.bubblewrap,
    cpu_seconds: Annotated[float, typer.Option(help="Processor seconds a call may take.", min=0.1)] = 2.0,
    wall_seconds: Annotated[float, typer.Option(help="Seconds a submission may take.", min=1.0)] = 60.0,
    memory_mib: Annotated[int, typer.Option("--memory-mib", help="MiB a submission may take.", min=16)] = 512,
    lang: LangOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print results.json in place of the table.")] = False,
) -> None:
    """Grade a class of submissions against the hidden answer keys."""
    from concurrent.futures import BrokenExecutor

    from autograder import class_folder, grading
    from autograder.answer_key import KeyFileError
    from autograder.nbgrader_plugin.errors import CourseError
    from autograder.reports import output
    from autograder.sandbox import bubblewrap
    from autograder.sandbox.limits import Limits
    from autograder.store import Store, StoreError

    if (path is None) == (nbgrader is None):
        _fail("name either a folder of submissions or, with --nbgrader, a course.")
    root = nbgrader or Path()
    path, keys, out = path or root / "submitted", keys or root / "keys", out or root / "grades"
    limits = Limits(cpu_seconds=cpu_seconds, wall_seconds=wall_seconds, memory=memory_mib * 2**20)
    settings = grading.Settings(isolation.value, limits)
    try:
        if isolation is IsolationChoice.bubblewrap:
            bubblewrap.require()
        files = class_folder.find(path, assignment, grading.known_assignments(keys))
        answer_keys = grading.load_keys(keys, sorted({file.assignment for file in files}))
        with Store(out / "results.sqlite") as store, _open_books(nbgrader) as books:
            workers = jobs or os.cpu_count() or 1
            graded = _grade_with_progress(files, answer_keys, settings, store, workers, books)
            failed = output.write(
                lambda: (grading.result_of(one, store) for one in graded),
                [exercise.name for _, key in answer_keys.values() for exercise in key.exercises],
                out,
                _language(lang),
                as_json=json,
            )
    except (
        bubblewrap.BubblewrapMissing,
        class_folder.ClassFolderError,
        CourseError,
        KeyFileError,
        StoreError,
    ) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or out}: {error.strerror or error}.")
    except BrokenExecutor:
        typer.echo(
            "autograder: a worker process was killed; what is graded is kept, and the same command goes on "
            "from there.",
            err=True,
        )
        raise typer.Exit(EXIT_JUDGE_ERROR) from None
    except KeyboardInterrupt:
        typer.echo(
            "autograder: interrupted; what is graded is kept, and the same command goes on from there.",
            err=True,
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    for one in books.failed if books else ():
        why = one.why.in_language(_language(lang))
        typer.echo(f"autograder: {one.student}, {one.assignment}: {why}", err=True)
        failed = True
    if failed:
        raise typer.Exit(EXIT_JUDGE_ERROR)


def _grade_with_progress(
    files: "list[SubmittedFile]",
    answer_keys: "dict[str, tuple[Path, AnswerKey]]",
    settings: "Settings",
    store: "Store",
    jobs: int,
    books: "Books | None",
) -> "list[Graded]":
    """Grade in worker processes, with a progress bar and the time left on stderr."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from autograder import grading

    workers = max(1, min(jobs, len(files)))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _ignore_interrupts)
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("grading", total=len(files))

            def on_graded(one: "Graded", anew: bool) -> None:
                if books is not None:
                    books.write(one.file, grading.result_of(one, store))
                progress.advance(task)

            return grading.grade_class(
                files,
                answer_keys,
                settings,
                store,
                executor,
                workers,
                on_graded,
            )
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _open_books(root: Path | None) -> "AbstractContextManager[Books | None]":
    """The gradebook of an nbgrader course, or nothing where there is no course."""
    if root is None:
        return nullcontext()
    from autograder.nbgrader_plugin import course
    from autograder.nbgrader_plugin.gradebook import Books

    return Books(course.load(root))


def _ignore_interrupts() -> None:
    """Ctrl-C is for the main process, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Your notebook or .py file, in the folder you were given.")],
    lang: LangOption = None,
    hint: Annotated[
        bool, typer.Option("--hint", help="Tell the idea behind a mistake at once, not only the second time.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check your own work against the visible cases: 0 when all pass, 1 when not."""
    from autograder.answer_key import KeyFileError
    from autograder.checking import CheckError, check_file

    try:
        result = check_file(file)
    except CheckError as error:
        _fail(error.text.in_language(_language(lang)))
    except KeyFileError as error:
        _fail(str(error))
    if json:
        from autograder.reports import json_file

        json_file.write([result], _language(lang), sys.stdout)
    else:
        from rich.console import Console

        from autograder import ladder
        from autograder.reports import terminal

        again = ladder.climb(file, result)
        told = {exercise.name for exercise in result.exercises} if hint else again
        terminal.check_list(result, _language(lang), Console(highlight=False), told, "--hint")
    if result.points < result.max_points:
        raise typer.Exit(EXIT_NOT_PASSED)


@app.command()
def build(
    solutions: Annotated[Path, typer.Argument(help="The folder of the assignments' sources.")] = Path(
        "solutions"
    ),
    assignments: Annotated[Path, typer.Option(help="Where students' files go.")] = Path("assignments"),
    keys: Annotated[Path, typer.Option(help="Where the hidden answer keys go; never publish it.")] = Path(
        "keys"
    ),
    new_keys: Annotated[bool, typer.Option("--new-keys", help="Draw all hidden keys anew.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if students' files are out of date.")
    ] = False,
) -> None:
    """Make students' files and the hidden answer keys from the sources."""
    from autograder import assignment
    from autograder import build as building
    from autograder.exercise import AuthoringError
    from autograder.nbgrader_plugin.release import released_text

    changed = False
    try:
        for one in assignment.load_all(solutions):
            files = building.release(one, assignments, released_text, dry_run=check)
            if not check:
                files.append(building.draw_keys(one, keys, fresh=new_keys))
            for file in files:
                changed |= file.changed
                if file.changed:
                    typer.echo(f"{'out of date' if check else 'wrote'}: {file.path}")
    except AuthoringError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror or error}.")
    if check and changed:
        raise typer.Exit(EXIT_NOT_PASSED)
    if not changed:
        typer.echo("up to date")


@app.command()
def verify(
    assignments: Annotated[
        list[str] | None, typer.Argument(help="Which assignments; all unless said otherwise.")
    ] = None,
    solutions: Annotated[Path, typer.Option(help="The folder of the assignments' sources.")] = Path(
        "solutions"
    ),
    draws: Annotated[int, typer.Option(help="Fresh hidden keys to try.", min=1)] = 20,
    jobs: Annotated[int, typer.Option(help="Exercises at a time; 0 means one a core.", min=0)] = 0,
    lang: LangOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Test the tests: is everything wrong rejected and named, everything right accepted? 1 when not."""
    from autograder import verification
    from autograder.exercise import AuthoringError

    try:
        folders = verification.chosen(solutions, assignments or [])
        reports = _verify_with_progress(folders, draws, jobs or os.cpu_count() or 1)
    except AuthoringError as error:
        _fail(str(error))
    if json:
        from json import dumps

        typer.echo(dumps(verification.to_data(reports), ensure_ascii=False, indent=1))
    else:
        from rich.console import Console

        from autograder.reports import verification_table

        verification_table.show(reports, _language(lang), Console(highlight=False))
    if not verification.sound(reports):
        raise typer.Exit(EXIT_NOT_PASSED)


def _verify_with_progress(folders: list[Path], draws: int, jobs: int) -> "list[Report]":
    """Verify exercises in worker processes, with a progress bar on stderr; in the order of the course."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from rich.console import Console
    from rich.progress import track

    from autograder import verification

    tasks = [(folder, name, draws) for folder in folders for name in verification.exercise_names(folder)]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as executor:
        futures = [executor.submit(verification.verify_exercise, *task) for task in tasks]
        console = Console(stderr=True)
        try:
            return [
                future.result() for future in track(futures, "verifying", console=console, transient=True)
            ]
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


nbgrader_app = typer.Typer(no_args_is_help=True, help="Courses that nbgrader's own commands work on.")
app.add_typer(nbgrader_app, name="nbgrader")


@nbgrader_app.command("init")
def nbgrader_init(
    folder: Annotated[Path, typer.Argument(help="The course folder to make or refresh.")],
    assignments: Annotated[
        list[str] | None, typer.Argument(help="Which assignments; all unless said otherwise.")
    ] = None,
    solutions: Annotated[Path, typer.Option(help="The folder of the assignments' sources.")] = Path(
        "solutions"
    ),
    lang: LangOption = None,
) -> None:
    """Make an nbgrader course: config, source notebooks, hidden keys."""
    from autograder import assignment
    from autograder.exercise import AuthoringError
    from autograder.nbgrader_plugin import course

    try:
        chosen = [assignment.load(solutions / name) for name in assignments or []]
        files = course.init(folder, chosen or assignment.load_all(solutions), _language(lang))
    except AuthoringError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror or error}.")
    for file in files:
        if file.changed:
            typer.echo(f"wrote: {file.path}")
    typer.echo(
        f"next, in {folder}: nbgrader generate_assignment {' | '.join(one.name for one in chosen) or '…'}"
    )


@nbgrader_app.callback()
def _nbgrader() -> None:
    """Keeps `init` a subcommand."""


FormatOption = Annotated[FormatChoice, typer.Option("--format", help="How formulas are written.")]
LayerNamesOption = Annotated[
    bool, typer.Option("--layer-names", help="Name every quantity's layer, as in δ₁₁⁽ˡ⁾.")
]


@app.command()
def derive(
    input: Annotated[
        str | None, typer.Option("--input", help="Height x width of the layer before; 3x3, or 4x4 to pool.")
    ] = None,
    kernel: Annotated[str, typer.Option("--kernel", help="Of the kernel, or of the pooling window.")] = "2x2",
    stride: Annotated[int | None, typer.Option(help="1, or the window's size for pooling.")] = None,
    padding: Annotated[int, typer.Option(help="Zeros on each side of the input.")] = 0,
    channels: Annotated[int, typer.Option(help="Maps of the layer before.")] = 1,
    kernels: Annotated[int, typer.Option(help="Kernels, and so maps of this layer.")] = 1,
    pool: Annotated[PoolChoice | None, typer.Option(help="Pooling in place of a convolution.")] = None,
    winners: Annotated[
        str,
        typer.Option(
            help='For max pooling, the largest element of each window, row by row: "1,2 1,3 4,1 3,4".'
        ),
    ] = "",
    dense: Annotated[
        str | None, typer.Option(help="A fully connected layer in place: outputs x inputs.")
    ] = None,
    of: Annotated[
        PartChoice,
        typer.Option(help="z, δ of the layer before, the same without σ′ (input), ∂J/∂w, ∂J/∂b, or all."),
    ] = PartChoice.all,
    steps: Annotated[
        bool | None,
        typer.Option("--steps/--no-steps", help="Every step, or results only; steps for small layers."),
    ] = None,
    layer_names: LayerNamesOption = False,
    format: FormatOption = FormatChoice.text,
    lang: LangOption = None,
) -> None:
    """Write out z, residuals and gradients of a layer of any size, as the lecture derives them."""
    from autograder.symbolic import options, render
    from autograder.symbolic.layer import LayerError
    from autograder.symbolic.steps import derive as derivation

    try:
        sizes = options.described(
            input, kernel, stride, padding, channels, kernels, pool.value if pool else "", winners, dense
        )
        page = derivation(sizes, of.value, steps)
    except LayerError as error:
        _fail(error.text.in_language(_language(lang)))
    typer.echo(render.document(page, format.value, _language(lang), layer_names), nl=False)


@app.command()
def formula(
    file: Annotated[Path, typer.Argument(help="A notebook or .py file.")],
    function: Annotated[str, typer.Argument(help="The function whose formula is wanted.")],
    meant: Annotated[
        str, typer.Option("--as", help="The course's function that it is meant to be, if its name differs.")
    ] = "",
    input: Annotated[str | None, typer.Option("--input", help="Height x width of the layer before.")] = None,
    kernel: Annotated[
        str | None, typer.Option("--kernel", help="Of the kernel, or of the pooling window.")
    ] = None,
    stride: Annotated[int | None, typer.Option()] = None,
    padding: Annotated[int | None, typer.Option()] = None,
    channels: Annotated[int | None, typer.Option()] = None,
    kernels: Annotated[int | None, typer.Option()] = None,
    samples: Annotated[int | None, typer.Option(help="Inputs of a batch.")] = None,
    dense: Annotated[str | None, typer.Option(help="Of a fully connected layer: outputs x inputs.")] = None,
    isolation: Annotated[
        IsolationChoice, typer.Option(help="process, or bubblewrap for files that are not your own.")
    ] = IsolationChoice.process,
    layer_names: LayerNamesOption = False,
    format: FormatOption = FormatChoice.text,
    lang: LangOption = None,
) -> None:
    """Show the formula that a function computes, beside the lecture's: 0 when equal, 1 when not."""
    from autograder.recovering import recover_file
    from autograder.sandbox.bubblewrap import BubblewrapMissing
    from autograder.sandbox.client import SandboxError
    from autograder.submission import SubmissionError
    from autograder.symbolic import options, render
    from autograder.symbolic.layer import LayerError
    from autograder.symbolic.readings import NoFormula, RecoverError, Sizes

    language = _language(lang)
    try:
        shapes = [options.size(text) if text is not None else None for text in (input, kernel, dense)]
        sizes = Sizes(shapes[0], shapes[1], stride, padding, channels, kernels, samples, shapes[2])
        found = recover_file(file, function, sizes, meant, isolation.value)
    except NoFormula as error:
        typer.echo(error.text.in_language(language))
        raise typer.Exit(EXIT_NOT_PASSED) from None
    except (LayerError, RecoverError, SubmissionError) as error:
        _fail(error.text.in_language(language))
    except (BubblewrapMissing, SandboxError) as error:
        _fail(str(error))
    typer.echo(render.document(found.page, format.value, language, layer_names), nl=False)
    if not found.agrees:
        raise typer.Exit(EXIT_NOT_PASSED)


@app.command("check-derivation")
def check_derivation(
    file: Annotated[Path, typer.Argument(help="Markdown, LaTeX, a notebook or plain text.")],
    input: Annotated[
        str | None, typer.Option("--input", help="Height x width of the layer before; else from the text.")
    ] = None,
    kernel: Annotated[
        str | None, typer.Option("--kernel", help="Height x width of the kernel; else from the text.")
    ] = None,
    stride: Annotated[int, typer.Option()] = 1,
    padding: Annotated[int, typer.Option(help="Zeros on each side of the input.")] = 0,
    lang: LangOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check every equation of a text on convolutions: 0 when nothing is wrong, 1 when something is."""
    from autograder.symbolic import documents, options
    from autograder.symbolic.layer import LayerError

    language = _language(lang)
    try:
        sizes = [options.size(text) if text is not None else None for text in (input, kernel)]
        report = documents.check_file(file, documents.Options(sizes[0], sizes[1], stride, padding))
    except (LayerError, documents.DocumentError) as error:
        _fail(error.text.in_language(language))
    from autograder.reports import derivation

    if json:
        derivation.write_json(report, language, sys.stdout)
    else:
        from rich.console import Console

        derivation.show(report, language, Console(highlight=False))
    if report.counts["wrong"]:
        raise typer.Exit(EXIT_NOT_PASSED)


@app.command()
def models(
    convention: Annotated[
        ConventionChoice,
        typer.Option(help="As the papers (and the lecture's table) count, as libraries do, or all variants."),
    ] = ConventionChoice.paper,
    format: Annotated[TableFormat, typer.Option(help="How the tables are written.")] = TableFormat.text,
    lang: LangOption = None,
) -> None:
    """Count AlexNet, GoogLeNet and the ResNets: parameters, multiply-adds, output sizes."""
    from autograder.reports import models_table

    models_table.write(convention.value, format.value, _language(lang), sys.stdout)
