"""Puts the students' files into the wheel: the repository's `assignments/` as `autograder/assignments/`.

setuptools calls this when it builds (`[tool.setuptools.cmdclass]` in pyproject.toml); nothing imports it at
run time. `handout` finds the files there, and in a checkout where they lie.
"""

from pathlib import Path

from setuptools.command.build_py import build_py

_SOURCE = Path("assignments")


class BuildPy(build_py):  # type: ignore[misc]  # where setuptools is not installed
    """`build_py` that copies what students get beside the package's own modules."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._handed_out():
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target), preserve_mode=False)

    def get_source_files(self) -> list[str]:
        """For the source distribution."""
        return [*super().get_source_files(), *(str(source) for source, _ in self._handed_out())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """For the list of installed files."""
        outputs = list(super().get_outputs(include_bytecode))
        return outputs if self.editable_mode else outputs + [str(to) for _, to in self._handed_out()]

    def _handed_out(self) -> list[tuple[Path, Path]]:
        target = Path(self.build_lib, "autograder")
        return [
            (path, target / path)
            for path in sorted(_SOURCE.glob("*/*/**/*"))
            if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
        ]
