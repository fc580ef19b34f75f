"""Whose file is which: every layout of a class that people really have, on disk and in a zip."""

import bz2
import os
import shutil
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest

from autograder.submissions import source
from autograder.submissions.class_folder import ClassFolderError, SubmittedFile
from autograder.submissions.source import MAX_BYTES
from tests.submission_files import find

KNOWN = {"pooling", "convolution"}

# student, assignment and file of a class in nbgrader's layout
NESTED = [
    ("an", "convolution", "convolution.ipynb"),
    ("an", "pooling", "pooling.py"),
    ("李娜", "pooling", "我的作业.ipynb"),
    ("van den Berg, T.", "pooling", "POOLING.IPYNB"),
]
FLAT = [("an", "an.py"), ("李娜", "李娜.ipynb"), ("a.b", "a.b.py")]


def write(folder: Path, *names: str) -> Path:
    """Empty folders end in a slash; every file holds its own name."""
    for name in names:
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(name, encoding="utf-8")
    return folder


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else name.encode())
    return path


def shown(files: Iterable[SubmittedFile]) -> list[tuple[str, str, str]]:
    """Student, assignment and content of every file."""
    return [(f.student, f.assignment, f.read().decode() if f.name else "") for f in files]


def nested(top: str = "") -> list[str]:
    return [f"{top}{student}/{assignment}/{file}" for student, assignment, file in NESTED]


def flat(top: str = "") -> list[str]:
    return [f"{top}{file}" for _, file in FLAT]


def expected_nested(top: str = "") -> list[tuple[str, str, str]]:
    return sorted((s, a, f"{top}{s}/{a}/{file}") for s, a, file in NESTED)


def expected_flat(top: str = "") -> list[tuple[str, str, str]]:
    return sorted((student, "pooling", f"{top}{file}") for student, file in FLAT)


# ---- Layouts -----------------------------------------------------------------------------------------------


def test_nbgraders_folder(tmp_path: Path) -> None:
    files = find(write(tmp_path, *nested()), None, KNOWN)
    assert shown(files) == expected_nested()
    assert [file.name for file in files] == [content for _, _, content in expected_nested()]


def test_a_zip_of_nbgraders_folder_with_and_without_the_folder_itself(tmp_path: Path) -> None:
    for top in ("", "submitted/"):
        files = find(zipped(tmp_path / "class.zip", *nested(top)), None, KNOWN)
        assert shown(files) == expected_nested(top)


def test_a_flat_folder_and_a_zip_of_it_with_and_without_the_folder_itself(tmp_path: Path) -> None:
    assert shown(find(write(tmp_path / "flat", *flat()), "pooling", KNOWN)) == expected_flat()
    for top in ("", "hand-ins/"):
        files = find(zipped(tmp_path / "class.zip", *flat(top)), "pooling", KNOWN)
        assert shown(files) == expected_flat(top)


def test_a_zip_made_by_python_or_a_file_manager_reads_like_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "submitted", *nested())
    for folder, name in ((tmp_path / "submitted", "inside"), (tmp_path, "whole")):
        base = "." if name == "inside" else "submitted"
        path = shutil.make_archive(str(tmp_path / "zips" / name), "zip", folder, base)
        top = "" if name == "inside" else "submitted/"
        assert shown(find(Path(path), None, KNOWN)) == [
            (student, assignment, content.removeprefix(top))
            for student, assignment, content in expected_nested(top)
        ]


def test_one_assignment_can_be_picked(tmp_path: Path) -> None:
    files = find(write(tmp_path, *nested()), "convolution", KNOWN)
    assert [(file.student, file.assignment) for file in files] == [("an", "convolution")]


@pytest.mark.parametrize(
    ("path", "assignment", "student", "its_assignment"),
    [
        ("pooling.py", None, "pooling", "pooling"),
        ("an/pooling/pooling.ipynb", None, "an", "pooling"),
        ("an/pooling/my work.ipynb", None, "an", "pooling"),
        ("an.py", "pooling", "an", "pooling"),
        ("an/pooling/x.py", "convolution", "x", "convolution"),
        ("AN.IPYNB", "pooling", "AN", "pooling"),
    ],
)
def test_a_single_file(
    tmp_path: Path, path: str, assignment: str | None, student: str, its_assignment: str
) -> None:
    write(tmp_path, path)
    (file,) = find(tmp_path / path, assignment, KNOWN)
    assert (file.student, file.assignment, file.read()) == (student, its_assignment, path.encode())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in Unicode only")
