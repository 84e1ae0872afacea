"""Row 5: the rules alone, beside the same rules in pandas, DuckDB and SQLite; their instructions per client."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks.engines.prepared import FACTOR
from benchmarks.figures import Figure, Part, paired
from benchmarks.session import Session

ROUNDS: Final = {1: 5, FACTOR: 2}
"""How many times all engines are timed, by how many times the clients they are given."""
SQL_ENGINES: Final = ("DuckDB", "SQLite")
TOLERANCE: Final = 0.05


def measure(session: Session) -> Part:
    """All from decoded facts; the answers of all engines are the same, or this fails."""
    found = {}
    with session.report.step("the rules, beside pandas, DuckDB and SQLite", len(ROUNDS)) as done:
        for times, rounds in ROUNDS.items():
            found[times] = _timed(session.decoded_facts, times, rounds)
            done(1)
    figures = [figure for times, timed in found.items() for figure in _figures(session.clients, times, timed)]
    with session.report.step("instructions per client, by valgrind"):
        figures += _instruction_figures(session.instructions.result())
    return Part(figures, detail={f"{session.clients * times} clients": timed for times, timed in found.items()})


def _timed(facts: Path, times: int, rounds: int) -> Any:
    command = [sys.executable, "-m", "benchmarks.engines", str(facts), str(times), str(rounds)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _figures(clients: int, times: int, timed: Any) -> list[Figure]:
    """From decoded facts, as the row has it; with the engine's tables loaded and indexed before, without a target."""
    what = f"the rules alone, {clients * times:,} clients: CPU ms"
    figures = []
    for engine, rounds in timed.items():
        ours, whole, loaded = ([1000 * taken[of] for taken in rounds] for of in ("ours", "from facts", "loaded before"))
        target = 1.0 if times == 1 or engine in SQL_ENGINES else None
        figures.append(Figure("5", what, beside=engine, at_least=target, **paired(ours, whole)))
        figures.append(Figure("5", what, beside=f"{engine}, tables loaded before", **paired(ours, loaded)))
    return figures


def _instruction_figures(counted: dict[int, float] | None) -> list[Figure]:
    if counted is None:
        return []
    (few, per_client_few), (many, per_client_many) = counted.items()
    growth = abs(per_client_many / per_client_few - 1)
    return [
        Figure("5", f"instructions per client, {few:,} clients", per_client_few),
        Figure("5", f"instructions per client, {many:,} clients", per_client_many),
        Figure("5", "instructions per client: change with ten times the clients", growth, limit=TOLERANCE),
    ]
