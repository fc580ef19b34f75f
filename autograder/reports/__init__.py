"""Views of a graded class, one module a format. Each is a function of results and writes nothing else."""
