"""`autograder watch`: check a student's assignments again whenever one is saved.

`progress` holds the state and chooses the next exercise; `screen` renders it; `terminal` switches to the
alternate screen and back; `memory` keeps the state between runs; `session`, called by the command line,
connects them with saved files, pressed keys and checks.
"""
