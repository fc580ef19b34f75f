"""Print which formula a function computes, as its subject shows it: `python -m … DOMAIN FILE FUNCTION LANG`.

`session` runs this in a process of its own, which it can end at any time. What prevents a formula is printed
in the same way.
"""

import sys
from pathlib import Path

from autograder.base.messages import TextError, printable
from autograder.judging.domain import find
from autograder.sandbox.client import SandboxError


def formula(domain: str, file: str, function: str, lang: str) -> str:
    """The formula, or the sentence that says why there is none."""
    shown = find(domain).formula
    try:
        return shown(Path(file), function, lang) if shown else ""
    except TextError as error:
        return printable(error.text.in_language(lang))
    except SandboxError as error:
        return printable(str(error))


if __name__ == "__main__":
    sys.stdout.buffer.write(formula(*sys.argv[1:]).encode(errors="replace"))
