"""Where hidden answer keys lie open: read by other users of the machine, or on their way into a repository.

Commands that write or use keys call `exposed` and warn. It never changes what it looks at.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.base.messages import Text, say


def exposed(keys: Iterable[Path]) -> Iterator[Text]:
    """A sentence for each folder in which a key can be read by others, or is not ignored by git."""
    folders: dict[Path, list[Path]] = {}
    for key in keys:
        folders.setdefault(key.absolute().parent, []).append(key)
    for folder, files in folders.items():
        if (
            os.name == "posix"
            and folder.stat().st_mode & 0o011
            and any(f.stat().st_mode & 0o044 for f in files)
        ):
            yield say("key.read_by_others", folder=folder)
        if _git_would_add(folder, [file.name for file in files]):
            yield say("key.in_git", folder=folder)


def _git_would_add(folder: Path, names: list[str]) -> bool:
    """Whether the folder is in a work tree of git that does not ignore one of the files."""
    git = shutil.which("git")
    if git is None or not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return False
    command = [git, "-c", "core.fsmonitor=", "-C", str(folder), "check-ignore", "--", *names]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode in (0, 1) and len(done.stdout.splitlines()) < len(names)
