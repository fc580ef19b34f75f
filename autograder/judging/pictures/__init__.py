"""A wrong case as people see it: what was asked, what came back, what was expected, and where they differ.

`failure` is the record of such a case; `layout` decides which cells are shown; `text` renders it.
A student's check shows visible cases (`student.feedback`), a graded class cases that are like hidden ones
(`judging.siblings`).
"""
