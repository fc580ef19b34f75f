"""`python -m autograder.gradescope ROOT LANG`: what `run_autograder` starts in Gradescope's container."""

import sys
from pathlib import Path

from autograder.gradescope.harness import grade

if __name__ == "__main__":
    grade(Path(sys.argv[1]), sys.argv[2])
