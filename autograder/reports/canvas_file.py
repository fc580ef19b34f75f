"""A CSV file that Canvas's gradebook imports: a line a student, a column an assignment.

Canvas finds a student by ID, by SIS IDs or else by name. In a class from its own download the ID is known.
Else only the school knows which of them a submission's `student` is, so the name and the login carry it and
the rest stays empty. An assignment that Canvas does not know by its name, it offers to create. An empty cell,
where nothing was handed in, changes nothing.
"""

import csv
from typing import TextIO

from autograder.reports import downloads
from autograder.reports.class_statistics import ClassStatistics
from autograder.reports.csv_file import harmless


def write(graded: ClassStatistics, stream: TextIO) -> None:
    """Write the header, the row of points possible, and the students."""
    writer = csv.writer(stream, lineterminator="\n")
    names = [one.name for one in graded.assignments]
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names])
    writer.writerow(["Points Possible", "", "", "", "", *(one.max_points for one in graded.assignments)])
    handed_in = downloads.handed_in(graded)
    for student in graded.students:
        points = ["" if one is None else one for one in student.by_assignment]
        handed = handed_in.get(student.name)
        if handed is not None and handed.system == "Canvas" and handed.number.isdecimal():
            writer.writerow([harmless(handed.name), handed.number, "", "", "", *points])
        else:
            name = harmless(student.name)
            writer.writerow([name, "", "", name, "", *points])