def test_a_single_file_whose_name_is_not_unicode_has_a_readable_one(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode("李".encode("gb18030") + b".py")
    path.write_text("x = 1\n")
    (file,) = find(path, "pooling", {"pooling"})
    assert (file.student, file.name, file.read()) == ("李", "李.py", b"x = 1\n")


def test_a_single_file_named_from_within_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, "an/pooling/work.py") / "an" / "pooling")
    (file,) = find(Path("work.py"), None, KNOWN)
    assert (file.student, file.assignment) == ("an", "pooling")


def test_a_class_folder_may_be_reached_through_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real", *nested())
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    assert shown(find(tmp_path / "link", None, KNOWN)) == expected_nested()


def test_a_zip_of_one_student_is_not_taken_for_a_folder_around_a_class(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", "an/pooling/pooling.py", "an/pooling/images/edge.png")
    assert shown(find(path, None, KNOWN)) == [("an", "pooling", "an/pooling/pooling.py")]


# ---- What is not a submission ------------------------------------------------------------------------------

LITTER = [
    "__MACOSX/an/pooling/._pooling.py",
    "__MACOSX/._an",
    ".DS_Store",
    "an/.ipynb_checkpoints/pooling-checkpoint.ipynb",
    "an/pooling/.pooling.py.swp",
    "an/pooling/.ipynb_checkpoints/pooling-checkpoint.ipynb",
    ".hidden/pooling/pooling.py",
    "an/pooling/timestamp.txt",
    "an/pooling/data/helper.py",
    "an/notes/picture.png",
    "README.md",
]


def test_litter_is_left_alone_on_disk_and_in_a_zip(tmp_path: Path) -> None:
    on_disk = [name for name in LITTER if not name.startswith("__MACOSX")]
    assert shown(find(write(tmp_path / "class", *nested(), *on_disk), None, KNOWN)) == expected_nested()
    assert shown(find(zipped(tmp_path / "class.zip", *nested(), *LITTER), None, KNOWN)) == expected_nested()


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", "secret.py", "pooling/pooling.py", "student/pooling/pooling.py")
    inside = write(tmp_path / "class", "an/pooling/pooling.py", "bo/pooling/letter.txt", "chi/")
    (inside / "bo/pooling/pooling.py").symlink_to(outside / "secret.py")
    (inside / "chi/pooling").symlink_to(outside / "pooling", target_is_directory=True)
    (inside / "dai").symlink_to(outside / "student", target_is_directory=True)
    assert shown(find(inside, None, KNOWN)) == [
        ("an", "pooling", "an/pooling/pooling.py"),
        ("bo", "pooling", ""),
    ]
    flat_folder = write(tmp_path / "flat", "an.py")
    (flat_folder / "bo.py").symlink_to(outside / "secret.py")
    assert shown(find(flat_folder, "pooling", KNOWN)) == [("an", "pooling", "an.py"), ("bo", "pooling", "")]


def test_a_pipe_or_a_folder_with_a_files_name_is_no_submission(tmp_path: Path) -> None:
    write(tmp_path, "an/pooling/pooling.py", "bo/pooling/pooling.py/", "chi/pooling/")
    os.mkfifo(tmp_path / "chi" / "pooling" / "pooling.py")
    assert shown(find(tmp_path, None, KNOWN)) == [
        ("an", "pooling", "an/pooling/pooling.py"),
        ("bo", "pooling", ""),
        ("chi", "pooling", ""),
    ]


def test_a_student_with_an_empty_folder_is_not_forgotten(tmp_path: Path) -> None:
    names = ["an/pooling/pooling.py", "bo/pooling/", "chi/pooling/letter.docx", "dai/", "e/another/"]
    expected = [("an", "pooling", "an/pooling/pooling.py"), ("bo", "pooling", ""), ("chi", "pooling", "")]
    assert shown(find(write(tmp_path / "class", *names), None, KNOWN)) == expected
    assert shown(find(zipped(tmp_path / "class.zip", *names), None, KNOWN)) == expected


# ---- Several files in one folder ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        (["pooling.py", "draft.py"], "pooling.py"),
        (["draft.py", "pooling.ipynb"], "pooling.ipynb"),
        (["one.py", "two.py"], "two.py"),
        (["two.py", "one.py"], "one.py"),
        (["pooling.ipynb", "pooling.py"], "pooling.py"),
        (["pooling.py", "pooling.ipynb"], "pooling.ipynb"),
        (["work.ipynb", "newer.txt"], "work.ipynb"),
    ],
)
def test_the_file_named_after_the_assignment_counts_else_the_newest(
    tmp_path: Path, files: list[str], counts: str
) -> None:
    """`files` from the oldest to the newest."""
    folder = write(tmp_path / "class", *(f"an/pooling/{name}" for name in files)) / "an" / "pooling"
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for age, name in enumerate(files):
            os.utime(folder / name, (age, age))
            info = zipfile.ZipInfo(f"an/pooling/{name}", (2020, 1, 1 + age, 0, 0, 0))
            archive.writestr(info, f"an/pooling/{name}")
    for path in (tmp_path / "class", tmp_path / "class.zip"):
        assert shown(find(path, None, KNOWN)) == [("an", "pooling", f"an/pooling/{counts}")]


