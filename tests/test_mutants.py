"""The mutator: which slips it makes, that each is a program of its own, and that nothing else changes."""

import numpy as np
import pytest

from autograder.authoring.mutants import mutants


def scale(x, factor=2.0):
    """A docstring is not code: 1 + 1."""
    rows, columns = x.shape
    total = np.zeros((rows, columns))
    for row in range(rows):
        total[row] += factor * x[row, 0:columns]
    return total if factor > 0 else -total


def helper(x):
    return x.sum(axis=0)


def by_helper(x):
    return helper(x) + 1


def by_two_helpers(x):
    return by_helper(x) * 2


def subscripts(a, b):
    return np.einsum("ij,jk->ik", a, b)


CHANGES = {
    "a constant by one": "x[row, 0:columns] → x[row, 1:columns]",
    "a twin name": "range(rows) → range(columns)",
    "+= into =": "total[row] += factor * x[row, 0:columns] → total[row] = factor * x[row, 0:columns]",
    "a factor dropped": "factor * x[row, 0:columns] → x[row, 0:columns]",
    "an axis swapped": "(rows, columns) → (columns, rows)",
    "an unpacking swapped": "rows, columns → columns, rows",
    "a comparison": "factor > 0 → factor >= 0",
    "a branch": "total if factor > 0 else -total → total",
    "a sign dropped": "-total → total",
    "zeros for ones": "np.zeros → np.ones",
    "a loop too short": "range(rows) → range(rows - 1)",
    "a statement left out": "total[row] += factor * x[row, 0:columns] → pass",
}


@pytest.mark.parametrize("slip", CHANGES)
def test_slip_is_made(slip: str) -> None:
    made = {mutant.change.replace("(", "").replace(")", "") for mutant in mutants(scale)}
    assert CHANGES[slip].replace("(", "").replace(")", "") in made


def test_a_mutant_has_a_name_of_its_own_and_runs_apart_from_the_reference() -> None:
    changed = mutants(scale)
    assert len({mutant.change for mutant in changed}) == len(changed)
    x = np.arange(6.0).reshape(2, 3)
    results = []
    for mutant in changed:
        try:
            with np.errstate(all="ignore"):
                results.append(np.asarray(mutant.run(x)).tolist())
        except Exception as error:
            results.append(type(error).__name__)
    assert np.array_equal(scale(x), 2 * x)
    different = sum(result != (2 * x).tolist() for result in results)
    assert different > 0.7 * len(changed)


def test_the_source_of_a_mutant_is_the_function_that_was_changed() -> None:
    x = np.arange(6.0).reshape(2, 3)
    for reference, changed, names in ((scale, "scale", {"np": np}), (by_helper, "helper", {})):
        slip = "-total → total" if reference is scale else "x.sum(axis=0) → x.sum(axis=1)"
        (mutant,) = (one for one in mutants(reference) if one.change == slip)
        exec(mutant.source, names)
        arguments = (x, -2.0) if reference is scale else (x,)
        expected = -2 * x if reference is scale else x.sum(axis=1)
        assert np.array_equal(names[changed](*arguments), expected)


def test_default_values_and_docstrings_are_left_alone() -> None:
    assert not any("3.0" in mutant.change or "1 + 1" in mutant.change for mutant in mutants(scale))


def test_axes_in_subscripts_are_swapped() -> None:
    results = {mutant.change for mutant in mutants(subscripts)}
    assert any("'ji,jk->ik'" in change for change in results)
    assert any("'ij,jk->ki'" in change for change in results)


def test_helpers_are_changed_too_unless_they_are_exercises() -> None:
    changes = {mutant.change: mutant.run for mutant in mutants(by_helper)}
    assert "x.sum(axis=0) → x.sum(axis=1)" in changes
    x = np.arange(6.0).reshape(2, 3)
    assert changes["x.sum(axis=0) → x.sum(axis=1)"](x).tolist() == (x.sum(axis=1) + 1).tolist()
    apart = {mutant.change for mutant in mutants(by_helper, apart_from=frozenset({"helper"}))}
    assert apart and not any("axis" in change for change in apart)
    nested = {mutant.change: mutant.run for mutant in mutants(by_two_helpers)}
    assert nested["x.sum(axis=0) → x.sum(axis=1)"](x).tolist() == (2 * (x.sum(axis=1) + 1)).tolist()
