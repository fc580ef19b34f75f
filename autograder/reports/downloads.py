"""Map a class's students back to Moodle's or Canvas's numbers, where it was graded from their download.

`moodle_file` and `canvas_file` need the numbers to import grades.
"""

import re

from autograder.reports.class_statistics import ClassStatistics
from autograder.submissions import layouts
from autograder.submissions.layouts import Handed

_NUMBERED = re.compile(r"(?P<name>.*) \((?P<number>\d+)\)", re.DOTALL)


def handed_in(graded: ClassStatistics) -> dict[str, Handed]:
    """The system's own name and number of each student; those from no download are left out.

    They are parsed from the file's name. A student without a readable file has a row without one, and is
    taken to belong to the system that all others came from.
    """
    found = {
        student.name: handed
        for student in graded.students
        for file in student.files
        if (handed := _of_file(student.name, file)) is not None
    }
    systems = {handed.system for handed in found.values()}
    if len(systems) == 1:
        (system,) = systems
        for student in graded.students:
            match = _NUMBERED.fullmatch(student.name)
            if match and student.name not in found and not any(student.files):
                found[student.name] = Handed(system, match["name"], match["number"], "")
    return found


def _of_file(student: str, file: str) -> Handed | None:
    handed = layouts.of_file(file)
    return handed if handed is not None and handed.student == student else None
