"""Route A: judge inside `nbgrader autograde` and the formgrader.

`SandboxExecute` replaces `Execute` in `c.Autograde.autograde_preprocessors`. When it runs, nbgrader has
restored the locked cells; it fills in the outputs of the test cells, from which nbgrader reads the scores. No
kernel is started.
"""

from pathlib import Path
from typing import Any, cast

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets import Enum, Float, Integer, Unicode

from autograder.grading import grade_class
from autograder.grading.engine import Settings
from autograder.integrations.nbgrader import cells
from autograder.integrations.nbgrader.errors import NotebookError
from autograder.integrations.nbgrader.notebooks import nbformat
from autograder.judging import answer_key
from autograder.judging.answer_key import HIDDEN
from autograder.sandbox.limits import asked_for
from autograder.sandbox.records import Isolation
from autograder.submissions import class_folder


class SandboxExecute(Execute):  # type: ignore[misc]
    """Judges a notebook in the sandbox in place of executing it."""

    keys = Unicode("keys", help="The folder of the hidden answer keys, below the course's root.").tag(
        config=True
    )
    isolation = Enum(
        ("bubblewrap", "process"), default_value="bubblewrap", help="How a submission is kept apart."
    ).tag(config=True)
    cpu_seconds = Float(None, allow_none=True, help="Processor seconds a call may take.").tag(config=True)
    submission_seconds = Float(
        None, allow_none=True, help="Processor seconds that a submission may take."
    ).tag(config=True)
    memory_mib = Integer(None, allow_none=True, help="MiB that a submission may take.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Judge `nb` and write points and messages into its test cells.

        Raises
        ------
        answer_key.KeyFileError
            There is no hidden key for the assignment.
        NotebookError
            A test cell belongs to no exercise of the key, or the grader itself failed: then the gradebook
            says that a person has to look. nbgrader reports it and continues with the next student.
        """
        assignment = resources["nbgrader"]["assignment"]
        path = Path(CourseDirectory(config=self.config).root) / self.keys / (assignment + HIDDEN)
        key = answer_key.newest(path)
        limits = asked_for(
            cpu_seconds=self.cpu_seconds,
            submission_seconds=self.submission_seconds,
            memory_mib=self.memory_mib,
        )
        student, name = resources["nbgrader"]["student"], f"{resources['nbgrader']['notebook']}.ipynb"
        content = cells.without_tests(nb)
        directory = CourseDirectory(config=self.config)
        submitted = Path(directory.format_path(directory.submitted_directory, student, assignment))
        if submitted.is_dir():  # the file that counts is another one where this notebook is untouched
            exercises = [exercise.name for exercise in key.exercises]
            file = class_folder.of_one_student(submitted, student, assignment, exercises)
            if file.name and file.name != name:
                name, content = file.name, file.read()
        settings = Settings(cast(Isolation, self.isolation), limits)
        task = grade_class.Task(student, assignment, name, content, key.digest, settings)
        result = grade_class.grade_one(task, path)
        if result.has_judge_error:
            _leave_to_a_person(resources["nbgrader"])
            raise NotebookError(result.notes[-1])
        cells.fill_in(nb, result, cells.language(nb))
        for index, cell in enumerate(cell for cell in nb.cells if cell.cell_type == "code"):
            cell.outputs = [nbformat.from_dict(output) for output in cell.outputs]
            cell.execution_count = index + 1
        return nb, resources


def _leave_to_a_person(about: dict[str, str]) -> None:
    """Mark a submission's cells for manual grading: nbgrader itself would count what was not graded as 0."""
    with Gradebook(about["db_url"]) as book:
        submission = (about["notebook"], about["assignment"], about["student"])
        for grade in book.find_submission_notebook(*submission).grades:
            grade.needs_manual_grade = True
        book.db.commit()
