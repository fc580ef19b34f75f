"""A picture of a student's own mistake: what they got, what was expected, and the smallest input for it.

`failure` is the record, cut out of what judging knows; `card` puts together all that is said of one exercise,
with what its subject adds (a smaller input, a formula); `layout` decides which cells are shown; `html` and
`text` write it down; `advice` says what to do next. A notebook's `check` and `autograder check` call this.
Only ever for visible cases: a hidden key is refused.
"""
