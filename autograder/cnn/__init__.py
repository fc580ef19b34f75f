"""The course's subject: convolution, pooling and dense layers. The only package that knows them.

`derivations` is their mathematics, `recovery` reads the formula out of a student's function, `models`
counts classic networks, `explorer` is an interactive page. Only the command line imports this package; the
engine reaches it through one record that a key names (`judging.domain`).
"""
