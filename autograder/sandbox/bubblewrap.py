"""The command line that starts the warden inside bubblewrap, and with it what the sandbox can see.

Used by `launch` and `client`. Visible inside, read-only: the Python executable, its standard library without
site-packages, the shared libraries that these and NumPy load, NumPy, and this package's modules that run
inside. Writable: one small tmpfs. Nothing else of the disk may be visible.
"""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from autograder.base.messages import TextError, say
from autograder.sandbox.limits import Limits

ENGINE = "/engine"
PACKAGES = "/packages"
NOBODY = "65534"
_INSIDE = ("__init__.py", "sandbox")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


class BubblewrapMissing(TextError):
    """bubblewrap is not installed; the text says what to do."""


def command(limits: Limits, environment: dict[str, str], program: list[str]) -> list[str]:
    """The command that runs `program` inside bubblewrap, with only `environment` in its environment.

    Raises
    ------
    BubblewrapMissing
    """
    arguments = [_executable(), "--unshare-all", "--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox"]
    arguments += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    for path in python_files():
        arguments += ["--ro-bind", path, path]
    for hidden in _site_packages():
        arguments += ["--tmpfs", hidden, "--remount-ro", hidden]
    for source, target in (*_engine_files(), *numpy_folders()):
        arguments += ["--ro-bind", source, target]
    for device in _DEVICES:
        arguments += ["--dev-bind", device, device]
    arguments += ["--proc", "/proc", "--perms", "0700", "--size", str(limits.disk), "--tmpfs", "/tmp"]
    arguments += ["--remount-ro", "/", "--chdir", "/tmp", "--", *program]
    return arguments


def _executable() -> str:
    executable = shutil.which("bwrap")
    if executable is None:
        raise BubblewrapMissing(say("bubblewrap.missing", instead="--isolation process"))
    return executable


def interpreter() -> str:
    """The real Python executable, outside of any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def numpy_folders() -> list[tuple[str, str]]:
    """(source, target) of the folders that `import numpy` needs."""
    spec = importlib.util.find_spec("numpy")  # importing it takes a tenth of a second
    assert spec is not None and spec.origin is not None, "NumPy is a dependency of this package"
    package = Path(spec.origin).parent
    libraries = package.with_name("numpy.libs")
    folders = [package, libraries] if libraries.is_dir() else [package]
    return [(str(folder), f"{PACKAGES}/{folder.name}") for folder in folders]


def _engine_files() -> list[tuple[str, str]]:
    package = Path(__file__).parent.parent
    return [(str(package / name), f"{ENGINE}/autograder/{name}") for name in _INSIDE]


def _standard_library() -> str:
    return sysconfig.get_path("stdlib", vars={"base": sys.base_prefix, "installed_base": sys.base_prefix})


def _site_packages() -> list[str]:
    """Folders of installed packages inside the standard library."""
    return [
        str(folder)
        for name in ("site-packages", "dist-packages")
        if (folder := Path(_standard_library(), name)).is_dir()
    ]


@functools.cache
def python_files() -> tuple[str, ...]:
    """The interpreter, its standard library and every shared library that these and NumPy load."""
    library = Path(_standard_library())
    extensions = [str(path) for path in (library / "lib-dynload").glob("*.so")]
    for folder, _ in numpy_folders():
        extensions += [str(path) for path in Path(folder).rglob("*.so*")]
    return (interpreter(), str(library), *_shared_libraries(extensions))


_NAME_LIBRARIES = """
import ctypes, sys
for path in sys.stdin.read().splitlines():
    try:
        ctypes.CDLL(path)
    except OSError:  # it needs a library that is not installed; importing it fails, too
        pass
class Info(ctypes.Structure):
    _fields_ = [("address", ctypes.c_size_t), ("name", ctypes.c_char_p)]
names = []
def visit(info, size, data):
    names.append(info.contents.name.decode())
    return 0
kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)
ctypes.CDLL(None).dl_iterate_phdr(kind(visit), None)
print("\\n".join(names))
"""


def _shared_libraries(extensions: list[str]) -> list[str]:
    """The shared libraries in a Python that has loaded all of `extensions`, without its own and NumPy's.

    A new process lists them by the names under which the dynamic loader knows them: it searches for those
    inside.
    """
    listing = subprocess.run(
        [interpreter(), "-I", "-S", "-c", _NAME_LIBRARIES],
        input="\n".join(extensions),
        capture_output=True,
        text=True,
        check=False,
        env={"OPENBLAS_NUM_THREADS": "1"},
    ).stdout
    own = (*(folder for folder, _ in numpy_folders()), _standard_library())
    return sorted(
        {path for path in listing.splitlines() if path.startswith("/") and not path.startswith(own)}
    )


def library_folders() -> str:
    """LD_LIBRARY_PATH inside: the folders of the shared libraries."""
    return ":".join(sorted({str(Path(path).parent) for path in python_files() if ".so" in Path(path).name}))


def places() -> dict[str, Any]:
    """What a run may read and write inside bubblewrap; see `warden`."""
    targets = [target for _, target in numpy_folders()]
    return {
        "readable": [*python_files(), *targets],
        "devices": list(_DEVICES),
        "scratch": "/tmp",
        "inside": True,
    }


_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")


def places_outside() -> dict[str, Any]:
    """The same without bubblewrap."""
    needed = [interpreter(), _standard_library(), *(source for source, _ in numpy_folders())]
    own_libraries = str(Path(interpreter()).parent.parent / "lib")
    return {
        "readable": [*needed, own_libraries, *_SYSTEM_LIBRARIES],
        "devices": list(_DEVICES),
        # A run's own file system is mounted there and hides what it needs to read.
        "scratch": "/var/tmp" if any(path.startswith("/tmp/") for path in needed) else "/tmp",
        "inside": False,
    }
