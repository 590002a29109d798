"""What `make` says on a machine that lacks something, and that a second call is as good as a first."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRETENDS = """#!/bin/sh
case "$1 $2" in
  "-c import"*) exit {old};;
  "-m venv") mkdir -p "$3/bin"; printf '#!/bin/sh\\nexit {pip}\\n' > "$3/bin/python"; chmod +x "$3/bin/python";;
  *) exit 99;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make_environment(folder: Path, *, old: int = 0, pip: int = 0) -> subprocess.CompletedProcess[str]:
    """Make the virtual environment by a Python that is too old, or that makes one without pip."""
    python = folder / "pretended-python"
    python.write_text(PRETENDS.format(old=old, pip=pip))
    python.chmod(0o755)
    return subprocess.run(
        ["make", f"PYTHON={python}", ".venv/.python"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_python_without_its_venv_package_leaves_nothing_half_made_behind(folder: Path) -> None:
    done = make_environment(folder, pip=1)
    assert done.returncode != 0
    assert "python3-venv" in done.stdout
    assert not (folder / ".venv").exists()
    assert make_environment(folder).returncode == 0, "once the package is installed, the next call works"


def test_a_half_made_environment_of_an_earlier_call_is_thrown_away(folder: Path) -> None:
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (folder / ".venv" / "left").write_text("")
    assert make_environment(folder).returncode == 0
    assert not (folder / ".venv" / "left").exists()


def test_a_python_that_is_too_old_is_named_with_what_to_do(folder: Path) -> None:
    done = make_environment(folder, old=1)
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stdout
