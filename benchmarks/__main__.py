"""`python -m benchmarks`: everything that is measured, row by row; writes results.json and what follows from it.

Rows 1 to 14 are those of README.md; `growth` is the same at 100 to 50,000 clients. What is not measured keeps the
figures of the last time.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from time import monotonic
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import pages, report
from benchmarks.emulator import spare_the_collector
from benchmarks.figures import Part
from benchmarks.progress import Report
from benchmarks.session import Session

CLIENTS: Final = 1000

PARTS: Final = {
    "units": ("1", "2", "3"),
    "records": ("8",),
    "sweep": ("10",),
    "ticket_ids": ("12",),
    "alerts": ("13",),
    "growth": ("7", "growth"),
    "worker": ("4",),
    "rules": ("5",),
    "imports": ("6",),
    "requests": ("7",),
    "package": ("9",),
    "posts": ("11",),
    "large_client": ("14",),
}
"""Modules of benchmarks.rows by what they measure, in the order in which they run: first what only counts."""

TIMED: Final = frozenset({"worker", "rules", "imports", "requests", "posts", "large_client"})
"""Those that take times, for which nothing else may run."""

ROWS: Final = tuple(sorted({row for rows in PARTS.values() for row in rows}))


def measuring(part: str) -> Callable[[Session], Part]:
    """A part's function; each is loaded when it is chosen, for some need libraries of their own."""
    measure: Callable[[Session], Part] = import_module(f"benchmarks.rows.{part}").measure
    return measure


def show(console: Console, parts: dict[str, Part]) -> None:
    table = Table(*report.HEADINGS)
    for column in table.columns[2:6]:
        column.justify = "right"
    for part in parts.values():
        for figure in (figure for figure in part.figures if not figure.what.startswith(report.ROUTE)):
            table.add_row(*report.cells(figure))
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", default="all", help=f"rows to measure, with commas between them, of {', '.join(ROWS)}"
    )
    parser.add_argument(
        "--clients", type=int, default=CLIENTS, help="a smaller fleet, for a quick look; nothing is recorded then"
    )
    arguments = parser.parse_args()
    wanted = set(ROWS if arguments.rows == "all" else arguments.rows.split(","))
    if unknown := sorted(wanted.difference(ROWS)):
        parser.error(f"there is no row {unknown[0]}")
    chosen = [part for part, rows in PARTS.items() if wanted.intersection(rows)]
    spare_the_collector()
    console = Console()
    progress = Report(console)
    found: dict[str, Part] = {}
    seconds: dict[str, float] = {}
    began = monotonic()
    with progress.bars, Session(arguments.clients, progress) as session:
        if "growth" in chosen:
            assert session.fleets  # begun now, beside what only counts too
        if "rules" in chosen:
            assert session.instructions
        if {"imports", "package"}.intersection(chosen):
            assert session.packages
        for part in chosen:
            if part in TIMED:
                session.quiet()
            started = monotonic()
            found[part] = measuring(part)(session)
            seconds[part] = monotonic() - started
    whole = arguments.clients == CLIENTS
    if not whole:
        found = {
            part: held._replace(figures=[f.without_targets() for f in held.figures]) for part, held in found.items()
        }
    show(console, found)
    if whole:
        report.write(found, seconds, monotonic() - began if len(chosen) == len(PARTS) else None)
        pages.main()
        console.print(
            f"recorded in {report.RESULTS.name}; the tables, what each route costs too, in {report.README.name}"
        )
    return 1 if any(figure.met is False for part in found.values() for figure in part.figures) else 0


if __name__ == "__main__":
    raise SystemExit(main())
