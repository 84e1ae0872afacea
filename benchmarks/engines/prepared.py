"""Decoded facts in a file, for processes that score them; what valgrind counts of one that does."""

import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.engines.tables import Fleet, scores_before
from chalicelib.domain.facts import Facts
from chalicelib.domain.history import Scores

FACTOR: Final = 10
"""The larger fleet has so many times the clients."""

COUNTED_CLIENTS: Final = 960
"""Whole pages, so that the last one's few clients are no part of the comparison."""


def write(facts: Sequence[Facts], path: Path) -> None:
    """The clients' facts, and their scores of 30 days before."""
    path.write_bytes(pickle.dumps((facts, list(map(scores_before, facts))), pickle.HIGHEST_PROTOCOL))


def read(path: Path) -> tuple[list[Facts], list[Scores | None]]:
    """What was written."""
    facts, before = pickle.loads(path.read_bytes())  # noqa: S301
    return facts, before


def fleet(path: Path, times: int) -> Fleet:
    """So many clients per client of a file, each with an id and facts of its own in memory."""
    facts: list[Facts] = []
    before: list[Scores | None] = []
    for _ in range(times):
        some, scores = read(path)
        facts += some
        before += scores
    named = [
        replace(held, client=held.client._replace(id=f"c-{number:05d}")) for number, held in enumerate(facts, start=1)
    ]
    return Fleet.of(named, before)


def instructions(path: Path, clients: int) -> dict[int, float] | None:
    """Instructions per client for so many clients and for ten times as many; None where there is no valgrind."""
    if shutil.which("valgrind") is None:
        return None
    _ran(path, 0)  # what it imports is compiled now, as for every run that is counted
    counts = {count: _counted(path, count) for count in (0, clients, FACTOR * clients)}
    return {count: (counts[count] - counts[0]) / count for count in counts if count}


def _counted(path: Path, clients: int) -> int:
    report = _ran(path, clients, "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
    (found,) = re.findall(r"I\s+refs:\s+([\d,]+)", report)
    return int(found.replace(",", ""))


def _ran(path: Path, clients: int, *under: str) -> str:
    command = [*under, sys.executable, "-m", "benchmarks.engines.instructions", str(path), str(clients)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "0"}).stderr
