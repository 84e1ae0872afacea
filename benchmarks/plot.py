"""The plot of growth: calls, units and CPU by the number of clients, and the worker's memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLOT = Path(__file__).parent / "growth.svg"


def draw(fleets: Mapping[int, Any]) -> None:
    """Rewrites the plot, the same figures as the same file; without matplotlib it stays as it is."""
    try:
        import matplotlib as mpl
    except ImportError:
        return
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "client-health"
    from matplotlib import pyplot

    figure, (costs, worker) = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    sizes = list(fleets)
    for name, label in (("read_units", "read units"), ("write_units", "write units"), ("calls", "AWS calls")):
        costs.loglog(sizes, [fleets[size][name] for size in sizes], marker="o", label=label)
    costs.set_title("One night")
    costs.legend()
    worker.semilogx(sizes, [fleets[size]["worker_mb"] for size in sizes], marker="o", label="peak memory, MB")
    worker.axhline(256, linestyle="--", color="grey", label="its limit, 256 MB")
    worker.semilogx(
        sizes, [100 * fleets[size]["cpu_ms"] for size in sizes], marker="s", label="CPU per 100 clients, ms"
    )
    worker.set_title("Worker")
    worker.set_ylim(bottom=0)
    worker.legend()
    for axes in (costs, worker):
        axes.set_xlabel("clients of one tenant")
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(PLOT, metadata={"Date": None})
    pyplot.close(figure)
