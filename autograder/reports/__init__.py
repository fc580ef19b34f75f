"""Views of a graded class, one module a format. Each is a function of results and writes nothing else.

A format's `through` is a generator that writes each result as it passes and hands it on, so that several
files are written in one pass over the store.
"""
