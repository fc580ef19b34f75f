"""`autograder models`: the classic networks, counted."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from autograder.cli.common import LangOption, language


class ConventionChoice(StrEnum):
    paper = "paper"
    library = "library"
    all = "all"


class TableFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    json = "json"


def models(
    convention: Annotated[
        ConventionChoice,
        typer.Option(help="As the papers (and the lecture's table) count, as libraries do, or all variants."),
    ] = ConventionChoice.paper,
    format: Annotated[TableFormat, typer.Option(help="How the tables are written.")] = TableFormat.text,
    lang: LangOption = None,
) -> None:
    """Count AlexNet, GoogLeNet and the ResNets: parameters, multiply-adds, output sizes."""
    from autograder.cnn.models import table

    table.write(convention.value, format.value, language(lang), sys.stdout)
