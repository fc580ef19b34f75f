"""With this folder first on PYTHONPATH a Python process, and any that it starts, has no `autograder.cnn`."""

import sys


class _Nothing:
    """A finder that knows one thing: that there is no such package."""

    def find_spec(self, name, path=None, target=None):
        if name == "autograder.cnn" or name.startswith("autograder.cnn."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, _Nothing())
