"""How often a sibling case fails where its hidden group fails, and what siblings cost in a key.

For every misconception, pair of frequent ones and mutant of the course's references: in how many of the
groups, and of the exercises, that lose points against a fresh hidden key some sibling fails, too, so that the
student is shown one. Then, for each assignment, its calls, the key's size, and how long it takes to draw it
and to load it.

    python benchmarks/siblings.py [--draws 1] [--mutants] [ASSIGNMENT ...]
"""

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring import assignment
from autograder.authoring.draw import draw_hidden
from autograder.authoring.exercise import Exercise
from autograder.authoring.mutants import mutants
from autograder.base.timeout import OutOfTime, interrupted_after
from autograder.judging import in_process
from autograder.judging.answer_key import AnswerKey, from_bytes, to_bytes
from autograder.judging.judge import accepts, calls

SOLUTIONS = Path(__file__).parent.parent / "solutions"


def failed_groups(key: AnswerKey, function: Callable[..., Any]) -> set[str]:
    """The groups of a key of one exercise in which a function fails."""
    (exercise,) = key.exercises
    outcomes = in_process.outcomes(key, {exercise.name: function})
    return {
        group.name
        for group in exercise.groups
        if not all([accepts(case, next(outcomes)) for case in group.cases])
    }


def wrong_functions(exercise: Exercise, *, mutated: bool) -> Iterator[tuple[str, Callable[..., Any]]]:
    for known in (*exercise.misconceptions, *exercise.pairs()):
        yield known.id, known.run
    if mutated:
        for mutant in mutants(exercise.reference, apart_from=frozenset()):
            yield mutant.change, mutant.run


def of_exercise(key: AnswerKey, exercise: Exercise, *, mutated: bool) -> tuple[Counter[str], list[str]]:
    """Counts of groups and functions that fail, and that are shown; the functions that are not."""
    counts: Counter[str] = Counter()
    unseen = []
    (wanted,) = (each for each in key.exercises if each.name == exercise.name)
    own = replace(key, exercises=(wanted,))
    for name, function in wrong_functions(exercise, mutated=mutated):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(), interrupted_after(10.0):
                warnings.simplefilter("ignore")
                failed = failed_groups(own, function)
                shown = failed_groups(own.siblings, function) if own.siblings.exercises else set()
        except OutOfTime:
            continue
        counts["groups"] += len(failed)
        counts["groups shown"] += len(failed & shown)
        counts["functions"] += bool(failed)
        counts["functions shown"] += bool(failed & shown)
        if failed and not failed & shown:
            unseen.append(f"{exercise.name} {name}: {', '.join(sorted(failed))}")
    return counts, unseen


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("assignments", nargs="*")
    options.add_argument("--draws", type=int, default=1)
    options.add_argument("--mutants", action="store_true")
    chosen = options.parse_args()
    total: Counter[str] = Counter()
    for one in assignment.load_all(SOLUTIONS):
        if chosen.assignments and one.name not in chosen.assignments:
            continue
        for _ in range(chosen.draws):
            start = time.process_time()
            key = draw_hidden(one.name, one.exercises, domain=one.domain)
            drawn, content = time.process_time() - start, to_bytes(key)
            start = time.process_time()
            from_bytes(content)
            loaded = time.process_time() - start
            counts: Counter[str] = Counter()
            for exercise in one.exercises:
                found, unseen = of_exercise(key, exercise, mutated=chosen.mutants)
                counts += found
                for line in unseen:
                    print("   not shown:", line)
            total += counts
            print(
                f"{one.name:<18}{share(counts)}  {len(calls(key))} + {len(calls(key.siblings))} calls, "
                f"{len(content) / 1024:.0f} KiB, drawn in {drawn:.2f} s, loaded in {1000 * loaded:.1f} ms"
            )
    print(f"{'together':<18}{share(total)}")


def share(counts: Counter[str]) -> str:
    parts = []
    for what in ("groups", "functions"):
        shown = counts[f"{what} shown"] / max(counts[what], 1)
        parts.append(f"{what} {counts[f'{what} shown']}/{counts[what]} ({100 * shown:.1f} %)")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
