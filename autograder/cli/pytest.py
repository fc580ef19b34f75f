"""`autograder pytest`: pytest on a student's folder, obeying and importing nothing that lies in it."""

import os

import click

from autograder.base.command_line import fail, leave
from autograder.base.messages import say


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pytest(arguments: tuple[str, ...]) -> None:
    """Run pytest on students' files as data: no conftest.py, settings or cache of theirs is used."""
    try:
        import pytest
    except ModuleNotFoundError:
        fail(say("error.needs_package", package="pytest"))
    plugins = ("-p", "autograder.student.pytest_plugin", "-p", "no:cacheprovider")
    leave(pytest.main(["-c", os.devnull, "--rootdir", os.curdir, "--noconftest", *plugins, *arguments]))
