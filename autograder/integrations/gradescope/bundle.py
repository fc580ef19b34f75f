"""Makes the zip that an instructor uploads to Gradescope: two scripts, the engine as a wheel, one hidden key.

`autograder gradescope` calls it. References, misconceptions' code and other assignments' keys never get in:
the wheel holds what grading needs of the engine, the key is data, and there is nothing else.
"""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from autograder import __version__
from autograder.base import atomic

_PACKAGE = Path(__file__).parent.parent.parent
_LEFT_OUT = (
    "__main__.py",
    "assignments",
    "authoring",
    "cli",
    "cnn/explorer",
    "cnn/models",
    "integrations/nbgrader",
    "student",
)
"""What grading does not need; `cnn/models` knows answers besides."""
_NEEDED = ("numpy", "sympy", "lark")
"""What has to be installed there; the latter two read typed derivations."""
_EXECUTABLE, _PLAIN, _SECRET = 0o755, 0o644, 0o600
_WHEEL = "Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_EPOCH = (2020, 1, 1, 0, 0, 0)
"""Every file's date: the same key and engine give the same zip."""


def write(key: Path, lang: str, target: Path) -> None:
    """Write the zip for the hidden key at `key`; feedback will be in `lang`.

    Raises
    ------
    OSError
    """
    scripts = Path(__file__).parent
    run = (scripts / "run_autograder").read_text(encoding="utf-8").replace("@LANG@", lang)
    with (
        atomic.replacing_bytes(target) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        _add(bundle, "setup.sh", (scripts / "setup.sh").read_bytes(), _EXECUTABLE)
        _add(bundle, "run_autograder", run.encode(), _EXECUTABLE)
        _add(bundle, key.name, key.read_bytes(), _SECRET)
        _add(bundle, f"autograder-{__version__}-py3-none-any.whl", wheel(), _PLAIN)


def wheel() -> bytes:
    """Grading's part of the engine that is running, as a wheel (PEP 427)."""
    info = f"autograder-{__version__}.dist-info"
    files = {
        **{f"autograder/{path.relative_to(_PACKAGE)}": path.read_bytes() for path in _modules()},
        f"{info}/METADATA": _metadata().encode(),
        f"{info}/WHEEL": _WHEEL.encode(),
    }
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    rows.writerows([name, f"sha256={_digest(content)}", len(content)] for name, content in files.items())
    rows.writerow([f"{info}/RECORD", "", ""])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**files, f"{info}/RECORD": record.getvalue().encode()}.items():
            _add(archive, name, part, _PLAIN)
    return content.getvalue()


def _modules() -> Iterator[Path]:
    for path in sorted(_PACKAGE.rglob("*")):
        place = path.relative_to(_PACKAGE)
        left_out = any(place.is_relative_to(name) for name in _LEFT_OUT)
        if path.is_file() and not left_out and "__pycache__" not in place.parts:
            yield path


def _metadata() -> str:
    needed = [line for line in metadata.requires("autograder") or [] if line.startswith(_NEEDED)]
    lines = ["Metadata-Version: 2.1", "Name: autograder", f"Version: {__version__}"]
    return "\n".join([*lines, *(f"Requires-Dist: {line}" for line in needed), ""])


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr = 3, (0o100000 | mode) << 16  # Unix: file modes count
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)
