"""`evaluate` of one submission: the notes tell an honest author enough, and never too much to read."""

import json
import re

import pytest

from autograder.base.messages import say
from autograder.judging.answer_key import AnswerKey
from autograder.judging.evaluate import Evaluation, evaluate, safe_notes, unreadable
from autograder.judging.results import Verdict
from autograder.sandbox.client import SandboxError
from autograder.sandbox.records import LoadNote, Outcome, Run
from tests import authored


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> AnswerKey:
    from autograder.judging import answer_key

    folder = tmp_path_factory.mktemp("evaluate")
    authored.write_course(folder / "solutions")
    authored.draw_keys(folder / "solutions", folder / "keys")
    return answer_key.load(folder / "keys" / f"relu{answer_key.HIDDEN}")


def notebook(*sources: str) -> bytes:
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def done(key: AnswerKey, content: bytes, *notes: LoadNote) -> Evaluation:
    """What comes of a notebook none of whose functions is there, but whose statements have such notes."""
    missing = tuple(Outcome("missing") for exercise in key.exercises for _ in exercise.cases)
    return evaluate("a.ipynb", content, key, lambda statements: Run(missing, notes))


def test_of_a_hundred_thousand_notes_a_few_are_told_and_how_many_there_are(key: AnswerKey) -> None:
    content = notebook("x = 1", *["("] * 30_000)
    for told in (done(key, content).notes, safe_notes("a.ipynb", content)):
        assert len(told) == 21
        assert told[0].in_language("en").startswith("cell 2, line 1: syntax error")
        assert (told[-1].in_language("en"), told[-1].in_language("zh")) == (
            "And 29980 more.",
            "另有 29980 处。",
        )


@pytest.mark.parametrize("source", ["x = 1\0", "-" * 60_000 + "1", "#" * 200_000])
def test_what_cannot_be_read_is_told_in_the_readers_language(key: AnswerKey, source: str) -> None:
    (note,) = done(key, notebook(source)).notes
    assert not re.search("[a-z]+ [a-z]+ ", note.in_language("zh"))


def test_why_the_grader_failed_is_told_in_the_readers_language(key: AnswerKey) -> None:
    def fails(statements: object) -> Run:
        raise SandboxError(say("sandbox.no_answer"))

    (note,) = evaluate("a.ipynb", notebook("x = 1"), key, fails).notes
    assert note.in_language("zh").endswith("沙箱没有回应")
    assert note.in_language("en").endswith("the sandbox does not answer")


def test_an_honest_file_with_many_mistakes_loses_no_note(key: AnswerKey) -> None:
    content = notebook("x = 1", *["(" for _ in range(20)])
    load = LoadNote("cell 21", 1, "NameError", "name 'np' is not defined")
    told = done(key, notebook("x = 1", *["("] * 20), load).notes
    assert (
        len(told) == 21
        and told[-1].in_language("en") == "cell 21, line 1: NameError: name 'np' is not defined"
    )
    assert len(safe_notes("a.ipynb", content)) == 20


def test_a_syntax_error_behind_many_notes_still_is_the_reason(key: AnswerKey) -> None:
    content = notebook("x = 1", *["for i in range(3):\n    y = i"] * 30, authored.BROKEN)
    result = done(key, content)
    assert len(result.notes) == 21
    assert {exercise.verdict for exercise in result.exercises} == {Verdict.RTE}


def test_no_note_is_longer_than_can_be_read_or_steers_a_terminal(key: AnswerKey) -> None:
    load = LoadNote("\x1b[31m" * 200, 1, "E" * 500, "x" * 50_000)
    (note,) = done(key, notebook("x = 1"), load).notes
    assert (
        len(note.in_language("en")) <= 1001
        and len(note.in_language("zh")) <= 1001
        and "\x1b" not in note.in_language("en") + note.in_language("zh")
    )
    (note,) = unreadable(key, say("note.file_unreadable", error="长" * 50_000)).notes
    assert len(note.in_language("en")) < 400 and len(note.in_language("zh")) < 400
