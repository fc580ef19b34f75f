"""Recover the formula that a student's function computes from its values, and compare it with the lecture's.

`readings` says which argument of a course's function is which quantity of a layer; `recover` calls the
function on unit arrays and compares, `slips` names what differs; `shrink` looks for the smallest layer in
which a function fails, and offers both to the engine's feedback. Commands and notebooks call it. The function
is only called; its source is never read.
"""
