"""A CSV file that Canvas's gradebook imports: a row for each student, a column for each assignment.

Canvas finds a student by ID, by SIS IDs or else by name. In a class from its own download the ID is known.
Otherwise `student` is written as name and login, and the other columns stay empty. Canvas offers to create an
assignment whose name it does not know. An empty cell, where nothing was handed in or graded, changes
nothing.
"""

import csv
from typing import TextIO

from autograder.reports import downloads
from autograder.reports.class_statistics import ClassStatistics
from autograder.reports.csv_file import harmless


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
            name = harmless(student.name)
            writer.writerow([name, "", "", name, "", *points])
