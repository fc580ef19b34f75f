"""The command line that starts the warden inside bubblewrap, and with it what the sandbox can see.

Used by `launch` and `client`. Visible inside, read-only: the Python executable, its standard library without
site-packages, NumPy, the modules that the course allows, the shared libraries that all of these load, and
this package's modules that run inside. Writable: one small tmpfs. Nothing else of the disk may be visible.
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
from autograder.sandbox import modules
from autograder.sandbox.limits import Limits
from autograder.sandbox.records import Isolation

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
    arguments = [executable(), "--unshare-all", "--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox"]
    arguments += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    for path in python_files(limits.modules):
        arguments += ["--ro-bind", path, path]
    for hidden in _site_packages():
        arguments += ["--tmpfs", hidden, "--remount-ro", hidden]
    for source, target in (*_engine_files(), *_package_files(limits.modules).items()):
        arguments += ["--ro-bind", source, target]
    for device in _DEVICES:
        arguments += ["--dev-bind", device, device]
    arguments += ["--proc", "/proc", "--perms", "0700", "--size", str(limits.disk), "--tmpfs", "/tmp"]
    arguments += ["--remount-ro", "/", "--chdir", "/tmp", "--", *program]
    return arguments


def executable() -> str:
    """The path of bubblewrap.

    Raises
    ------
    BubblewrapMissing
    """
    path = shutil.which("bwrap")
    if path is None:
        raise BubblewrapMissing(say("bubblewrap.missing", instead="--isolation process"))
    return path


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


def _package_files(allowed: tuple[str, ...]) -> dict[str, str]:
    """Sources and targets of NumPy and the modules `allowed`."""
    found = modules.locations(allowed)
    return dict(numpy_folders()) | {place: f"{PACKAGES}/{name}" for name, place in found.items()}


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
def python_files(allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The interpreter, its standard library and every shared library that these, NumPy and modules load."""
    library = Path(_standard_library())
    extensions = [str(path) for path in (library / "lib-dynload").glob("*.so")]
    packages = tuple(_package_files(allowed))
    for package in packages:
        extensions += [str(path) for path in (Path(package), *Path(package).rglob("*.so*")) if path.is_file()]
    extensions = [path for path in extensions if ".so" in Path(path).name]
    return (interpreter(), str(library), *_shared_libraries(extensions, packages))


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


def _shared_libraries(extensions: list[str], packages: tuple[str, ...]) -> list[str]:
    """The shared libraries in a Python that has loaded all of `extensions`, without its own and `packages`'.

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
    own = (*packages, _standard_library())
    return sorted(
        {path for path in listing.splitlines() if path.startswith("/") and not path.startswith(own)}
    )


def library_folders(allowed: tuple[str, ...] = ()) -> str:
    """LD_LIBRARY_PATH inside: the folders of the shared libraries."""
    libraries = [Path(path) for path in python_files(allowed)]
    return ":".join(sorted({str(path.parent) for path in libraries if ".so" in path.name}))


_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")


def places(isolation: Isolation, allowed: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a run may read, import and write, and for "user" which user it becomes; see `warden`."""
    packages, found = _package_files(allowed), modules.locations(allowed)
    places = {"devices": list(_DEVICES), "inside": isolation == "bubblewrap", "scratch": "/tmp"}
    if isolation == "bubblewrap":
        places["readable"] = [*python_files(allowed), *packages.values()]
        return places | {"modules": {name: f"{PACKAGES}/{name}" for name in found}}
    needed = [interpreter(), _standard_library(), *packages]
    if any(path.startswith("/tmp/") for path in needed):
        places["scratch"] = (
            "/var/tmp"  # a run's own file system is mounted there and hides what it needs to read
        )
    own_libraries = str(Path(interpreter()).parent.parent / "lib")
    places |= {"readable": [*needed, own_libraries, *_SYSTEM_LIBRARIES], "modules": dict(found)}
    return places | ({"user": int(NOBODY)} if isolation == "user" else {})
