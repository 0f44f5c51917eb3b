"""Runs one command and writes what the system says it took: a script of its own, small on purpose.

A child's peak memory counts from the process that starts it, before it becomes another program: started from a
large process, every child would look at least as large. So this script, which imports next to nothing, stands
between.

python -I -S launch.py LIMIT_S REPORT.json LOG COMMAND...
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def launch(limit_s: int, report: str, log: str, command: list[str]) -> None:
    """Write exit code, wall and CPU seconds and peak bytes of the command as JSON; its words go to the log.

    A command that runs longer than the limit is killed, and the report says so.
    """
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    began = time.monotonic()
    child = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, words, 1), (os.POSIX_SPAWN_DUP2, words, 2)],
    )
    is_stopped = False

    def stop(*_: object) -> None:
        nonlocal is_stopped
        is_stopped = True
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit_s)
    _, status, used = os.wait4(child, 0)
    signal.alarm(0)
    wall = time.monotonic() - began
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts kilobytes
    facts = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * unit,
        "is_stopped": is_stopped,
    }
    with open(report, "w", encoding="utf-8") as stream:  # noqa: PTH123 - pathlib would double this process
        json.dump(facts, stream)


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
