"""Times the engines on a file's clients, so many times over: `python -m benchmarks.engines <file> <times> <rounds>`.

In a process of their own. Prints CPU seconds per round as JSON: the service's own, and each engine's from the decoded
facts and with its tables loaded before.
"""

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.engines import domain
from benchmarks.engines.answers import Answers
from benchmarks.engines.frames import Pandas
from benchmarks.engines.prepared import fleet
from benchmarks.engines.sql import DuckDb, Engine, SQLite
from benchmarks.engines.tables import Rows, tables
from benchmarks.figures import cpu_seconds

ENGINES: Final[tuple[Callable[[dict[str, Rows]], Engine], ...]] = (Pandas, DuckDb, SQLite)


def main(path: Path, times: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    """The order changes from round to round; ours is timed again beside each engine."""
    clients = fleet(path, times)
    expected = domain.answers(domain.compute(clients))
    gc.collect()
    gc.freeze()  # the facts stay: nobody is to pay for looking through them again and again
    found: dict[str, list[dict[str, float]]] = {}
    for place in range(rounds):
        rows: list[dict[str, Rows]] = []
        as_rows = cpu_seconds(lambda: rows.append(tables(clients)))  # noqa: B023 - called at once
        for kind in (*ENGINES[place % len(ENGINES) :], *ENGINES[: place % len(ENGINES)]):
            ours = cpu_seconds(lambda: domain.compute(clients))
            name, loaded, timed = _timed(kind, rows[0], expected)
            found.setdefault(name, []).append({"ours": ours, "from facts": as_rows + loaded, "loaded before": timed})
    return found


def _timed(
    kind: Callable[[dict[str, Rows]], Engine], rows: dict[str, Rows], expected: Answers
) -> tuple[str, float, float]:
    """An engine's name, how long it takes from rows to answers, and how long once it holds them."""
    held: list[Engine] = []
    loading = cpu_seconds(lambda: held.append(kind(rows)))
    engine = held[0]
    first = cpu_seconds(engine.compute)
    assert engine.answers() == expected, f"{engine.name} answers otherwise"
    return engine.name, loading + first, cpu_seconds(engine.compute)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
