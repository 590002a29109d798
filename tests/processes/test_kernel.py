"""Who is dead is known for sure or not said, and nobody outlives a parent that promised to take it along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from hub.kernel import is_dead, name_process
from tests.processes.living import is_alive, wait_for

SAY_NAME = "from hub.kernel import name_process; print(name_process(), flush=True); import time; time.sleep(300)"


def named_child() -> tuple[subprocess.Popen[str], str]:
    child = subprocess.Popen([sys.executable, "-c", SAY_NAME], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def test_a_process_that_lives_is_not_dead_and_a_killed_one_is_before_anybody_waits_for_it() -> None:
    child, name = named_child()
    with child:
        assert not is_dead(name)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert is_dead(name)  # still in the table of processes, as a zombie
        child.wait(10)
        assert is_dead(name)


def test_a_process_that_has_the_number_of_a_dead_one_is_not_taken_for_it() -> None:
    machine, pid, started = name_process().split(":")
    assert not is_dead(f"{machine}:{pid}:{started}")
    assert is_dead(f"{machine}:{pid}:{int(started) - 1}")


def test_of_a_process_on_another_machine_nothing_is_said() -> None:
    _, pid, started = name_process().split(":")
    assert not is_dead(f"0123456789ab:{pid}:{int(started) - 1}")
    assert not is_dead("0123456789ab:999999999:1")


def test_of_a_name_that_means_nothing_nothing_is_said() -> None:
    machine = name_process().split(":")[0]
    for name in ("", "reader", "1234-abcdef", ":", "::", machine, f"{machine}:", f"{machine}:x:1", f"{machine}:-1:1"):
        assert not is_dead(name)


def test_a_child_whose_parent_died_before_it_could_ask_ends_at_once(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "from hub.kernel import end_with_parent\n"
        "parent = os.getpid()\n"
        "if os.fork():\n"
        "    os._exit(0)\n"
        "while os.getppid() == parent: time.sleep(0.01)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "end_with_parent(parent)\n"
        f"open({str(tmp_path / 'lives')!r}, 'w').close()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "", "the child")
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not is_alive(pid), "its end")
    assert not (tmp_path / "lives").exists()


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import os, signal, time\n"
        "from hub.kernel import end_with_parent\n"
        "parent = os.getpid()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    end_with_parent(parent)\n"
        "    print(os.getpid(), flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        wait_for(lambda: not is_alive(pid), "the end of the child")
