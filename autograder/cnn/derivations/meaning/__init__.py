"""What a typed formula means in a layer: a sum of products with exact coefficients.

`checking` and `documents` call it with the trees of `notation`. It never simplifies and never guesses: what
it cannot give a value raises `NotCovered` or `Meaningless`.
"""
