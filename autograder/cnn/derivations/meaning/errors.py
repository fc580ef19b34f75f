"""Why a formula that was read is not checked, in one sentence each.

Everything in `meaning` raises these two; `checking` and `documents` turn them into verdicts. A formula that
raises one is never called right or wrong.
"""

from autograder.base.messages import TextError


class NotCovered(TextError):
    """A formula that was read but is outside of what is checked."""


class Meaningless(TextError):
    """A formula that says nothing in this layer, such as a with three indices."""
