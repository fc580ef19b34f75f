"""What people hand in, as files, and every container and route by which it may come."""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat

KNOWN = {"pooling": ("max_pool", "mean_pool"), "convolution": ("conv",)}
NAMES = {"作业3": "pooling", "hw3": "pooling"}

STUB = "".join(f"def {name}(x):\n    raise NotImplementedError()\n\n" for name in KNOWN["pooling"])
HALF = "def max_pool(x):\n    return x.max()\n\ndef mean_pool(x):\n    raise NotImplementedError()\n"
BEGUN = STUB.replace("    raise", "    h = x.shape\n    raise", 1)
GIVEN = "class max_pool:\n    def __init__(self):\n        self.x = 1\n\n    def call(self, x):\n"
GIVEN += "        h = x.shape\n        raise NotImplementedError()\n\n" + STUB.split("\n\n")[1]
DONE = "def max_pool(x):\n    return x.max()\n\ndef mean_pool(x):\n    return x.mean()\n"
LEFT = DONE + "    raise NotImplementedError()\n"
BROKEN = "def max_pool(x:\n    return x.max()\n\ndef mean_pool(x):\n    return x.mean()\n"
HELPER = "def plot(x):\n    return x\n\ndef pad(x):\n    return x\n\ndef load(x):\n    return x\n"
OTHER = "def conv(x):\n    return x\n"
NOTES = "# what I have to do\nx = 1\n"


def notebook(code: str, *, cell: str = "code", outputs: int = 0) -> str:
    made = nbformat.v4.new_code_cell(code) if cell == "code" else nbformat.v4.new_markdown_cell(code)
    if outputs:
        made.outputs = [nbformat.v4.new_output("stream", text="x" * outputs)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=[made]))


Tree = Mapping[str, str | bytes | None]
"""Contents by path, from the oldest file to the newest; None is an empty folder."""


def content(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def written(folder: Path, tree: Tree) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for age, (name, value) in enumerate(tree.items()):
        path = folder / name
        (path.parent if value is not None else path).mkdir(parents=True, exist_ok=True)
        if value is not None:
            path.write_bytes(content(value))
            os.utime(path, (1_600_000_000 + 100 * age,) * 2)
    return folder


def zipped(tree: Tree, password: bool = False) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for age, (name, value) in enumerate(tree.items()):
            time = (2020, 9, 13, 12, 26 + age // 30, 2 * (age % 30))
            archive.writestr(zipfile.ZipInfo(name + "/" * (value is None), time), content(value))
    data = stream.getvalue()
    if password:  # the bit that says so, in both headers of each member
        for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            at = -1
            while (at := data.find(mark, at + 1)) >= 0:
                data = data[: at + place] + bytes([data[at + place] | 1]) + data[at + place + 1 :]
    return data


def tarred(tree: Tree) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for age, (name, value) in enumerate(tree.items()):
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if value is None else tarfile.REGTYPE
            info.size, info.mtime = len(content(value)), 1_600_000_000 + 100 * age
            archive.addfile(info, io.BytesIO(content(value)))
    return stream.getvalue()


def sevenzipped(tree: Tree, password: str | None = None) -> bytes:
    import py7zr

    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password=password) as archive:
        for name, value in tree.items():
            if value is not None:
                archive.writestr(content(value), name)
    return stream.getvalue()


def saved(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def around(tree: Tree, folder: str) -> Tree:
    return {f"{folder}/{name}": value for name, value in tree.items()}


CONTAINERS: dict[str, Callable[[Path, Tree], Path]] = {
    "folder": lambda place, tree: written(place / "class", tree),
    "zip": lambda place, tree: saved(place / "class.zip", zipped(tree)),
    "zip around": lambda place, tree: saved(place / "whole.zip", zipped(around(tree, "download"))),
    "zip in zip": lambda place, tree: saved(place / "out.zip", zipped({"download.zip": zipped(tree)})),
    "tar.gz": lambda place, tree: saved(place / "class.tar.gz", tarred(tree)),
    "zip in folder": lambda place, tree: written(place / "outer", {"download.zip": zipped(tree)}),
}
"""A class as it may lie on the disk."""

ROUTES: dict[str, tuple[Callable[[str, Tree], Tree], str | None]] = {
    "nbgrader": (lambda who, tree: around(tree, f"{who}/pooling"), None),
    "other folder name": (lambda who, tree: around(tree, f"{who}/作业3"), None),
    "assignment first": (lambda who, tree: around(tree, f"pooling/{who}"), None),
    "student's folder": (lambda who, tree: around(tree, who), "pooling"),
    "student's zip": (lambda who, tree: {f"{who}.zip": zipped(tree)}, "pooling"),
    "zip in the folder": (lambda who, tree: {f"{who}/pooling/w.zip": zipped(around(tree, "work"))}, None),
    "Moodle": (lambda who, tree: around(tree, f"{who}_12_assignsubmission_file"), "pooling"),
    "Moodle's zip": (lambda who, tree: {f"{who}_12_assignsubmission_file/w.zip": zipped(tree)}, "pooling"),
    "Canvas": (
        lambda who, tree: {
            f"{who}_4_{100 + n}_{name}": value for n, (name, value) in enumerate(tree.items())
        },
        "pooling",
    ),
    "Blackboard": (
        lambda who, tree: {
            f"hw_{who}_attempt_2022-11-04-10-41-{n:02}_{name}": value
            for n, (name, value) in enumerate(tree.items())
        },
        "pooling",
    ),
    "GitHub": (lambda who, tree: around(tree, f"pooling-{who}"), None),
}
"""How one student's files may come, and the assignment that has to be named."""
