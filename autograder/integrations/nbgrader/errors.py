"""What can go wrong between this project and nbgrader; light to import, so that callers can catch it."""

from autograder.base.messages import TextError


class CourseError(TextError):
    """A course folder that cannot be used."""


class ReleaseError(TextError):
    """nbgrader refused, told in its own words."""


class NotebookError(TextError):
    """A submitted notebook that cannot be shown again."""
