"""Does the draw of a hidden key decide a point or a diagnosis? Many draws of each key, from a printed seed.

For each exercise: how many right functions some draw rejects (the alternatives, and the reference in single
precision: whatever is computed from its arguments is rounded to float32) and their greatest error, in units
of what is tolerated; how many misconceptions some draw accepts, how many lose a group in some draws only, and
the least error for which a group is lost. With `--diagnosed`, how many misconceptions and mutants are named
otherwise or lose other groups in some of so many draws. Details follow below each row.

Questions about a text are the same in every draw, and left out. Exit status 1: the draw decides something.

    python benchmarks/draws.py [training ...] [--draws 500] [--wrong 100] [--diagnosed 3] [--seed 1]
"""

import argparse
import contextlib
import copy
import secrets
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring.assignment import Assignment, load_all
from autograder.authoring.draw import draw_key, random_numbers
from autograder.authoring.exercise import Case, Exercise
from autograder.authoring.mutants import mutants
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import in_process
from autograder.judging.comparison import Comparator, as_numbers
from autograder.judging.judge import judge

Function = Callable[..., Any]
TITLES = ["right", "rejected", "error", "wrong", "accepted", "varying", "error", "diagnosed", "mutants"]
ANY = "any group"
DOUBLE_ONLY = ("numerical_gradient",)  # a difference quotient with h = 1e-5 is noise in single precision


