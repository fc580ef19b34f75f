"""Parse the names that learning management systems give to files in their bulk downloads.

`class_folder` asks here whose a file is; no file may be opened here. The conventions, after the systems' own
code (Moodle: `mod/assign/classes/downloader.php`; Canvas: `lib/content_zipper.rb`):

======  ======================================================================  ==============================
Moodle  ``Li Na 李娜_1234567_assignsubmission_file/work.ipynb``                 a folder a student (default)
        ``Li Na 李娜_1234567_assignsubmission_file_/work.ipynb``                the same before Moodle 4
        ``Li Na 李娜_1234567_assignsubmission_file_work.ipynb``                 no folders
        ``…_assignsubmission_onlinetext/onlinetext.html``                       what was typed in
        ``Participant_1234567_…``                                               blind marking
        ``Team 3_45_…``, ``Default group_…``                                    a team; one without a number
Canvas  ``lina_340934_208490284_work.ipynb``                                    name_user_file_name
        ``lina_LATE_340934_208490284_work-1.ipynb``                             late; handed in again
        ``anon_x7Ba2_208490284_work.ipynb``, ``LATE_anon_x7Ba2_…``              anonymous marking
        ``lina_340934_text.html``, ``lina_340934_link.html``                    what was typed in, a link
======  ======================================================================  ==============================

Moodle numbers participants of an assignment as in its grading worksheet; Canvas numbers users as in its
gradebook, and gives every file an increasing number. Neither download holds more than a student's last
attempt, but people unpack several downloads into one folder.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

System = Literal["Moodle", "Canvas"]


@dataclass(frozen=True)
class Handed:
    """What a path in a bulk download tells about the file.

    Attributes
    ----------
    name, number : str
        The student's name and number in the system; either may be "".
    file : str
        The student's own name of the file.
    order : int
        Larger is newer; 0 where unknown.
    """

    system: System
    name: str
    number: str
    file: str
    late: bool = False
    order: int = 0

    @property
    def student(self) -> str:
        """The student in every report: the name for people to read, the number because it is unique."""
        if self.name and self.number:
            return f"{self.name} ({self.number})"
        return self.name or self.number


_MOODLE = re.compile(
    r"(?P<name>.*?)(?:_(?P<number>\d+))?_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.DOTALL
)
_MOODLES_FOLDER = re.compile(r"(?P<name>.*)_(?P<number>\d+)_assignsubmission_[a-z]+_?", re.DOTALL)
"""A folder's name is read from its end, which is Moodle's: people choose their names."""
# The system's part ends at the first possible place, for the rest is the student's to choose.
_CANVAS = re.compile(
    r"(?:(?P<name>\w+?)_)??(?P<late>late_)?(?:(?P<number>\d+)|anon_(?P<anonymous>\w+?))_"
    r"(?:(?P<order>\d+)_(?P<file>.+)|(?P<typed>(?:text|link)\.html))",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST = 1000
"""Longer names are not parsed: no system writes them, and hostile ones would take long."""
_RESUBMISSION_SUFFIX = re.compile(r"(?:-\d+| \(\d+\))+$")


def moodle(path: PurePosixPath, places: Iterable[int] = (0, 1)) -> Handed | None:
    """The parsed path, or None if it is none of Moodle's.

    Parameters
    ----------
    places : iterable of int
        Which parts of the path may name the student: the first, or the second where a folder surrounds the
        download. Further inside, students choose the names.
    """
    for place in places:
        part = path.parts[place] if place < len(path.parts) else ""
        if len(part) <= _LONGEST and (match := _MOODLE.fullmatch(part)):
            inside = "/".join(path.parts[place + 1 :])
            if inside:
                match = _MOODLES_FOLDER.fullmatch(part) or match
            return Handed(
                "Moodle", match["name"].strip(), match["number"] or "", inside or match["file"] or ""
            )
    return None


def canvas(path: PurePosixPath) -> Handed | None:
    """The parsed path, or None if it is none of Canvas's."""
    match = _CANVAS.fullmatch(path.name) if len(path.name) <= _LONGEST else None
    if match is None:
        return None
    number = match["number"] or f"anon_{match['anonymous']}"
    return Handed(
        "Canvas",
        match["name"] or "",
        number,
        match["file"] or match["typed"],
        match["late"] is not None,
        int(match["order"] or 0),
    )


def own_name(file: str) -> str:
    """A file's name without its ending and without the suffix of a resubmission."""
    return _RESUBMISSION_SUFFIX.sub("", PurePosixPath(file).stem)
