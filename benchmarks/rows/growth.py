"""Growth: the same figures at 100 to 50,000 clients in one tenant, each fleet in a process of its own; the plot."""

from typing import Any, Final

from benchmarks.figures import Figure, Part
from benchmarks.night import WORKER_MB
from benchmarks.routes import FLAT, LISTS
from benchmarks.session import Session
from chalicelib.domain.roster import pages_for

ROUTE_SIZES: Final = (100, 1000, 10_000)
ITEMS_PER_CALL: Final = 100


def measure(session: Session) -> Part:
    found = {}
    with session.report.step("fleets of every size", len(session.fleets)) as done:
        for size in sorted(session.fleets):
            found[size] = session.fleets[size].result()
            done(1)
    figures = [
        Figure("growth", f"{size:,} clients: worker's peak memory, MB", fleet["worker_mb"], limit=WORKER_MB)
        for size, fleet in found.items()
    ]
    per_client = [(f"{size:,} clients: per client", _per_client(size, fleet)) for size, fleet in found.items()]
    return Part(figures + route_figures(found), per_client, {str(size): fleet for size, fleet in found.items()})


def _per_client(size: int, fleet: Any) -> str:
    calls, write, read = (1000 * fleet[name] / size for name in ("calls", "write_units", "read_units"))
    return f"{calls:,.0f} calls, {write:,.0f} WU, {read:,.0f} RU per 1,000; worker CPU {fleet['cpu_ms']:.2f} ms"


def route_figures(found: dict[int, Any]) -> list[Figure]:
    """Row 7's counts: calls and read units of each GET route at three sizes of fleet."""
    figures = []
    for path in found[ROUTE_SIZES[0]]["routes"]:
        costs = {size: found[size]["routes"][path] for size in ROUTE_SIZES}
        first = costs[ROUTE_SIZES[0]]
        for size, cost in costs.items():
            limit = (
                2 + -(-pages_for(size) // ITEMS_PER_CALL) if path in LISTS else first["calls"] if path in FLAT else None
            )
            figures.append(Figure("7", f"GET {path}, {size:,} clients: DynamoDB calls", cost["calls"], limit=limit))
        for size, cost in costs.items():
            flat = first["read_units"] if path in FLAT else None
            figures.append(Figure("7", f"GET {path}, {size:,} clients: read units", cost["read_units"], limit=flat))
    return figures
