"""`autograder models`: the classic networks counted, as a table for the terminal, as Markdown or as JSON.

The command calls `write`. The first table has a line a network, the second is the lecture's table of the
ResNets row by row: output size and multiply-adds of each stage, their sum, and the lecture's figures. Notes
say what was counted and how.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TextIO

from autograder.base.messages import Text, say
from autograder.cnn.models.networks import DEPTHS, Convention, Network, networks

Choice = Convention | Literal["all"]
Format = Literal["text", "markdown", "json"]
Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Headings and lines."""


def write(choice: Choice, format: Format, lang: str, file: TextIO) -> None:
    """Print the networks of one convention, or all variants."""
    found = networks(choice)
    tables = [_summary(found, lang), *_resnet_tables(found, lang)]
    notes = [note.in_language(lang) for note in _notes(choice)]
    match format:
        case "json":
            data = {
                "convention": choice,
                "networks": [_to_data(each, lang) for each in found],
                "notes": notes,
            }
            json.dump(data, file, ensure_ascii=False, indent=1)
            file.write("\n")
        case "markdown":
            file.write("\n\n".join([*map(_markdown, tables), *notes]) + "\n")
        case "text":
            _text(tables, notes, file)


# ---- Content ----------------------------------------------------------------------------------------------


def _summary(found: Sequence[Network], lang: str) -> Table:
    columns: dict[Text, list[str]] = {
        say("cnn.models.column_network"): [each.name for each in found],
        say("cnn.models.column_variant"): [each.variant.in_language(lang) for each in found],
        say("cnn.models.column_parameters"): [f"{each.total.parameters:,}" for each in found],
        say("cnn.models.column_multiply_adds"): [f"{each.total.macs:,}" for each in found],
        say("cnn.models.column_lecture"): [
            f"{each.printed} × 10⁹" if each.printed else "–" for each in found
        ],
        say("cnn.models.column_output_sizes"): [" → ".join(map(str, each.output_sizes())) for each in found],
    }
    return [each.in_language(lang) for each in columns], [*zip(*columns.values(), strict=True)]


def _printed(network: Network) -> str:
    return f"{network.printed} × 10⁹" if network.printed else "–"


def _resnet_tables(found: Iterable[Network], lang: str) -> Iterable[Table]:
    """The lecture's table; one for each variant of the ResNets."""
    by_name: dict[str, list[Network]] = {}
    for network in found:
        by_name.setdefault(network.name, []).append(network)
    for resnets in zip(*(by_name[f"ResNet-{depth}"] for depth in DEPTHS), strict=True):
        yield _resnet_table(resnets, lang)


def _resnet_table(resnets: Sequence[Network], lang: str) -> Table:
    headings = [say("cnn.models.column_layers"), say("cnn.models.column_output_size")]
    lines = []
    for rows in zip(*(network.rows() for network in resnets), strict=True):
        name, cost = rows[0]
        size = f"{cost.shape[1]}×{cost.shape[2]}"
        lines.append([name, size, *(f"{cost.macs:,}" for _, cost in rows)])
    total, lecture = say("cnn.models.row_total"), say("cnn.models.column_lecture")
    lines.append([total.in_language(lang), "", *(f"{network.total.macs:,}" for network in resnets)])
    lines.append([lecture.in_language(lang), "", *map(_printed, resnets)])
    names = (network.name for network in resnets)
    return [*(heading.in_language(lang) for heading in headings), *names], lines


def _notes(choice: Choice) -> list[Text]:
    notes = [say("cnn.models.note_counting")]
    if choice != "library":
        notes.append(say("cnn.models.note_papers"))
        notes.append(say("cnn.models.note_rounding"))
    if choice != "paper":
        notes.append(say("cnn.models.note_libraries"))
    return notes


def _to_data(network: Network, lang: str) -> dict[str, Any]:
    total = network.total
    return {
        "name": network.name,
        "variant": network.variant.in_language(lang),
        "input": list(network.input_shape),
        "parameters": total.parameters,
        "macs": total.macs,
        "lecture": network.printed or None,
        "output_sizes": network.output_sizes(),
        "stages": [
            {"name": name, "output": list(cost.shape), "parameters": cost.parameters, "macs": cost.macs}
            for name, cost in network.rows()
        ],
    }


# ---- Formats ----------------------------------------------------------------------------------------------


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell in ("", "–")


def _markdown(table: Table) -> str:
    headings, lines = table
    right = _right_aligned(table)
    rule = ["---:" if right(column) else "---" for column in range(len(headings))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, rule, *lines))


def _right_aligned(table: Table) -> Callable[[int], bool]:
    """Whether a column holds single numbers."""
    _, lines = table
    return lambda column: all(_is_number(line[column]) and "→" not in line[column] for line in lines)


def _text(tables: Sequence[Table], notes: Sequence[str], file: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table as Shown

    unbounded = Console(file=file, width=1000)  # a narrow terminal must not cut off digits
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
