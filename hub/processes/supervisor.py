"""A small supervisor: starts the processes of an installation, restarts what dies, and leaves nothing behind.

honcho and its like stop everything when one child exits; here a dead worker is a matter of a second.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from hub.kernel import end_with_parent

STOP_SECONDS = 10.0
QUICK_DEATH = 5.0  # a process that lived shorter than this waits longer before it is started again
LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running. Programs are started in order and stopped together, those that outlive last."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None  # whether it can be used
    ready_within: float = 60.0  # seconds; a machine that is busy takes its time
    outlives: bool = False  # others need it until they have ended
    parting: int = signal.SIGKILL  # what the kernel sends it when the supervisor is killed


class StartFailed(Exception):
    """A program could not be brought up."""


class Supervisor:
    """Keeps programs running until told to stop.

    Every child runs in a session of its own, so that Ctrl-C in the terminal reaches this process alone, and is
    ended by the kernel should this process be killed: for that, it is to be used from the main thread. `inherited`
    are file descriptors that every child gets, such as that of a lock which lasts until the last of them has ended.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        say: Callable[[str], None],
        quiet: bool = False,
        inherited: Sequence[int] = (),
    ) -> None:
        self._programs = list(programs)
        self._say = say
        self._quiet = quiet
        self._inherited = tuple(inherited)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._deaths: dict[str, int] = {}
        self._again: dict[str, float] = {}
        self.stopping = threading.Event()

    def start(self) -> None:
        """Start every program in order, each after the one before it is ready."""
        for program in self._programs:
            self._spawn(program)
            if program.ready is not None:
                self._wait_until_ready(program, program.ready)
            if self.stopping.is_set():
                return

    def _wait_until_ready(self, program: Program, is_ready: Callable[[], bool]) -> None:
        """Wait until a program can be used. Raises StartFailed when it ended or takes too long."""
        child = self._children[program.name]
        deadline = time.monotonic() + program.ready_within
        while not is_ready():
            if _has_ended(child):
                raise StartFailed(f"{program.name} ended with {_code(child.returncode)} before it could be used")
            if time.monotonic() > deadline:
                raise StartFailed(f"{program.name} could not be used within {program.ready_within:.0f} s")
            if self.stopping.wait(0.05):
                return

    def run(self, tick: float = 0.2) -> None:
        """Watch the programs until `stopping` is set, starting again what died."""
        while not self.stopping.wait(tick):
            self.look()

    def look(self) -> None:
        """Start again what died; one that dies at once waits twice as long each time."""
        for program in self._programs:
            child = self._children.get(program.name)
            if child is not None and not _has_ended(child):
                continue
            if child is not None and program.name not in self._again:
                lived = time.monotonic() - self._started[program.name]
                deaths = self._deaths.get(program.name, 0) + 1 if lived < QUICK_DEATH else 0
                self._deaths[program.name] = deaths
                wait = min(0.2 * 2 ** min(deaths, 16), LONGEST_WAIT) if deaths else 0.0
                self._again[program.name] = time.monotonic() + wait
                self._say(f"{program.name} ended with {_code(child.returncode)}, starting it again{_in(wait)}")
            if time.monotonic() >= self._again.get(program.name, 0.0):
                self._again.pop(program.name, None)
                self._start_again(program)

    def _start_again(self, program: Program) -> None:
        try:
            self._spawn(program)
        except StartFailed as problem:
            # Out of memory or of processes, most likely: what runs goes on, and this one is tried again.
            self._again[program.name] = time.monotonic() + LONGEST_WAIT
            self._say(f"{problem}, trying again{_in(LONGEST_WAIT)}")

    def pids(self) -> dict[str, int]:
        """Return the process ids of the programs that run, by name."""
        return {name: child.pid for name, child in self._children.items() if child.poll() is None}

    def stop(self) -> None:
        """Stop everything politely, and what has not ended after ten seconds for good."""
        self.stopping.set()
        for outlives in (False, True):
            ending = [
                self._children[program.name]
                for program in self._programs
                if program.outlives is outlives and program.name in self._children
            ]
            for child in ending:
                if not _has_ended(child):
                    child.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            for child in ending:
                self._wait(child, max(0.1, deadline - time.monotonic()))
        self._children.clear()

    def _wait(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not _has_ended(child):
            if time.monotonic() > deadline:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                return
            time.sleep(0.01)

    def _spawn(self, program: Program) -> None:
        output = subprocess.DEVNULL if self._quiet else None
        try:
            self._children[program.name] = subprocess.Popen(
                list(program.command),
                env={**os.environ, **program.environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None,
                start_new_session=True,
                pass_fds=self._inherited,
                preexec_fn=partial(end_with_parent, os.getpid(), program.parting) if sys.platform == "linux" else None,
            )
        except OSError as problem:
            raise StartFailed(f"{program.name} could not be started: {problem}") from problem
        self._started[program.name] = time.monotonic()


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether a child has ended; what it left running in its group is then ended as well, before its number is free.

    A web server that was killed leaves its own child behind, which would go on answering.
    """
    if child.returncode is not None:
        return True
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return child.poll() is not None
    if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    return True


def _in(seconds: float) -> str:
    return f" in {seconds:.0f} s" if seconds >= 1 else ""


def _code(returncode: int) -> str:
    if returncode < 0:
        return f"signal {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"
