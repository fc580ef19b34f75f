"""The formula that a student's function computes, read off its values, beside the lecture's.

`readings` says which argument of a course's function is which quantity of a layer; `recover` asks the
function for values at unit arrays and compares; `in_file` runs a student's file in the sandbox for it;
`shrink` looks for the smallest layer in which a function fails. The function is only ever called, never
read.
"""
