"""Hidden keys for the tests: drawn anew in every run, from a seed that is printed and can be given again."""

import os
import secrets
from collections import Counter

from autograder.authoring.draw import draw_key
from autograder.authoring.exercise import Exercise
from autograder.judging.answer_key import AnswerKey

SEED = int(os.environ.setdefault("AUTOGRADER_TEST_SEED", str(secrets.randbits(32))))
"""Also that of pytest-xdist's workers and of subprocesses, which inherit the variable."""

_drawn: Counter[str] = Counter()


def draw_hidden(name: str, exercises: tuple[Exercise, ...], *, domain: str = "") -> AnswerKey:
    """A key like the engine's, whose seed nobody can give: each draw of an assignment is another one."""
    _drawn[name] += 1
    return draw_key(name, exercises, f"{SEED} {_drawn[name]} {name}", domain, visible=False)
