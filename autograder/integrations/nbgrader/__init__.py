"""nbgrader, from release to feedback: this project's notebooks in its format, its scores in its gradebook.

`source` writes nbgrader's source notebooks and `release` has nbgrader turn them into what students get;
`course` starts a course folder. Scores come in by one of two ways: `SandboxExecute` takes the place of
`Execute` inside `nbgrader autograde` and the formgrader (route A), `gradebook` grades a whole class beside
it (route B). Both judge in the sandbox, and `cells` writes what both put into a test cell. Where neither is
used, stock nbgrader runs the test cells in its kernel, and `kernel` answers there: unsafe, but the same.

nbgrader takes two seconds to import: nothing here is imported before it is needed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.integrations.nbgrader.execute import SandboxExecute
    from autograder.integrations.nbgrader.restore import Tidy

__all__ = ["SandboxExecute", "Tidy"]


def __getattr__(name: str) -> Any:
    """The preprocessors that a course's config names."""
    if name == "SandboxExecute":
        from autograder.integrations.nbgrader.execute import SandboxExecute

        return SandboxExecute
    if name == "Tidy":
        from autograder.integrations.nbgrader.restore import Tidy

        return Tidy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
