"""The engine's formulas as SymPy's, for the tests that let SymPy differentiate them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy

from autograder.cnn.derivations.symbols import Atom, Derivative


def symbol(quantity: Atom | Derivative) -> sympy.Symbol:
    """The symbol that stands for an element or a derivative."""
    return sympy.Symbol(str(quantity))


def expression(formula: Mapping[Any, Fraction]) -> sympy.Expr:
    """A sum of products as SymPy writes it."""
    return sympy.Add(
        *(sympy.Rational(value) * sympy.Mul(*map(symbol, factors)) for factors, value in formula.items())
    )
