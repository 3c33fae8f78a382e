"""Let the files in assets/ travel in the wheel, as hyperface/_assets. The rest of packaging is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithAssets(build_py):
    """Copies the package, and assets/ into it. An editable installation finds assets/ where it is."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)  # modules of an earlier build would travel along
        super().run()
        if not self.editable_mode:
            shutil.copytree(ROOT / "assets", Path(self.build_lib, "hyperface", "_assets"))


setup(cmdclass={"build_py": BuildWithAssets})
