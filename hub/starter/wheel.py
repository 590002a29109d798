"""What goes into the wheel beside the code: the example workspace in config/, as hub/example, for `okrhub demo`."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

EXAMPLE = Path(__file__).parents[2] / "config"


class BuildPy(build_py):  # type: ignore[misc]  # setuptools has no types
    """Copy the packages, then the example workspace. An editable install reads config/ where it lies."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree(EXAMPLE, Path(self.build_lib) / "hub" / "example", dirs_exist_ok=True)
