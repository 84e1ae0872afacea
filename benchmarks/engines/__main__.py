"""Times the engines on a pickled fleet, in a process of their own: `python -m benchmarks.engines <fleet> <rounds>`.

Prints CPU seconds per engine and round, and those of loading its tables from the decoded facts, as JSON.
"""

import gc
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.engines import domain
from benchmarks.engines.frames import Pandas
from benchmarks.engines.sql import DuckDb, SQLite
from benchmarks.engines.tables import Fleet, tables
from benchmarks.figures import cpu_seconds

OURS = "domain"


def main(path: Path, rounds: int) -> dict[str, Any]:
    fleet: Fleet = pickle.loads(path.read_bytes())  # noqa: S301
    expected = domain.answers(domain.compute(fleet))
    started = process_time()
    plain = tables(fleet)
    as_rows = process_time() - started
    engines, loading = [], {}
    for kind in (Pandas, DuckDb, SQLite):
        started = process_time()
        engines.append(kind(plain))
        loading[kind.name] = as_rows + process_time() - started
    for engine in engines:
        engine.compute()
        assert engine.answers() == expected, f"{engine.name} answers otherwise"
    del plain
    runs: dict[str, Callable[[], Any]] = {engine.name: engine.compute for engine in engines}
    runs[OURS] = lambda: domain.compute(fleet)
    gc.collect()
    gc.freeze()  # the facts stay: nobody is to pay for looking through them again and again
    return {"loading": loading, "seconds": _interleaved(runs, rounds)}


def _interleaved(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """One run of each per round, every round beginning with another."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    for place in range(rounds):
        for name in names[place % len(names) :] + names[: place % len(names)]:
            seconds[name].append(cpu_seconds(runs[name]))
    return seconds


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