class Single(np.ndarray):
    """Numbers from which only numbers in single precision come, whatever they are combined with."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        plain = [part.view(np.ndarray) if isinstance(part, np.ndarray) else part for part in inputs]
        value = single(getattr(ufunc, method)(*plain, **options))
        if out:
            out[0][...] = value
        return out[0] if out else value


def single(value: Any) -> Any:
    """`value`, the floating-point numbers in it rounded to single precision."""
    if isinstance(value, dict):
        return {name: single(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(single, value))
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float32).view(Single)
    return np.float32(value) if isinstance(value, np.floating) else value


def drawn(exercise: Exercise, entropy: str) -> list[tuple[str, Case, Any]]:
    """Group, case and expected value."""
    cases = [
        (group.name, case)
        for group in exercise.groups
        for case in group.cases(random_numbers(entropy, exercise.name, group.name), for_students=False)
    ]
    return [(name, case, exercise.reference(*copy.deepcopy(case.args))) for name, case in cases if case.args]


def error(accept: Comparator, got: Any, expected: Any) -> float:
    """The greatest error in units of what is tolerated: above 1, the value is not accepted."""
    kind = accept.difference(got, expected).kind
    wanted = None if isinstance(expected, tuple | dict) else as_numbers(expected)
    if kind in ("none", "values") and wanted is None and isinstance(expected, list | tuple | dict):
        parts = expected if isinstance(expected, dict) else range(len(expected))
        return max((error(accept, got[part], expected[part]) for part in parts), default=0.0)
    tolerated = accept.tolerance(wanted) if accept.unique and wanted is not None else 0.0
    if kind not in ("none", "values") or tolerated <= 0:
        return 0.0 if kind == "none" else np.inf
    return float(np.abs(np.asarray(got, dtype=float) - wanted).max(initial=0.0)) / tolerated


def errors(exercise: Exercise, function: Function, cases: list[tuple[str, Case, Any]]) -> dict[str, float]:
    """The greatest error in each group."""
    worst: dict[str, float] = {}
    for group, case, expected in cases:
        found = np.inf
        with contextlib.suppress(Exception):
            found = error(case.accept or exercise.accept, function(*copy.deepcopy(case.args)), expected)
        worst[group] = max(worst.get(group, 0.0), found)
    return worst


def values(exercise: Exercise, entropies: list[str], wrong: int) -> tuple[list[Any], list[str]]:
    """What the draws say of right functions and of misconceptions: columns, and details."""
    right = {function.__name__: function for function in exercise.alternatives}
    if exercise.name not in DOUBLE_ONLY:
        right["in single precision"] = lambda *args: single(exercise.reference(*single(args)))
    known = {misconception.id: misconception.run for misconception in exercise.misconceptions}
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number, entropy in enumerate(entropies):
        cases = drawn(exercise, entropy)
        for name, function in (right | known if number < wrong else right).items():
            worst = errors(exercise, function, cases)
            for group, amount in (worst | {ANY: max(worst.values())}).items():
                found[name, group].append(amount)
    lost = {at: sum(amount > 1 for amount in amounts) for at, amounts in found.items()}
    rejected = {at for at, times in lost.items() if at[0] in right and times}
    accepted = {at for at, times in lost.items() if at[0] in known and at[1] == ANY and times < wrong}
    varying = {at for at, times in lost.items() if at[0] in known and 0 < times < wrong}
    counts = [len({name for name, _ in some}) for some in (rejected, accepted, varying)]
    greatest = max(max(amounts) for (name, _), amounts in found.items() if name in right)
    least = min(
        (x for (name, _), amounts in found.items() if name in known for x in amounts if x > 1), default=0
    )
    lines = [
        f"{name}, {group}: lost in {lost[name, group]} of {len(found[name, group])} draws"
        for name, group in sorted(rejected | accepted | varying)
    ]
    return [len(right), counts[0], f"{greatest:.2g}", len(known), *counts[1:], f"{least:.2g}"], lines


def diagnoses(loaded: Assignment, exercise: Exercise, entropies: list[str]) -> tuple[list[Any], list[str]]:
    """Wrong functions that some draws name otherwise, or that lose other groups: columns, and details."""
    neighbours = frozenset(each.name for each in loaded.exercises if each is not exercise)
    known = {misconception.id: misconception.run for misconception in exercise.misconceptions}
    changed = {each.change: each.run for each in mutants(exercise.reference, apart_from=neighbours)}
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for entropy in entropies:
        key = draw_key(loaded.name, (exercise,), entropy, loaded.domain, visible=False)
        for name, function in (known | changed).items():
            with contextlib.suppress(OutOfTime), interrupted_after(5.0):
                (result,) = judge(key, in_process.outcomes(key, {exercise.name: function}))
                lost = [group.name for group in result.groups if group.points < group.max_points]
                seen[name][f"{result.misconception}, loses {' '.join(lost)}"] += 1
    differing = {name: dict(said) for name, said in seen.items() if len(said) > 1}
    lines = [f"{name}: {said}" for name, said in differing.items()]
    return [len(differing.keys() & known), len(differing.keys() & changed)], lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("only", nargs="*", help="assignments or exercises")
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--wrong", type=int, default=100, help="draws in which misconceptions are called")
    parser.add_argument("--diagnosed", type=int, default=0, help="draws in which wrong functions are judged")
    parser.add_argument("--seed", default=str(secrets.randbits(32)))
    options = parser.parse_args()
    entropies = [f"{options.seed} {number}" for number in range(options.draws)]
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    print(f"--seed {options.seed}")
    print(f"{'':26}", *(f"{title:>9}" for title in TITLES))
    decides = False
    for loaded in load_all(Path(__file__).parent.parent / "solutions"):
        for exercise in loaded.exercises:
            wanted = not options.only or {loaded.name, exercise.name} & {*options.only}
            if wanted and drawn(exercise, ""):
                columns, lines = values(exercise, entropies, min(options.wrong, options.draws))
                further, more = diagnoses(loaded, exercise, entropies[: options.diagnosed])
                print(f"{exercise.name:26}", *(f"{column:>9}" for column in columns + further))
                print(*(f"    {line}\n" for line in lines + more), sep="", end="", flush=True)
                decides |= any((columns[1], *columns[4:6], further[0]))
    sys.exit(decides)


if __name__ == "__main__":
    main()
