"""Find a Chromium and start it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Playwright

HOME = Path(sys.prefix) / "browser"  # .venv/browser
OWN = HOME / "chromium"  # complete, or not there at all: it is renamed into place when everything is unpacked
NAMES = ("chromium", "chromium-browser", "google-chrome")
CAN_INSTALL = platform.system() == "Linux" and platform.machine() == "x86_64"


class NoBrowser(RuntimeError):
    """There is no Chromium; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A Chromium, and the environment in which it starts."""

    path: str
    environ: Mapping[str, str] = field(default_factory=dict)


def find_browser(own: Path = OWN) -> Chromium:
    """Return the machine's Chromium, else the one in .venv/browser. Raises NoBrowser."""
    for name in NAMES:
        if found := shutil.which(name):
            return Chromium(found)
    if (own / "chromium").is_file():
        # The package's libraries lie beside its binary: NSS in lib/, SwiftShader where the binary looks for it.
        paths = [str(own / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
        return Chromium(
            str(own / "chromium"),
            {"LD_LIBRARY_PATH": os.pathsep.join(paths), "FONTCONFIG_FILE": str(own / "fonts.conf")},
        )
    raise NoBrowser(missing())


def missing() -> str:
    """Return the sentence that says how to get a browser on this machine."""
    if CAN_INSTALL:
        return "No Chromium was found. Run `make browser`: it installs one into .venv/browser."
    return (
        f"No Chromium was found, and none can be installed into .venv for {platform.system()} on {platform.machine()}. "
        "Install Chromium or Google Chrome by your system's packages (Debian: chromium; macOS: brew install chromium) "
        f"so that one of {', '.join(NAMES)} is on PATH."
    )


def launch(playwright: Playwright, *arguments: str, environ: Mapping[str, str] | None = None) -> Browser:
    """Start the Chromium that is there, headless, with further arguments and environment variables."""
    found = find_browser()
    return playwright.chromium.launch(
        executable_path=found.path,
        # Chromium cannot make its sandbox as root or where user namespaces are off; it opens loopback pages only.
        args=["--no-sandbox", "--disable-background-networking", *arguments],
        env={**os.environ, **found.environ, **(environ or {})},
    )
