"""Fleets of decoded facts in files, for processes that score them; what valgrind counts of one that does."""

import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.engines.tables import Fleet
from chalicelib.domain.facts import Facts

FACTOR: Final = 10
"""The larger fleet has so many times the clients."""

COUNTED_CLIENTS: Final = 960
"""Whole pages, so that the last one's few clients are no part of the comparison."""


def write_fleets(facts: Sequence[Facts], folder: Path) -> dict[int, Path]:
    """The fleet as stored, and ten of them in one: the same facts again for clients of other ids."""
    files = {}
    for times in (1, FACTOR):
        files[times] = folder / f"fleet-{times}"
        files[times].write_bytes(pickle.dumps(Fleet.of(repeated(facts, times)), pickle.HIGHEST_PROTOCOL))
    return files


def repeated(facts: Sequence[Facts], times: int) -> list[Facts]:
    """So many clients per client, each with facts of its own in memory."""
    copies = [pickle.loads(pickle.dumps(facts)) for _ in range(times)] if times > 1 else [facts]  # noqa: S301
    every = [held for copy in copies for held in copy]
    return [
        replace(held, client=held.client._replace(id=f"c-{number:05d}")) for number, held in enumerate(every, start=1)
    ]


def instructions(fleet: Path, clients: int) -> dict[int, float] | None:
    """Instructions per client for so many clients and for ten times as many; None where there is no valgrind."""
    if shutil.which("valgrind") is None:
        return None
    command = [sys.executable, "-m", "benchmarks.engines.instructions", str(fleet)]
    subprocess.run([*command, "0"], check=True)  # what it imports is compiled now, as for every run that is counted
    counts = {count: _counted([*command, str(count)]) for count in (0, clients, FACTOR * clients)}
    return {count: (counts[count] - counts[0]) / count for count in counts if count}


def _counted(command: Sequence[str]) -> int:
    counting = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    run = subprocess.run([*counting, *command], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "0"})
    (found,) = re.findall(r"I\s+refs:\s+([\d,]+)", run.stderr)
    return int(found.replace(",", ""))
