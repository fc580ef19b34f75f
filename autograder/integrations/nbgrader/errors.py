"""What can go wrong between this project and nbgrader; light to import, so that callers can catch it."""

from autograder.base.messages import TextError


class CourseError(Exception):
    """A course folder that cannot be used, told in one sentence."""


class ReleaseError(Exception):
    """nbgrader refused, told in its own words."""


class NotebookError(TextError):
    """A submitted notebook that cannot be shown again."""
