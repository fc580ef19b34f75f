"""`autograder models`: the classic networks, counted."""

import sys
from typing import TYPE_CHECKING

import click

from autograder.base.command_line import language_option

if TYPE_CHECKING:
    from autograder.cnn.models.table import Choice, Format


@click.command()
@click.option(
    "--convention",
    type=click.Choice(("paper", "library", "all")),
    default="paper",
    help="As the papers (and the lecture's table) count, as libraries do, or all variants.",
)
@click.option(
    "--format",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    help="How the tables are written.",
)
@language_option
def models(convention: "Choice", format: "Format", lang: str) -> None:
    """Count AlexNet, GoogLeNet and the ResNets: parameters, multiply-adds, output sizes."""
    from autograder.cnn.models import table

    table.write(convention, format, lang, sys.stdout)
