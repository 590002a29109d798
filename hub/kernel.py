"""What the kernel knows of processes: it ends a child with its parent, and it knows who is dead.

Both need Linux. Elsewhere a child is ended by its supervisor alone, and a dead reader's lease runs out.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import socket
import sys
from functools import cache
from pathlib import Path

PR_SET_PDEATHSIG = 1
ENDED = frozenset({"Z", "X", "x"})  # states of proc_pid_stat(5): it runs no more, whether or not anybody waited for it

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent ends, or end it now if the parent has ended already.

    `parent` is the process id that the parent had when it started this one. The kernel's promise is bound to the
    thread that started the child, so a parent starts its children from its main thread.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died between the fork and the line above: no signal would ever come
        os.kill(os.getpid(), signal.SIGKILL)


def name_process() -> str:
    """Return a name of this process that no other process has had or will have: machine, process id, start.

    Empty where the kernel does not tell. `is_dead` understands it on the same machine.
    """
    started = _started(os.getpid())
    machine = _machine()
    return f"{machine}:{os.getpid()}:{started[1]}" if machine and started else ""


def is_dead(name: str) -> bool:
    """Whether the process that had this name has surely ended. False when in doubt: it may be of another machine."""
    machine, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if not machine or machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, or another has its number: the start tells
    found = _started(int(pid))
    return found is not None and (found[0] in ENDED or found[1] != started)


def _started(pid: int) -> tuple[str, str] | None:
    """Return the state of a process and when it started, in ticks since boot; None when it cannot be told."""
    try:
        # The name in brackets may hold anything, brackets and spaces too: what follows the last one is fixed.
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (words[0], words[19]) if len(words) > 19 else None


@cache
def _machine() -> str:
    """Return a digest of all that must be the same for two processes to see each other; empty if it cannot be told.

    That is the boot of the kernel, the name spaces of process ids and times (a container has its own), and the host's
    name, which tells copies of one virtual machine apart.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        spaces = [os.readlink(f"/proc/self/ns/{space}") for space in ("pid", "time")]
    except OSError:
        return ""
    return hashlib.sha256("\n".join([boot, *spaces, socket.gethostname()]).encode()).hexdigest()[:12]