STUB = """\
def given(x):
    return x

def f(x):
    'What f does.'
    raise NotImplementedError()
"""
WORKED = STUB.replace("raise NotImplementedError()", "return 2 * x")
OTHER = STUB.replace("return x", "return -x")


def as_notebook(code: str) -> str:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]))


@pytest.mark.parametrize(
    ("notebook", "script", "newer", "counts"),
    [
        (WORKED, STUB, "pooling.py", "pooling.ipynb"),  # both were given, one was worked in
        (STUB, WORKED, "pooling.ipynb", "pooling.py"),
        (STUB, STUB, "pooling.py", "pooling.py"),
        (WORKED, OTHER, "pooling.py", "pooling.ipynb"),  # what was to be written is written in the other
        (WORKED, WORKED, "", "pooling.ipynb"),  # equally old
        (WORKED, "def f(:", "pooling.py", "pooling.py"),  # it does not parse, so it is no stub
    ],
)
def test_an_untouched_file_does_not_count_where_another_one_was_worked_in(
    tmp_path: Path, notebook: str, script: str, newer: str, counts: str
) -> None:
    folder = tmp_path / "class" / "an" / "pooling"
    folder.mkdir(parents=True)
    (folder / "pooling.ipynb").write_text(as_notebook(notebook))
    (folder / "pooling.py").write_text(script)
    for file in folder.iterdir():
        os.utime(file, (0, 400_000_000 + 10 * (file.name == newer)))
    archive = Path(shutil.make_archive(str(tmp_path / "class"), "zip", tmp_path / "class"))
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in folder.iterdir():
        shutil.copy2(file, flat / f"an{file.suffix}")
    for place, assignment in ((tmp_path / "class", None), (archive, None), (flat, "pooling")):
        (found,) = find(place, assignment, KNOWN)
        assert Path(found.name).suffix == Path(counts).suffix
        (note,) = found.notes
        assert note.in_language("en").startswith(
            Path(found.name).name
        ) and "also handed in" in note.in_language("en")


def test_of_a_students_flat_files_the_newest_counts(tmp_path: Path) -> None:
    write(tmp_path, "an.py", "an.ipynb", "bo.py")
    for name, time in (("an.py", 2), ("an.ipynb", 1), ("bo.py", 0)):
        os.utime(tmp_path / name, (time, time))
    assert shown(find(tmp_path, "pooling", KNOWN)) == [("an", "pooling", "an.py"), ("bo", "pooling", "bo.py")]


# ---- Names -------------------------------------------------------------------------------------------------


