"""Score an exercise inside a test cell that stock nbgrader runs in its kernel.

There the student's code shares a process with the hidden key, which is unsafe; routes A and B avoid it. An
honest student gets the same points and sentences in all three ways.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.base.messages import say
from autograder.judging.answer_key import HIDDEN, KeyFileError, load
from autograder.judging.results import Score


def hidden_score(function: Callable[..., Any], lang: str) -> Score:
    """The points of a function on the hidden key, found in $AUTOGRADER_KEYS or a folder `keys` further up.

    Prints the feedback for the student in the language `lang`.

    Raises
    ------
    KeyFileError
        There is no hidden key for the function.
    """
    from autograder.integrations.nbgrader.cells import feedback
    from autograder.student.checking import check_function

    name = function.__name__
    for path in _hidden_keys():
        key = load(path)
        if any(exercise.name == name for exercise in key.exercises):
            (result,) = check_function(key, function).result.exercises
            told = feedback(result, result.max_points, lang)
            print("\n".join(told.sentences))
            assert told.points is not None, "no sandbox takes part that could fail"
            return Score(told.points)
    raise KeyFileError(say("error.no_key_above", folder=Path.cwd(), name=name))


def _hidden_keys() -> list[Path]:
    named = os.environ.get("AUTOGRADER_KEYS")
    folders = [Path(named)] if named else [parent / "keys" for parent in (Path.cwd(), *Path.cwd().parents)]
    return [path for folder in folders for path in sorted(folder.glob("*" + HIDDEN))]
