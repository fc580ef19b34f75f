"""A CSV file that Canvas's gradebook imports: a row for each student, a column for each assignment.

Canvas finds a student by ID, by SIS IDs or else by name. In a class from its own download the ID is known.
Otherwise the number in a student's label is written as the SIS User ID, a label without spaces as the login,
and Moodle's number, which means nothing to Canvas, not at all. Canvas offers to create an
assignment whose name it does not know. An empty cell, where nothing was handed in or graded, changes
nothing.
"""

import csv
import re
from typing import TextIO

from autograder.reports import downloads
from autograder.reports.class_statistics import ClassStatistics
from autograder.reports.csv_file import harmless
from autograder.submissions.layouts import Handed


def write(graded: ClassStatistics, lang: str, stream: TextIO) -> None:
    """Write the header, the row of points possible, and the students."""
    writer = csv.writer(stream, lineterminator="\n")
    names = [assignment.title.in_language(lang) for assignment in graded.assignments]
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names])
    possible = [assignment.max_points for assignment in graded.assignments]
    writer.writerow(["Points Possible", "", "", "", "", *possible])
    handed_in = downloads.handed_in(graded)
    for student in graded.students:
        points = ["" if points is None else points for points in student.by_assignment]
        handed = handed_in.get(student.name)
        if handed is not None and handed.system == "Canvas" and handed.number.isdecimal():
            writer.writerow([harmless(handed.name), handed.number, "", "", "", *points])
        else:
            is_moodles = handed is not None and handed.system == "Moodle"
            label = _LABEL.fullmatch(student.name)
            number, name = label.groups() if label else Handed("", student.name, "", "").person[::-1]
            if handed is not None and is_moodles:
                number, name = "", handed.name
            login = name if _LOGIN.fullmatch(name) and not (number or is_moodles) else ""
            writer.writerow([harmless(name), "", harmless(number), harmless(login), "", *points])


_LABEL = re.compile(r"(\S*\d\S*) (.+)", re.DOTALL)
"""A person of the roster: id and name."""
_LOGIN = re.compile(r"[\w.@+-]+", re.ASCII)
