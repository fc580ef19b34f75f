"""`autograder models`: the classic networks counted, as a table for the terminal, as Markdown or as JSON.

The first table has a line a network, the second is the lecture's table of the ResNets row by row: output size
and multiply-adds of each stage, their sum, and what the lecture prints. Notes say what was counted and how.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TextIO

from autograder.base.messages import Text, say
from autograder.cnn.models.networks import DEPTHS, Convention, Network, networks

Choice = Convention | Literal["all"]
Format = Literal["text", "markdown", "json"]
Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""The headings, the lines."""


def write(choice: Choice, format: Format, lang: str, file: TextIO) -> None:
    """Print the networks of one convention, or all variants."""
    found = networks(choice)
    tables = [_summary(found, lang), *_resnet_tables(found, lang)]
    notes = [note.in_language(lang) for note in _notes(choice)]
    match format:
        case "json":
            data = {
                "convention": choice,
                "networks": [_to_data(one, lang) for one in found],
                "notes": notes,
            }
            json.dump(data, file, ensure_ascii=False, indent=1)
            file.write("\n")
        case "markdown":
            file.write("\n\n".join([*map(_markdown, tables), *notes]) + "\n")
        case "text":
            _text(tables, notes, file)


# ------------------------------------------------------------------------------------------- what is told


def _summary(found: Iterable[Network], lang: str) -> Table:
    headings = (
        say("cnn.models.column_network"),
        say("cnn.models.column_variant"),
        say("cnn.models.column_parameters"),
        say("cnn.models.column_multiply_adds"),
        say("cnn.models.column_lecture"),
        say("cnn.models.column_output_sizes"),
    )
    lines = []
    for one in found:
        total = one.total
        lines.append(
            (
                one.name,
                one.variant.in_language(lang),
                f"{total.parameters:,}",
                f"{total.macs:,}",
                f"{one.printed} × 10⁹" if one.printed else "–",
                " → ".join(map(str, one.output_sizes())),
            )
        )
    return [heading.in_language(lang) for heading in headings], lines


def _resnet_tables(found: Iterable[Network], lang: str) -> Iterable[Table]:
    """The lecture's table; twice where both variants of each ResNet are asked for."""
    by_name: dict[str, list[Network]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    for resnets in zip(*(by_name[f"ResNet-{depth}"] for depth in DEPTHS), strict=True):
        yield _resnet_table(resnets, lang)


def _resnet_table(resnets: Sequence[Network], lang: str) -> Table:
    headings = [say("cnn.models.column_layers"), say("cnn.models.column_output_size")]
    lines = []
    for rows in zip(*(one.rows() for one in resnets), strict=True):
        name, cost = rows[0]
        size = f"{cost.shape[1]}×{cost.shape[2]}"
        lines.append([name, size, *(f"{cost.macs:,}" for _, cost in rows)])
    total, lecture = (
        say("cnn.models.row_total").in_language(lang),
        say("cnn.models.column_lecture").in_language(lang),
    )
    lines.append([total, "", *(f"{one.total.macs:,}" for one in resnets)])
    lines.append([lecture, "", *(f"{one.printed} × 10⁹" for one in resnets)])
    return [*(heading.in_language(lang) for heading in headings), *(one.name for one in resnets)], lines


def _notes(choice: Choice) -> list[Text]:
    notes = [say("cnn.models.note_counting")]
    if choice != "library":
        notes.append(say("cnn.models.note_papers"))
        notes.append(say("cnn.models.note_rounding"))
    if choice != "paper":
        notes.append(say("cnn.models.note_libraries"))
    return notes


def _to_data(one: Network, lang: str) -> dict[str, Any]:
    total = one.total
    return {
        "name": one.name,
        "variant": one.variant.in_language(lang),
        "input": list(one.input_shape),
        "parameters": total.parameters,
        "macs": total.macs,
        "lecture": one.printed or None,
        "output_sizes": one.output_sizes(),
        "stages": [
            {"name": name, "output": list(cost.shape), "parameters": cost.parameters, "macs": cost.macs}
            for name, cost in one.rows()
        ],
    }


# --------------------------------------------------------------------------------------- how it is shown


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell in ("", "–")


def _markdown(table: Table) -> str:
    headings, lines = table
    right = _right_aligned(table)
    rule = ["---:" if right(column) else "---" for column in range(len(headings))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, rule, *lines))


def _right_aligned(table: Table) -> Callable[[int], bool]:
    """Columns of single numbers."""
    _, lines = table
    return lambda column: all(_is_number(line[column]) and "→" not in line[column] for line in lines)


def _text(tables: Sequence[Table], notes: Sequence[str], file: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table as Shown

    unbounded = Console(file=file, width=1000)  # no digit may fall victim to a narrow terminal
    for table in tables:
        headings, lines = table
        right = _right_aligned(table)
        shown = Shown(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column, heading in enumerate(headings):
            shown.add_column(heading, justify="right" if right(column) else "left", no_wrap=True)
        for line in lines:
            shown.add_row(*line)
        unbounded.print(shown)
        unbounded.print()
    console = Console(file=file, highlight=False)
    for note in notes:
        console.print(note, markup=False)
