"""nbgrader, from release to feedback: our assignments as its notebooks, our scores in its gradebook.

`source` makes nbgrader's source notebooks, `release` has nbgrader generate the students' version, `course`
starts a course folder. Scores enter in one of two ways: `SandboxExecute` replaces `Execute` in `nbgrader
autograde` and the formgrader (route A); `gradebook` writes the results of `autograder grade --nbgrader`
(route B). Both judge in the sandbox, and `cells` makes the outputs of the test cells. Without either, stock
nbgrader runs the test cells in its kernel, where `kernel` gives the same points, but unsafely.

nbgrader takes two seconds to import: nothing here is imported before it is needed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.integrations.nbgrader.execute import SandboxExecute
    from autograder.integrations.nbgrader.restore import Tidy

__all__ = ["SandboxExecute", "Tidy"]


def __getattr__(name: str) -> Any:
    """Import on demand the preprocessors that a course's config names."""
    if name == "SandboxExecute":
        from autograder.integrations.nbgrader.execute import SandboxExecute

        return SandboxExecute
    if name == "Tidy":
        from autograder.integrations.nbgrader.restore import Tidy

        return Tidy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
