"""`autograder watch`: a student's assignments, checked again whenever one is saved.

Four parts, each of which can be tried alone: `progress` is what is known, and which exercise comes next;
`screen` draws it; `terminal` takes the whole terminal and gives it back; `session` joins them with the
watched folders, the keys and the checks. `memory` keeps what is known for the next time. The command line
calls `session.run`.
"""
