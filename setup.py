"""What pyproject.toml cannot say: a wheel brings the course's data catalogue along, inside `unrolled.data`."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class WithCatalogue(build_py):
    """Copies datasets/*.toml; an editable installation finds them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for copy, original in self._catalogue().items():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(original, copy)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return what a build makes, the copies too."""
        return [*super().get_outputs(include_bytecode), *map(str, self._catalogue())]

    def _catalogue(self) -> dict[Path, Path]:
        folder = Path(self.build_lib) / "unrolled" / "data"
        return {folder / path.name: path for path in sorted((ROOT / "datasets").glob("*.toml"))}


setup(cmdclass={"build_py": WithCatalogue})
