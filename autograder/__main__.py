"""`python -m autograder`, the same as `autograder`.

Python puts the current folder first on the path, which may be a student's: nothing may be imported from it.
A file there that is called as what Python itself imports on the way, or `autograder.py`, comes before this
module; `autograder` and `python -P -m autograder` hold against these, too.
"""

import sys

in_a_checkout = __file__ == f"{sys.path[0]}/autograder/__main__.py"
if not sys.flags.safe_path and not in_a_checkout:
    del sys.path[0]

import signal  # noqa: E402

signal.signal(signal.SIGINT, signal.SIG_DFL)  # else an import prints a traceback; `cli.terminal` takes it

from autograder.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
