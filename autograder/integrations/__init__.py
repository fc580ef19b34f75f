"""Other people's systems: nbgrader (`nbgrader`) and Gradescope (`gradescope`).

Each translates between that system's files and `grading`, and judges nothing itself. Called by the
commands, or by those systems themselves. Neither system is imported before it is needed.
"""
