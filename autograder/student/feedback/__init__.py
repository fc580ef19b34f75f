"""Show a student's mistake: what they got, what was expected, and the smallest input for it.

`failure` is the record of a wrong case; `card` collects all that is said of one exercise, with what its
subject adds (a smaller input, a formula); `layout` decides which cells are shown; `html` and `text` render
it; `advice` says what to do next. A notebook's `check` and `autograder check --html` call this. For visible
cases only: a hidden key is refused.
"""
