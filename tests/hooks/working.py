"""`okrhub` in a process of its own that knows Chimes too: python -m tests.hooks.working worker --queue ..."""

from __future__ import annotations

from typing import cast

from connectors.registry import KINDS
from hub.cli import main

if __name__ == "__main__":
    cast(dict[str, str], KINDS)["chimes"] = "tests.hooks.chimes:Chimes"
    main()
