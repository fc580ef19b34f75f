"""Make the zip that an instructor uploads to Gradescope: two scripts, the engine as a wheel, one hidden key.

`autograder gradescope` calls it. It must never contain references, misconceptions' code or other assignments'
keys: the wheel holds only the packages that grading needs, and those of the key's domain. A domain that a
distribution of the author's registers is a second wheel: the package in which it is, as it is installed here.
"""

import base64
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from autograder import __version__
from autograder.base import atomic
from autograder.judging import answer_key
from autograder.judging.domain import find, registered
from autograder.sandbox import modules

_PACKAGE = Path(__file__).parent.parent.parent
_GRADING = (
    "__init__.py",
    "base",
    "grading",
    "integrations/__init__.py",
    "integrations/gradescope",
    "judging",
    "reports",
    "sandbox",
    "submissions",
)
"""The parts of the engine that grading needs, besides the key's domain."""
_EXECUTABLE, _PLAIN, _SECRET = 0o755, 0o644, 0o600
_WHEEL = "Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_EPOCH = (2020, 1, 1, 0, 0, 0)
"""Every file's date, so that the same key and engine give the same zip."""


def write(key: Path, lang: str, target: Path) -> None:
    """Write the zip for the hidden key at `key`; feedback will be in `lang`.

    Raises
    ------
    OSError, answer_key.KeyFileError
    """
    loaded = answer_key.load(key)
    domain, allowed = loaded.domain, loaded.limits.modules
    scripts = Path(__file__).parent
    lang = loaded.about.language(lang)
    run = (scripts / "run_autograder").read_text(encoding="utf-8").replace("@LANG@", lang)
    with (
        atomic.replacing_bytes(target, private=True) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        _add(bundle, "setup.sh", (scripts / "setup.sh").read_bytes(), _EXECUTABLE)
        _add(bundle, "run_autograder", run.encode(), _EXECUTABLE)
        _add(bundle, key.name, key.read_bytes(), _SECRET)
        point = registered(domain)
        own = "" if point else domain
        _add(bundle, f"autograder-{__version__}-py3-none-any.whl", wheel(own, allowed), _PLAIN)
        if point and point.dist:
            _add(bundle, *_registering(point.module, point.dist, find(domain).not_for_judging), _PLAIN)


def wheel(domain: str = "", allowed: tuple[str, ...] = ()) -> bytes:
    """The running engine's modules for grading, and those of a key's domain, as a wheel (PEP 427).

    It requires the distributions of the modules that the course allows.
    """
    files = {f"autograder/{path.relative_to(_PACKAGE)}": path.read_bytes() for path in _modules(domain)}
    return _wheel(f"autograder-{__version__}", files, METADATA=_metadata(domain, allowed))


def _registering(module: str, dist: metadata.Distribution, left_out: Sequence[str]) -> tuple[str, bytes]:
    """The name and the content of the wheel of a distribution that registers a domain."""
    name = f"{re.sub(r'[-_.]+', '_', dist.name)}-{dist.version}"
    found = find_spec(module.partition(".")[0])
    assert found is not None, "it has been imported"
    files = {
        path.relative_to(root.parent).as_posix(): path.read_bytes()
        for root in map(Path, found.submodule_search_locations or [found.origin or ""])
        for path in ([root] if root.is_file() else sorted(root.rglob("*")))
        if path.is_file() and _is_wanted(path.relative_to(root), left_out)
    }
    about = {name: dist.read_text(name) or "" for name in ("METADATA", "entry_points.txt")}
    return f"{name}-py3-none-any.whl", _wheel(name, files, **about)


def _wheel(name: str, modules: Mapping[str, bytes], **about: str) -> bytes:
    info = f"{name}.dist-info"
    named = {f"{info}/{file}": text.encode() for file, text in (*about.items(), ("WHEEL", _WHEEL))}
    files = {**modules, **named}
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    rows.writerows([name, f"sha256={_digest(content)}", len(content)] for name, content in files.items())
    rows.writerow([f"{info}/RECORD", "", ""])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**files, f"{info}/RECORD": record.getvalue().encode()}.items():
            _add(archive, name, part, _PLAIN)
    return content.getvalue()


def _modules(domain: str) -> Iterator[Path]:
    needed = (*_GRADING, domain) if domain else _GRADING
    left_out = [f"{domain}/{name}" for name in find(domain).not_for_judging]
    for path in sorted(_PACKAGE.rglob("*")):
        module = path.relative_to(_PACKAGE)
        if path.is_file() and any(map(module.is_relative_to, needed)) and _is_wanted(module, left_out):
            yield path


def _is_wanted(module: Path, left_out: Sequence[str]) -> bool:
    return "__pycache__" not in module.parts and not any(map(module.is_relative_to, left_out))


def _metadata(domain: str, allowed: tuple[str, ...]) -> str:
    names = ("numpy", "charset-normalizer", *find(domain).requires)
    needed = [line for line in metadata.requires("autograder") or [] if line.startswith(names)]
    needed += modules.distributions(allowed)
    lines = ["Metadata-Version: 2.1", "Name: autograder", f"Version: {__version__}"]
    return "\n".join([*lines, *(f"Requires-Dist: {line}" for line in needed), ""])


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr = 3, (0o100000 | mode) << 16  # 3 is Unix: the mode is honoured
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)
