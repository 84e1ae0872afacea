"""Processes of the local stack: told apart by id and start, ended one by one."""

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local import processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
]


def _start(command: list[str], folder: Path) -> processes.Process:
    return processes.start(command, dict(os.environ), folder / "log", folder / "pid", folder)


def test_a_started_process_runs_until_it_is_stopped(tmp_path: Path) -> None:
    started = _start(SLEEP, tmp_path)
    assert processes.running(tmp_path / "pid") == started
    assert processes.stop(tmp_path / "pid")
    assert not started.alive
    assert not (tmp_path / "pid").exists()


def test_it_lives_on_the_day_of_whoever_starts_it_and_inherits_nothing_else(tmp_path: Path) -> None:
    code = "import os, time; print(time.time(), sorted(os.environ))"
    started = processes.start(
        [sys.executable, "-c", code], {"GIVEN": "1"}, tmp_path / "log", tmp_path / "pid", tmp_path
    )
    while started.alive:
        time.sleep(0.02)
    told, names = (tmp_path / "log").read_text().split(maxsplit=1)
    assert abs(time.time() - float(told)) < 60
    allowed = {"GIVEN", "LC_CTYPE", "LD_PRELOAD", "PYTHONPATH", "TEST_CLOCK_SHIFT"}
    assert {name for name in ast.literal_eval(names) if not name.startswith("FAKETIME")} <= allowed


def test_stopping_what_does_not_run_is_no_fault(tmp_path: Path) -> None:
    assert not processes.stop(tmp_path / "pid")


def test_another_process_that_got_the_same_id_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP) as other:
        (tmp_path / "pid").write_text(json.dumps({"pid": other.pid, "started": "another time"}))
        assert processes.running(tmp_path / "pid") is None
        assert not processes.stop(tmp_path / "pid")
        assert other.poll() is None
        other.kill()


def test_a_process_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    started = _start(STUBBORN, tmp_path)
    while not (tmp_path / "log").read_text():
        assert started.alive
    assert processes.stop(tmp_path / "pid")
    assert not started.alive


def test_a_process_that_ended_by_itself_is_seen(tmp_path: Path) -> None:
    started = _start([sys.executable, "-c", ""], tmp_path)
    while started.alive:
        pass
    assert processes.running(tmp_path / "pid") is None


@pytest.mark.parametrize("text", ["", "x", "{}", '{"pid": "x", "started": "1"}', "[]"])
def test_a_broken_pid_file_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pid").write_text(text)
    assert processes.running(tmp_path / "pid") is None
