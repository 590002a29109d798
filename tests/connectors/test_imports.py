"""What a process loads with the connectors: every worker and every command pays for it at its start."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from connectors.registry import KINDS, load
for kind in KINDS:
    load(kind)
print(*sorted({"asana", "jira", "msgraph", "trello"} & set(sys.modules)))
"""


def test_no_vendors_library_is_loaded_before_it_is_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")
