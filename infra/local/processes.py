"""Child processes that outlive the command which started them, and are ended by their own id and nothing else."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MOVES_THE_CLOCK = re.compile(r"LD_PRELOAD|FAKETIME\w*|PYTHONPATH|TEST_CLOCK_SHIFT")

STOP_SECONDS = 60.0  # the emulator writes its whole state when it stops


@dataclass(frozen=True)
class Process:
    """A process told apart from a later one with the same id by the moment it started."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        return _started(self.pid) == self.started


def start(command: Sequence[str], environment: Mapping[str, str], log: Path, pid_file: Path, cwd: Path) -> Process:
    """Start ``command`` in a session of its own (the terminal's Ctrl-C is for us alone), noted in ``pid_file``.

    It has ``environment`` and, of ours, what moves the clock.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            env={**_clock(), **environment},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child.returncode = 0  # never waited for through this object, which must not complain when it goes
    process = Process(child.pid, _started(child.pid) or "")
    pid_file.write_text(json.dumps({"pid": process.pid, "started": process.started}))
    return process


def running(pid_file: Path) -> Process | None:
    """The process noted in ``pid_file``, if that very process still runs."""
    try:
        noted = json.loads(pid_file.read_text())
        process = Process(int(noted["pid"]), str(noted["started"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return process if process.started and process.alive else None


def stop(pid_file: Path) -> bool:
    """End the process noted in ``pid_file`` and wait until it is gone; False when it did not run."""
    process = running(pid_file)
    if process is not None:
        _signal(process, signal.SIGTERM)
        if not _gone(process, STOP_SECONDS):
            _signal(process, signal.SIGKILL)
            _gone(process, 5.0)
    pid_file.unlink(missing_ok=True)
    return process is not None


def _clock() -> dict[str, str]:
    """Variables that move a process's clock: all of a stack lives on the same day, under faketime and in tests."""
    moving = {name: value for name, value in os.environ.items() if _MOVES_THE_CLOCK.fullmatch(name)}
    if "TEST_CLOCK_SHIFT" not in moving:
        moving.pop("PYTHONPATH", None)
    return moving


def _signal(process: Process, number: signal.Signals) -> None:
    if process.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _gone(process: Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _started(pid: int) -> str | None:
    """When the process with this id started, in the system's own words; None when there is none (a zombie is none)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # our own child that has ended: let it go
    try:
        # The command, in parentheses, may hold anything; the state and the start time stand after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return shown.stdout.strip() or None
    except ProcessLookupError:
        return None
    return None if fields[0] == "Z" else fields[19]
