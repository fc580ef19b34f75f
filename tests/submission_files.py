"""Files of submissions for the tests, and what is read from them."""

import json
from typing import Any

from autograder.submissions import class_folder
from autograder.submissions.class_folder import SubmittedFile
from autograder.submissions.records import Submission
from autograder.submissions.source import read


def find(*arguments: Any) -> list[SubmittedFile]:
    """The files that count in a class."""
    return class_folder.find(*arguments).files


def code(source: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source} | more


def notebook(*cells: Any, **more: Any) -> bytes:
    """An `.ipynb` file; a string stands for a code cell."""
    listed = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed} | more).encode()


def kept(text: str) -> list[str]:
    """The statements read from one text, the same from a `.py` and from a notebook's cell."""
    script = read("a.py", text.encode())
    cell = read("a.ipynb", notebook(text))
    assert [s.source for s in script.statements] == [s.source for s in cell.statements]
    assert [(n.line, n.kind, n.text) for n in script.notes] == [(n.line, n.kind, n.text) for n in cell.notes]
    return [statement.source for statement in script.statements]


def sources(submission: Submission) -> list[str]:
    return [statement.source for statement in submission.statements]


def notes(submission: Submission) -> list[tuple[str, int, str]]:
    return [(note.where, note.line, note.kind) for note in submission.notes]