def raw_zip(path: Path, names: Iterable[bytes], content: bytes = b"x = 1\n") -> Path:
    """A zip whose names are these bytes, not marked as UTF-8, as Windows Explorer writes them."""
    body, directory = b"", b""
    names = list(names)
    for name in names:
        fields = (zlib.crc32(content), len(content), len(content), len(name), 0)
        offset = len(body)
        body += struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x21, *fields) + name + content
        directory += struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0x21, *fields, 0, 0, 0, 0, offset)
        directory += name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names), len(names), len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_chinese_names_in_a_zip_are_read_whatever_program_made_it(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    names = [name.replace("/", separator).encode(encoding) for name in nested("作业/")]
    files = find(raw_zip(tmp_path / "class.zip", names), None, KNOWN)
    assert [(file.student, file.assignment, file.name) for file in files] == expected_nested("作业/")
    assert {file.read() for file in files} == {b"x = 1\n"}


@pytest.mark.parametrize(
    "name", [b"\xff\xfe\x80/pooling/pooling.py", b"Mu\x81ller\xe1/pooling/pooling.py", bytes(range(1, 47))]
)
def test_names_in_no_known_encoding_do_not_stop_the_rest(tmp_path: Path, name: bytes) -> None:
    files = find(raw_zip(tmp_path / "class.zip", [b"an/pooling/pooling.py", name]), None, KNOWN)
    assert "an" in [file.student for file in files]
    for file in files:
        assert file.read() == b"x = 1\n"
        assert f"{file.student} {file.name}".encode()


def test_absolute_odd_and_climbing_paths_in_a_zip_stay_names(tmp_path: Path) -> None:
    names = [
        "/an/pooling/pooling.py",
        "./bo/pooling/pooling.py",
        "chi//pooling/pooling.py",
        "../../dai/e/f.py",
    ]
    files = find(zipped(tmp_path / "class.zip", *names), None, KNOWN)
    assert [(student, content) for student, _, content in shown(files)] == [
        ("an", names[0]),
        ("bo", names[1]),
        ("chi", names[2]),
    ]


def test_names_on_disk_that_are_not_utf8_can_be_shown_and_stored(tmp_path: Path) -> None:
    """`unzip` writes the bytes that Windows has put into the zip."""
    folder = os.fsencode(tmp_path) + "/李娜/pooling".encode("gbk")
    try:
        os.makedirs(folder)
    except OSError:
        pytest.skip("this file system wants UTF-8")
    Path(os.fsdecode(folder), "pooling.py").write_text("x = 1")
    (file,) = find(tmp_path, None, KNOWN)
    assert (file.student, file.name, file.read()) == ("李娜", "李娜/pooling/pooling.py", b"x = 1")


HOSTILE = {
    "a\x1b[31mRED\x1b[0m": "a\ufffd[31mRED\ufffd[0m",
    "b\x1b]0;title\x07": "b\ufffd]0;title\ufffd",
    "c\x9b2J": "c\ufffd2J",
    "d\nautograder: all\ris well": "d\ufffdautograder: all\ufffdis well",
    "e\u202eyp.x\u2066\u200f\u2028x": "e\ufffdyp.x\ufffd\ufffd\ufffdx",
    "李　娜": "李　娜",
    "می\u200cخواهم 👩\u200d💻": "می\u200cخواهم 👩\u200d💻",
}


@pytest.mark.parametrize("layout", ["nested", "flat", "moodle"])
def test_no_name_steers_a_terminal_and_every_file_still_is_found(tmp_path: Path, layout: str) -> None:
    paths = {
        "nested": "{0}/pooling/{0}.py",
        "flat": "{0}.py",
        "moodle": "{0}_1_assignsubmission_file/{0}.py",
    }
    names = [paths[layout].format(name) for name in HOSTILE]
    more = [f"{name}/more of {name}.py" for name in map(os.path.dirname, names) if layout == "moodle"]
    for path in (write(tmp_path / "c", *names, *more), zipped(tmp_path / "c.zip", *names, *more)):
        files = find(path, "pooling", KNOWN)
        number = " (1)" if layout == "moodle" else ""
        assert sorted(file.student for file in files) == sorted(name + number for name in HOSTILE.values())
        for file in files:
            assert file.read().decode() in (*names, *more)
            said = "".join(
                (
                    file.student,
                    file.name,
                    *(note.in_language("en") + note.in_language("zh") for note in file.notes),
                )
            )
            assert not {*said} & {*"\x1b\x07\x9b\n\r\u202e\u2066\u200f\u2028"}
            assert len(file.notes) == (layout == "moodle")


def test_a_single_hostile_file_is_shown_printably(tmp_path: Path) -> None:
    (file,) = find(write(tmp_path, "a\x1b[2J.py") / "a\x1b[2J.py", "pooling", KNOWN)
    assert (file.student, file.name) == ("a\ufffd[2J", "a\ufffd[2J.py")
    with pytest.raises(ClassFolderError) as raised:
        find(tmp_path / "a\x1b[2J.py", None, KNOWN)
    assert "\x1b" not in str(raised.value)


def test_names_that_differ_in_what_is_not_printable_stay_two(tmp_path: Path) -> None:
    names = ["a\x1b/pooling/x.py", "a\x1c/pooling/x.py", "a\x1c/convolution/x.py", "b/pooling/x.py"]
    for path in (write(tmp_path / "class", *names), zipped(tmp_path / "class.zip", *names)):
        assert shown(find(path, None, KNOWN)) == [
            ("a\ufffd", "convolution", names[2]),
            ("a\ufffd", "pooling", names[0]),
            ("a\ufffd (2)", "pooling", names[1]),
            ("b", "pooling", names[3]),
        ]


# ---- Size --------------------------------------------------------------------------------------------------


def test_a_large_file_is_read_only_as_far_as_it_takes_to_refuse_it(tmp_path: Path) -> None:
    large = write(tmp_path / "class", "an/pooling/pooling.py") / "an/pooling/pooling.py"
    large.write_bytes(b"x" * (2 * MAX_BYTES))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("an/pooling/pooling.py", b"\0" * (40 * MAX_BYTES))
    assert (tmp_path / "bomb.zip").stat().st_size < MAX_BYTES
    for path in (tmp_path / "class", tmp_path / "bomb.zip"):
        (file,) = find(path, None, KNOWN)
        assert len(file.read()) == MAX_BYTES + 1


def test_a_compression_that_cannot_be_bounded_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("an/pooling/pooling.py", bz2.compress(b"\0" * MAX_BYTES))
    (file,) = find(tmp_path / "bomb.zip", None, KNOWN)
    with pytest.raises(ClassFolderError, match="without bounds"):
        file.read()


def test_a_zip_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    for age, text in enumerate(("first", "second")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("an/pooling/pooling.py", text)
        os.utime(path, (age, age))
        (file,) = find(path, None, KNOWN)
        assert file.read().decode() == text


# ---- Mistakes ----------------------------------------------------------------------------------------------


def nothing(path: Path) -> Path:
    return path / "nothing"


def empty_folder(path: Path) -> Path:
    return write(path / "class", "an/")


def text_file(path: Path) -> Path:
    return write(path, "grades.txt") / "grades.txt"


def damaged_zip(path: Path) -> Path:
    return write(path, "class.zip") / "class.zip"


def truncated_zip(path: Path) -> Path:
    whole = zipped(path / "class.zip", *nested())
    whole.write_bytes(whole.read_bytes()[:-30])
    return whole


def empty_zip(path: Path) -> Path:
    return zipped(path / "class.zip")


def flat_folder(path: Path) -> Path:
    return write(path / "flat", *flat())


def flat_zip(path: Path) -> Path:
    return zipped(path / "flat.zip", *flat("hand-ins/"))


def single_file(path: Path) -> Path:
    return write(path, "an.py") / "an.py"


def other_files(path: Path) -> Path:
    return write(path / "class", "an/letter.docx", "README.md", "an/pictures/edge.png")


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (nothing, ["There is no"]),
        (empty_folder, ["holds no submissions", "--assignment"]),
        (other_files, ["holds no submissions"]),
        (text_file, ["is no folder, archive, .ipynb or .py"]),
        (damaged_zip, ["cannot be read as an archive", "make it again"]),
        (truncated_zip, ["cannot be read as an archive"]),
        (empty_zip, ["holds no submissions"]),
        (flat_folder, ["--assignment (convolution, pooling)"]),
        (flat_zip, ["--assignment (convolution, pooling)"]),
        (single_file, ["--assignment (convolution, pooling)"]),
    ],
)
def test_a_path_without_submissions_is_one_sentence_that_names_it(
    tmp_path: Path, make: Callable[[Path], Path], parts: list[str]
) -> None:
    path = make(tmp_path)
    with pytest.raises(ClassFolderError) as raised:
        find(path, None, KNOWN)
    for part in [*parts, str(path)]:
        assert part in str(raised.value)
    assert "\n" not in str(raised.value)


