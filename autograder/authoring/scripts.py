"""The scripts of a class's cases: the steps of a key, from what an author wrote in `Case.script`.

`draw` calls it. The arguments of a step are named after the parameters of the reference, each name once, so
that facts, symptoms and pictures speak of them as of a function's.
"""

import inspect
import itertools
import types
from typing import Any

from autograder.authoring.exercise import AuthoringError, Case
from autograder.base.messages import say
from autograder.judging.key_records import Step


def steps(reference: Any, case: Case) -> tuple[tuple[Step, ...], tuple[Any, ...]]:
    """The steps of a case with the arguments of all of them; of a function no steps, and its arguments.

    Raises
    ------
    AuthoringError
        A class without a script, a function with one, or a step that the reference does not know.
    """
    if isinstance(reference, type) != bool(case.script):
        wrong = "author.script_of_function" if case.script else "author.script_missing"
        raise AuthoringError(say(wrong, name=reference.__name__))
    if not case.script:
        return (), case.args
    used: set[str] = set()
    found = [Step("", "", _arguments(reference, "", len(case.args), used))]
    arguments = list(case.args)
    for entry in case.script:
        name, *given = (entry,) if isinstance(entry, str) else entry if isinstance(entry, tuple) else (None,)
        if not isinstance(name, str):
            raise AuthoringError(say("author.script_step", value=repr(entry)[:60]))
        called = None if isinstance(entry, str) else _arguments(reference, name, len(given), used)
        step = Step("", name, called)
        found.append(step._replace(label=_unique(step.written, used, " ({})")))
        arguments += given
    return tuple(found), tuple(arguments)


def telling(script: tuple[Step, ...], answer: dict[str, Any]) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """The script and the reference's answer without the values of methods that return nothing.

    What another solution returns there does not matter.
    """
    kept = {label: value for label, value in answer.items() if value is not None}
    if not kept:
        raise AuthoringError(say("author.script_gives_nothing"))
    return tuple(step if step.label in kept else step._replace(label="") for step in script), kept


def _arguments(reference: type, method: str, count: int, used: set[str]) -> tuple[str, ...]:
    """Names for the arguments of a call of a method, or of the class itself."""
    function = getattr(reference, method, None) if method else reference
    if not callable(function):
        raise AuthoringError(say("author.script_no_method", name=reference.__name__, method=method))
    known = list(inspect.signature(function).parameters)
    if method and isinstance(inspect.getattr_static(reference, method), types.FunctionType):
        known = known[1:]  # self
    known += [f"argument{number + 1}" for number in range(len(known), count)]
    return tuple(_unique(name, used, "{}") for name in known[:count])


def _unique(name: str, used: set[str], ending: str) -> str:
    numbered = (name + ending.format(number) for number in itertools.count(2))
    found = next(each for each in itertools.chain([name], numbered) if each not in used)
    used.add(found)
    return found
