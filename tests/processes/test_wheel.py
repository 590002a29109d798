"""What a wheel brings to a machine that has no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Build a wheel from a copy of the sources, and run Python where its files are all that is there of the hub."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("hub", "connectors", "mappings", "config"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-index", "--no-deps"]
    made = [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(folder), str(folder / "source")]
    subprocess.run(made, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    installed = [*pip, "install", *offline, "--no-compile", "--target", str(folder / "site"), str(wheel)]
    subprocess.run(installed, check=True, capture_output=True, timeout=120)
    shutil.rmtree(folder / "source")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OKRHUB_")}

    def python(*arguments: str, cwd: Path) -> str:
        command = [sys.executable, "-P", *arguments]
        environ = {**clean, "PYTHONPATH": str(folder / "site")}
        done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert python("-c", "import hub; print(hub.__file__)", cwd=folder).startswith(str(folder / "site"))
    return python


def test_the_demo_finds_its_example_company_in_an_installed_wheel(run: Run, tmp_path: Path) -> None:
    run(
        "-c",
        "import sys, datetime, pathlib; from hub.demo.quarter import write_workspace;"
        "write_workspace(pathlib.Path(sys.argv[1]), datetime.date(2026, 10, 1))",
        str(tmp_path),
        cwd=tmp_path,
    )
    for path in (ROOT / "config").rglob("*.yaml"):
        assert (tmp_path / path.relative_to(ROOT / "config")).read_bytes() == path.read_bytes()


def test_a_workspace_is_begun_and_linted_from_an_installed_wheel(run: Run, tmp_path: Path) -> None:
    run("-m", "hub.cli", "init", "okrs", cwd=tmp_path)
    starter = ROOT / "hub" / "starter"
    assert (tmp_path / "okrs" / ".env.example").read_bytes() == (starter / "env.example").read_bytes()
    assert (tmp_path / "okrs" / ".gitignore").read_bytes() == (starter / "gitignore").read_bytes()
    run("-m", "hub.cli", "lint", cwd=tmp_path / "okrs")


def test_the_database_of_an_installed_wheel_is_made_by_its_migrations(run: Run, tmp_path: Path) -> None:
    run("-m", "hub.cli", "init", "okrs", cwd=tmp_path)
    run("-m", "hub.cli", "db", "upgrade", cwd=tmp_path / "okrs")
    assert (tmp_path / "okrs" / ".okrhub" / "hub.db").is_file()
