"""The modules that a course allows besides NumPy: where they lie, and how they are loaded inside the sandbox.

Outside, `locations` finds a module with all that its distribution requires; `bubblewrap` makes these files
readable, and the warden, inside, calls `load` before any submission. A submission finds these and nothing
else: their folder is on no path, since what is installed beside them is none of its business.
"""

import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_REQUIREMENT = re.compile(r"[\w.-]+")
_OWN = "autograder"
_BESIDE = ("numpy", _OWN)
"""Never looked for: the first is there anyway, the second holds what students must not see."""


def is_installed(name: str) -> bool:
    """Whether the module `name`, such as "scipy.signal", can be allowed here."""
    try:
        return name.partition(".")[0] != _OWN and importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # of what it is in, or of its name
        return False


@functools.cache
def locations(names: tuple[str, ...]) -> Mapping[str, str]:
    """Where the modules `names` lie, with all that their distributions require: file or folder, by its name.

    What is not installed is left out: then the warden reports what it cannot load.
    """
    found: dict[str, str] = {}
    for name in names:
        _locate(name.partition(".")[0], found)
    return found


def distributions(names: Iterable[str]) -> list[str]:
    """The names of the distributions that the modules `names` come from, for `pip install`."""
    from importlib import metadata

    known = metadata.packages_distributions() if names else {}
    tops = dict.fromkeys(name.partition(".")[0] for name in names)
    return [distribution for top in tops for distribution in known.get(top, ())]


def _locate(top: str, found: dict[str, str]) -> None:
    if top in found or top in _BESIDE or top in sys.stdlib_module_names:
        return
    from importlib import metadata  # takes a while, and hardly any course needs it

    spec = importlib.util.find_spec(top)
    if spec is None:
        return
    path = Path(spec.origin or next(iter(spec.submodule_search_locations or ())))
    path = path.parent if spec.origin and spec.submodule_search_locations else path
    found[path.name] = str(path)
    for distribution in metadata.packages_distributions().get(top, ()):
        _locate_distribution(distribution, found, set())


def _locate_distribution(name: str, found: dict[str, str], seen: set[str]) -> None:
    """Add what a distribution installed into its folder, and what it requires."""
    from importlib import metadata

    name = re.sub(r"[-_.]+", "-", name).lower()
    if name in seen or name in _BESIDE:
        return
    seen.add(name)
    with contextlib.suppress(metadata.PackageNotFoundError):
        distribution = metadata.distribution(name)
        tops = {path.parts[0] for path in distribution.files or () if path.suffix != ".pth"}
        for top in tops:
            path = Path(str(distribution.locate_file(top)))
            if top not in ("..", "__pycache__") and path.suffix != ".dist-info" and path.exists():
                found[top] = str(path)
        for requirement in distribution.requires or ():
            if "extra ==" not in requirement and (required := _REQUIREMENT.match(requirement)):
                _locate_distribution(required[0], found, seen)


def load(names: Sequence[str], places: Mapping[str, str]) -> list[str]:
    """Import the modules `names` from `places`, in the warden; returns those that cannot be imported."""
    sys.meta_path.append(_Finder(places))
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # whatever a library may raise that does not find what it needs
            missing.append(name)
    return missing


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of `locations`; submodules are found through their packages."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = places

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        place = next((at for file, at in self.places.items() if file.partition(".")[0] == name), None)
        if place is None or path is not None:
            return None
        if not os.path.isdir(place):
            return importlib.util.spec_from_file_location(name, place)
        start = os.path.join(place, "__init__.py")
        if os.path.isfile(start):
            return importlib.util.spec_from_file_location(name, start, submodule_search_locations=[place])
        spec = ModuleSpec(name, None, is_package=True)  # a namespace, such as "nvidia"
        spec.submodule_search_locations = [place]
        return spec
