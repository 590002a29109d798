"""Which of the processes of `make test` runs what: a file's tests stay together, and so does what shares a browser.

So what is made once for a file, such as the demo that has run, is made once; and never two of the tests that kill
processes for half a minute fall on each other. pytest-xdist has marks for that (`xdist_group`), which do nothing: it
writes them into a test's id, where pytest 9.2 no longer lets anybody write.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

SHARED = {"tests/web/test_browser": "one Chromium"}  # the beginning of files' names, and what their tests share


class Files(LoadScopeScheduling):
    """Give whole files to processes, in the order of the collection."""

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # it would put the files with the most tests first, not the longest

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((shared for beginning, shared in SHARED.items() if file.startswith(beginning)), file)
