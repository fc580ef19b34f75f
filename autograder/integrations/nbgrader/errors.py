"""The errors of this package, in a module that does not import nbgrader, so that catching them is cheap."""

from autograder.base.messages import TextError


class CourseError(TextError):
    """The course folder or its gradebook cannot be used."""


class ReleaseError(TextError):
    """nbgrader could not release a notebook; the text is its own message."""


class NotebookError(TextError):
    """The submitted notebook cannot be read or filled in."""
