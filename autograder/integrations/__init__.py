"""Adapters to other grading systems: nbgrader (`nbgrader`) and Gradescope (`gradescope`).

Each translates between that system's files and `grading`, and judges nothing itself. They are called by the
command line or by those systems, which are imported only when needed.
"""