def test_without_keys_the_sentence_says_so(tmp_path: Path) -> None:
    for make in (flat_folder, single_file):
        with pytest.raises(ClassFolderError, match="no answer keys found"):
            find(make(tmp_path), None, set())


def test_an_assignment_that_nobody_handed_in_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClassFolderError, match="holds no submissions"):
        find(write(tmp_path, *nested()), "training", KNOWN)


def test_many_files_of_one_student_are_read_in_linear_time(tmp_path: Path) -> None:
    """So many comparisons of pairs would take minutes; the worked file is chosen all the same."""
    folder = tmp_path / "lina" / "pooling"
    folder.mkdir(parents=True)
    stub = "def f(x):\n    raise NotImplementedError()\n"
    for number in range(1200):
        (folder / f"copy{number}.py").write_text(
            f"{stub}def g{number}(x):\n    raise NotImplementedError()\n"
        )
    (folder / "work.py").write_text("def f(x):\n    return x\n")
    os.utime(folder / "work.py", (0, 0))
    reads = []
    parse = source.ast.parse
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(source.ast, "parse", lambda *args, **more: reads.append(1) or parse(*args, **more))
        (file,) = find(tmp_path, None, {"pooling"})
    assert len(reads) < 10 * 1201
    assert file.name == "lina/pooling/work.py"
