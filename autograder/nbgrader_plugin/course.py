"""A course folder for nbgrader: config, source notebooks, hidden keys. Stock commands work on it at once.

`nbgrader_config.py` names this project's preprocessors; `source/<assignment>/` holds the source notebook and
what goes with it; `keys/` the hidden answer keys, and nbgrader copies nothing from there.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder import answer_key, build
from autograder.assignment import Assignment
from autograder.build import Built
from autograder.nbgrader_plugin.errors import CourseError

CONFIG = "nbgrader_config.py"

_CONFIG_TEXT = """\
# A course for nbgrader, judged in the autograder's sandbox.
c = get_config()

c.CourseDirectory.course_id = {name!r}

# In the place of nbgrader's Execute, which runs submissions unprotected in a kernel:
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.SandboxExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# In the place of DeduplicateIds: deleted test cells come back, copied and unknown ones lose their marks.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.nbgrader_plugin.Tidy",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# The sandbox's limits and the folder of the hidden answer keys, below this one:
# c.SandboxExecute.keys = "keys"
# c.SandboxExecute.cpu_seconds = 2.0
# c.SandboxExecute.memory_mib = 512
"""


@dataclass(frozen=True)
class Course:
    """An nbgrader course as it is configured."""

    root: Path
    config: Config

    @property
    def keys(self) -> Path:
        """Where its hidden answer keys are."""
        return self.root / str(self.config.SandboxExecute.get("keys", "keys"))

    @property
    def submitted(self) -> Path:
        """Where its submissions are."""
        return self.root / str(self.config.CourseDirectory.get("submitted_directory", "submitted"))


def load(root: Path) -> Course:
    """The course in `root`, with its own `nbgrader_config.py`.

    Raises
    ------
    CourseError
    """
    path = root / CONFIG
    if not path.is_file():
        raise CourseError(f"{root} has no {CONFIG}; make a course with: autograder nbgrader init {root}")
    try:
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as error:
        raise CourseError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(root.resolve())
    return Course(Path(config.CourseDirectory.root), config)


def init(root: Path, assignments: list[Assignment], lang: str) -> list[Built]:
    """Make or refresh a course folder. A config that is already there stays as it is."""
    from autograder.nbgrader_plugin.notebooks import nbformat
    from autograder.nbgrader_plugin.source import source_notebook

    config = _CONFIG_TEXT.format(name=_course_id(root))
    files = [Built(root / CONFIG, False)]
    if not (root / CONFIG).exists():
        files = [build.write(root / CONFIG, config.encode())]
    for one in assignments:
        folder = root / "source" / one.name
        text = nbformat.writes(source_notebook(one, lang)) + "\n"
        files.append(build.write(folder / f"{one.name}.ipynb", text.encode()))
        visible = answer_key.draw_visible(one.name, one.exercises)
        files.append(build.write_visible_key(folder / f"{one.name}.visible.npz", visible))
        files += build.copy_data(one, folder)
        files.append(build.draw_keys(one, root / "keys"))
    return files


def _course_id(root: Path) -> str:
    return re.sub(r"\W+", "_", root.resolve().name) or "course"
