"""What a student has in the tests: a folder with the visible key, and work in it."""

import json
import shutil
from pathlib import Path

import pytest

from autograder.authoring import assignment
from autograder.authoring.draw import draw_visible
from autograder.judging import answer_key
from tests import authored


@pytest.fixture(scope="session")
def visible_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    one = assignment.load(authored.write_course(tmp_path_factory.mktemp("course")))
    path = tmp_path_factory.mktemp("key") / "relu.visible.npz"
    answer_key.save(draw_visible(one.name, one.exercises, domain=one.domain), path)
    return path


@pytest.fixture
def folder(visible_key: Path, tmp_path: Path) -> Path:
    """What a student has: the visible key, beside which their work will lie."""
    shutil.copy(visible_key, tmp_path)
    return tmp_path


def work(folder: Path, text: str, name: str = "relu.py") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def notebook(*cells: str) -> str:
    listed = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed})
