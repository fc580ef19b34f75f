"""Nobody is taken for another by a name that Moodle wrote into a path, or that a student chose."""

from pathlib import Path

import pytest

from autograder.submissions import class_folder

MARK = "_assignsubmission_file"
VICTIM = f"Bob_1234567{MARK}"


@pytest.mark.parametrize(
    "chosen",
    [
        f"Bob_1234567{MARK}_x_7654321{MARK}",
        f"Bob_1234567{MARK}__7654321{MARK}",
        f"Bob_1234567{MARK}_7654321{MARK}",
        f"Bob_1234567_assignsubmission_onlinetext_x_7654321{MARK}_",
        f"Bob_1234567{MARK}_a{MARK}_7654321{MARK}",
    ],
)
def test_a_folder_is_the_participants_whose_number_moodle_wrote(chosen: str, tmp_path: Path) -> None:
    for folder in (VICTIM, chosen, f"Li Na_11{MARK}"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "relu.py").write_text(f"# {folder}\ndef relu_backward(d, z): return 1\n")
    students = owners(tmp_path)
    assert students[f"{VICTIM}/relu.py"] == "Bob (1234567)" and "7654321" in students[f"{chosen}/relu.py"]


def owners(folder: Path) -> dict[str, str]:
    files = class_folder.find(folder, "relu", {"relu": ("relu_backward",)}).files
    assert len(files) == 3 and len({file.student for file in files}) == 3
    return {file.name: file.student for file in files}
