"""A course folder on which nbgrader's stock commands work: config, source notebooks, hidden keys.

`autograder nbgrader init` makes it, `autograder grade --nbgrader` reads it. `nbgrader_config.py` names this
project's preprocessors; `source/<assignment>/` holds the source notebook and its data; `keys/` holds the
hidden answer keys, from where nbgrader copies nothing.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.authoring import build, mistakes
from autograder.authoring.assignment import Assignment
from autograder.authoring.build import Built
from autograder.base.messages import course_language, say
from autograder.base.written import digest, remembering
from autograder.integrations.nbgrader.errors import CourseError

CONFIG = "nbgrader_config.py"

_CONFIG_TEXT = """\
# A course for nbgrader, judged in the autograder's sandbox.
from autograder.integrations.nbgrader.guard import guard

c = get_config()
guard()  # nbgrader itself would follow and copy links, read from pipes, and take any size

c.CourseDirectory.course_id = {name!r}

# In the place of nbgrader's Execute, which runs submissions unprotected in a kernel:
c.Autograde.autograde_preprocessors = [
    "autograder.integrations.nbgrader.SandboxExecute",
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
    "autograder.integrations.nbgrader.Tidy",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# The folder of the hidden answer keys, below this one, and limits in place of the course's own (course.toml):
# c.SandboxExecute.keys = "keys"
# c.SandboxExecute.cpu_seconds = 3.0
# c.SandboxExecute.memory_mib = 512
"""


_GITIGNORE = """\
# The hidden answer keys: whoever has them has the points.
/keys/
# What students handed in, and what they earned.
/submitted/
/autograded/
/feedback/
/grades/
/gradebook.db*
.ipynb_checkpoints/
# source/ is not here: it is the instructor's own work. It holds the solutions, so that this repository has to
# be a private one; what may be published is release/.
"""


@dataclass(frozen=True)
class Course:
    """An nbgrader course as it is configured."""

    root: Path
    config: Config

    @property
    def keys(self) -> Path:
        """The folder of its hidden answer keys."""
        return self.root / str(self.config.SandboxExecute.get("keys", "keys"))

    @property
    def submitted(self) -> Path:
        """The folder of its submissions."""
        return self.root / str(self.config.CourseDirectory.get("submitted_directory", "submitted"))


def load(root: Path) -> Course:
    """The course in `root`, with its own `nbgrader_config.py`.

    Raises
    ------
    CourseError
    """
    path = root / CONFIG
    if not path.is_file():
        raise CourseError(say("nbgrader.no_course", folder=root, config=CONFIG))
    try:
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise CourseError(say("error.file_unreadable", file=path, error=why)) from error
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(root.resolve())
    return Course(Path(config.CourseDirectory.root), config)


def init(root: Path, assignments: list[Assignment], lang: str, *, force: bool = False) -> list[Built]:
    """Make or refresh a course folder.

    An existing config or `.gitignore` is kept; so is, without `force`, a source notebook that was edited.
    """
    from autograder.integrations.nbgrader.notebooks import nbformat
    from autograder.integrations.nbgrader.source import source_notebook

    files = []
    keys = root / "keys"
    visible = mistakes.check_release(assignments, lambda item: not mistakes.is_current(item, keys))
    course_id = re.sub(r"\W+", "_", root.resolve().name) or "course"
    for name, text in ((CONFIG, _CONFIG_TEXT.format(name=course_id)), (".gitignore", _GITIGNORE)):
        path = root / name
        files.append(Built(path, False) if path.exists() else build.write(path, text.encode()))
    with remembering(root) as written:
        for assignment, key in zip(assignments, visible, strict=True):
            name = assignment.name
            folder = root / "source" / name
            its_lang = course_language(lang, assignment.languages)
            text = nbformat.writes(source_notebook(assignment, its_lang)) + "\n"
            path = folder / f"{name}.ipynb"
            files.append(_write(path, text.encode(), written, str(path.relative_to(root)), force))
            key = assignment.with_settings(key)
            files.append(build.write_visible_key(folder / f"{name}.visible.npz", key))
            files += build.copy_data(assignment, folder)
            files.append(build.draw_keys(assignment, keys))
    return files


def _write(path: Path, content: bytes, written: dict[str, str], name: str, force: bool) -> Built:
    """Write a file unless it was edited since `init` wrote it, as the digests in `written` tell."""
    try:
        existing = path.read_bytes()
    except FileNotFoundError:
        existing = content
    unedited = existing == content or written.get(name) == digest(existing)
    if not (unedited or force):
        return Built(path, False, kept=True)
    built = build.write(path, content)
    written[name] = digest(content)
    return built
