"""A whole text, checked: its equations found, the layer told that they speak of, and a verdict for each.

`check-derivation` and the notebook call it. What is not checked is counted and named, never passed as right.
"""
