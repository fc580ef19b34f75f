"""A picture of a student's own mistake: what they got, what was expected, and the smallest input for it.

`failure` is the record, cut out of what judging knows; `shrink` looks for a smaller input with the lecture's
formula as its oracle; `card` puts together all that is said of one exercise; `layout` decides which cells are
shown; `html` and `text` write it down; `advice` says what to do next. A notebook's `check` and
`autograder check` call this. Only ever for visible cases: a hidden key is refused.
"""
