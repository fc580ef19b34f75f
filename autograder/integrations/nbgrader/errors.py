"""What can go wrong between this project and nbgrader; light to import, so that callers can catch it."""

from autograder.base.messages import Text


class CourseError(Exception):
    """A course folder that cannot be used, told in one sentence."""


class ReleaseError(Exception):
    """nbgrader refused, told in its own words."""


class NotebookError(Exception):
    """A submitted notebook that cannot be shown again, told in both languages (`text`)."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text
