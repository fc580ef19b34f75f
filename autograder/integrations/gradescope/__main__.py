"""`python -m autograder.integrations.gradescope ROOT LANG`: started by `run_autograder` in the container."""

import sys
from pathlib import Path

from autograder.integrations.gradescope.harness import grade

if __name__ == "__main__":
    grade(Path(sys.argv[1]), sys.argv[2])
