"""Name the function to mend first: another exercise's that fails by itself and that the failing one calls.

`evaluate` calls it with the submission's statements, which are read here and never run.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from autograder.base.messages import Message, Text, say
from autograder.judging.results import ExerciseResult, Verdict


def with_callees(sources: Iterable[str], exercises: Sequence[ExerciseResult]) -> tuple[ExerciseResult, ...]:
    """`exercises`, those that call a failing one with its name before everything else that is told."""
    not_at_fault = (Verdict.AC, Verdict.NR, Verdict.JE, Verdict.MISSING, Verdict.NI)
    failing = [exercise.name for exercise in exercises if exercise.verdict not in not_at_fault]
    uses = _uses(sources) if len(failing) > 1 else {}

    def told(exercise: ExerciseResult) -> ExerciseResult:
        reached = _reached(exercise.name, uses)
        callee = next((name for name in failing if name in reached and name != exercise.name), None)
        if callee is None or exercise.name not in failing:
            return exercise
        symptom, text, detail = (
            _first(callee, text) for text in (exercise.symptom, exercise.diagnosis, exercise.detail)
        )
        return replace(exercise, symptom=symptom, diagnosis=text, detail=detail)

    return tuple(map(told, exercises))


def _first(callee: str, text: Text | None) -> Text | None:
    if text is None:
        return None
    hint = {"hint": text.values["hint"]} if isinstance(text, Message) and "hint" in text.values else {}
    return say("symptom.calls_failing", callee=callee, said=text, **hint)


def _uses(sources: Iterable[str]) -> dict[str, set[str]]:
    """The names that each function and class at the top level reads and does not set."""
    uses: dict[str, set[str]] = {}
    for source in sources:
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
                own = {part.id for part in names if not isinstance(part.ctx, ast.Load)}
                uses[node.name] = {part.id for part in names} - own
    return uses


def _reached(name: str, uses: dict[str, set[str]]) -> set[str]:
    """What `name` calls, and what that calls."""
    reached, left = set[str](), [name]
    while left:
        new = uses.get(left.pop(), set()) - reached
        reached |= new
        left += new
    return reached
