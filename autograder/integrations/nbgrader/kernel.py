"""The test cells' own answer where stock nbgrader runs them in its kernel.

There the student's code shares a process with the hidden key: unsafe, and what routes A and B are for. But
an honest student gets the same points and the same sentences.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.base.messages import say
from autograder.judging.answer_key import HIDDEN, KeyFileError, load
from autograder.judging.results import Score


def hidden_score(function: Callable[..., Any], lang: str) -> Score:
    """Points of a function on the hidden key, which lies in a folder `keys` above, or in $AUTOGRADER_KEYS.

    Prints what a student may know, in the language `lang`.

    Raises
    ------
    KeyFileError
        There is no hidden key for the function.
    """
    from autograder.integrations.nbgrader.cells import feedback
    from autograder.student.checking import check_with

    name = function.__name__
    for path in _hidden_keys():
        key = load(path)
        if any(exercise.name == name for exercise in key.exercises):
            (result,) = check_with(key, function).exercises
            told = feedback(result, result.max_points, lang)
            print("\n".join(told.sentences))
            return Score(told.points)
    raise KeyFileError(say("error.no_key_above", folder=Path.cwd(), name=name))


def _hidden_keys() -> list[Path]:
    named = os.environ.get("AUTOGRADER_KEYS")
    folders = [Path(named)] if named else [parent / "keys" for parent in (Path.cwd(), *Path.cwd().parents)]
    return [path for folder in folders for path in sorted(folder.glob("*" + HIDDEN))]
