"""Views of results: a class for the instructor and other systems, a student's own check. One module a format.

The command line and the integrations call them; they read results and judge nothing. A format's `through` is
a generator that writes each result and yields it again, so that one pass over the store writes several files.
"""
