"""What the sandbox can see: the command line that puts the warden inside bubblewrap.

Visible, read-only: the Python executable, its standard library without site-packages, the shared
libraries that these and NumPy load, NumPy, and the handful of this package's modules that run
inside. Writable: one small tmpfs. Nothing else of the disk exists there.
"""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from autograder.sandbox.limits import Limits

ENGINE = "/engine"
PACKAGES = "/packages"
NOBODY = "65534"
_INSIDE = ("__init__.py", "values.py", "sandbox")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


class BubblewrapMissing(Exception):
    """bubblewrap is not installed or may not make namespaces here; one sentence says what to do."""


def command(limits: Limits, program: list[str]) -> list[str]:
    """The command that runs `program` inside.

    Raises
    ------
    BubblewrapMissing
    """
    arguments = [_executable(), "--unshare-all", "--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox"]
    arguments += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
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


def require() -> None:
    """Make sure, before any work, that bubblewrap is there and may do what it is needed for.

    Raises
    ------
    BubblewrapMissing
    """
    executable = _executable()
    trial = [executable, "--unshare-all", "--ro-bind", "/", "/", "true"]
    result = subprocess.run(trial, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BubblewrapMissing(
            f"bubblewrap is installed but may not work here ({result.stderr.strip() or 'no reason given'}); "
            "allow it user namespaces, or accept weaker isolation with --isolation process."
        )


def _executable() -> str:
    executable = shutil.which("bwrap")
    if executable is None:
        raise BubblewrapMissing(
            "bubblewrap is not installed; install it (apt-get install bubblewrap) "
            "or accept weaker isolation with --isolation process."
        )
    return executable


def interpreter() -> str:
    """The real Python executable, outside of any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def numpy_folders() -> list[tuple[str, str]]:
    """(source, target) of the folders that `import numpy` needs."""
    import numpy

    package = Path(numpy.__file__).parent
    libraries = package.with_name("numpy.libs")
    folders = [package, libraries] if libraries.is_dir() else [package]
    return [(str(folder), f"{PACKAGES}/{folder.name}") for folder in folders]


def _engine_files() -> list[tuple[str, str]]:
    package = Path(__file__).parent.parent
    return [(str(package / name), f"{ENGINE}/autograder/{name}") for name in _INSIDE]


def _standard_library() -> str:
    return sysconfig.get_path("stdlib", vars={"base": sys.base_prefix, "installed_base": sys.base_prefix})


def _site_packages() -> list[str]:
    """Folders inside the standard library that hold other packages."""
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
    return (interpreter(), str(library), *_shared_libraries([interpreter(), *extensions]))


def _shared_libraries(files: list[str]) -> list[str]:
    """The paths that the dynamic loader names for `files` (ldd), NumPy's own folder left out."""
    listing = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout
    own = tuple(folder for folder, _ in numpy_folders())
    found = set()
    for line in listing.splitlines():
        words = line.split()
        path = words[2] if "=>" in words and len(words) > 2 else words[0] if words else ""
        if path.startswith("/") and not path.endswith(":") and not path.startswith(own):
            found.add(path)
    return sorted(found)
