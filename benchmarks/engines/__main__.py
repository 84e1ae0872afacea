"""Times the engines on a pickled fleet, in a process of their own: `python -m benchmarks.engines <fleet> <rounds>`.

Prints CPU seconds per round as JSON: the service's own, and each engine's from the decoded facts and with its tables
loaded before.
"""

import gc
import json
import pickle
import sys
from pathlib import Path
from typing import Final

from benchmarks.engines import domain
from benchmarks.engines.frames import Pandas
from benchmarks.engines.sql import DuckDb, Engine, SQLite
from benchmarks.engines.tables import Fleet, tables
from benchmarks.figures import cpu_seconds

ENGINES: Final = (Pandas, DuckDb, SQLite)


def main(path: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    fleet: Fleet = pickle.loads(path.read_bytes())  # noqa: S301
    expected = domain.answers(domain.compute(fleet))
    gc.collect()
    gc.freeze()  # the facts stay: nobody is to pay for looking through them again and again
    found: dict[str, list[dict[str, float]]] = {kind.name: [] for kind in ENGINES}
    for place in range(rounds):
        for kind in (*ENGINES[place % len(ENGINES) :], *ENGINES[: place % len(ENGINES)]):
            ours = cpu_seconds(lambda: domain.compute(fleet))
            held: list[Engine] = []
            loading = cpu_seconds(lambda: held.append(kind(tables(fleet))))  # noqa: B023 - called at once
            engine = held[0]
            first = cpu_seconds(engine.compute)
            assert engine.answers() == expected, f"{engine.name} answers otherwise"
            found[kind.name].append(
                {"ours": ours, "from facts": loading + first, "loaded before": cpu_seconds(engine.compute)}
            )
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
