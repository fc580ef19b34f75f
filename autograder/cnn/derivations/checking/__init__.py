"""Typed formulas against the right ones: which terms differ, which mistake leads there, and is it an answer.

The comparators of the derivation exercises call `answers`, and `documents` the rest. It never decides by
numbers: formulas are equal when their terms are.
"""
