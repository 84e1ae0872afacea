"""The import as the command line runs it: a path, maps, progress, and what the user reads at the end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from chalicelib.domain.time_zones import stored_zone
from chalicelib.importing.assignment import NO_MAP, assigned
from chalicelib.importing.maps import read_toml
from chalicelib.importing.run import ImportReport, ImportRun
from chalicelib.importing.target import printable
from chalicelib.imports.sources import SIDECAR, given
from infra.imports.faulty_rows import FaultyRows
from infra.imports.journal import Journal
from infra.imports.maps import MapShelf
from infra.imports.service import HttpTransport, Service, Transport

MOST_PRINTED = 100
"""Groups of faults that are printed; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an import is asked for. `state`: where maps are saved, and how far an import came."""

    path: Path
    state: Path
    maps: Sequence[str] = ()
    dry_run: bool = False
    save_map: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    faulty: Path | None = None


def import_path(
    options: Options,
    base_url: str,
    token: Callable[[], str],
    console: Console,
    *,
    target: str = "",
    transport: Transport | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> ImportReport:
    """Import what a path holds, printing progress, the faults and a summary.

    Parameters
    ----------
    base_url
        Where the service answers, without `/v1`: `http://127.0.0.1:8000`.
    token
        Gives the bearer token. What it raises reaches the caller.
    target
        The tenant, where the URL alone does not tell it: an interrupted import goes on for the same one.
    transport, sleep
        Stand-ins for HTTP and the clock.

    Returns
    -------
    ImportReport
        Also after the service became unreachable or refused the caller; `stopped` then says so.

    Raises
    ------
    ImportSourceError, MapError
        Nothing was sent.
    """
    shelf = MapShelf(options.state / "maps")
    wanted = [shelf.named(name) for name in options.maps]
    faulty = FaultyRows(options.faulty or Path(f"{options.path.resolve().name}-faulty"))
    with given(options.path, datetime.now(UTC)) as files:
        beside = {name: read_toml(text, f"{name}{SIDECAR}") for name, text in files.sidecars.items()}
        found, faults = assigned(files.files, beside, wanted, shelf.all())
        for name in files.ignored:
            _print(console, f"{name} is passed over: it is no table.")
        for file, each in found:
            if not each.ours:
                _print(console, f"{file.name}: {each.title or each.name}")
        if options.save_map:
            for path in shelf.save(options.save_map, [each for _, each in found]):
                _print(console, f"The map is kept as {path.stem}.")
        service = Service(
            base_url=base_url,
            token=token,
            transport=transport or HttpTransport(),
            sleep=sleep,
            tell=lambda text: _print(console, text),
        )
        run = ImportRun(
            found,
            service,
            dry_run=options.dry_run,
            zone=None if options.time_zone is None else stored_zone(options.time_zone),
            currency=options.currency,
            faulty=faulty,
            faults=[*files.faults, *faults],
            journal=lambda told: Journal(options.state / "imports", [base_url, target, *told]),
        )
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
            reading = progress.add_task("Reading (rows)", total=None)
            run.scan(lambda count: progress.advance(reading, count))
            progress.remove_task(reading)
            checking = options.dry_run or run.report.refused
            task = progress.add_task("Checking" if checking else "Importing", total=run.rows)
            report = run.run(lambda count: progress.advance(task, count))
    _print_report(report, list(faulty.written.values()), console)
    return report


def _print(console: Console, text: str) -> None:
    console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _print_report(report: ImportReport, faulty: Sequence[Path], console: Console) -> None:
    groups = list(report.faults)
    for group in groups[:MOST_PRINTED]:
        _print(console, str(group))
    if len(groups) > MOST_PRINTED:
        _print(console, f"… and {len(groups) - MOST_PRINTED} more kinds of faults")
    if any(group.reason.startswith(NO_MAP) for group in groups):
        _print(console, "A map to edit: import --suggest-map FILE > own.toml; then import with --map own.toml.")
    for name, notes in report.notes.items():
        for note, count in sorted(notes.items()):
            _print(console, f"{name}: {note}: {count:,}")
    for remark in report.remarks:
        _print(console, remark)
    would = report.dry_run or report.refused
    _print_clients(report, console, would=would)
    table = Table()
    for heading in ("File", "Rows", "Would be taken" if would else "Taken", "Left out", "Rejected"):
        table.add_column(heading, justify="left" if heading == "File" else "right")
    for name, counts in report.files.items():
        numbers = (counts.rows, counts.taken, counts.left_out, counts.rejected)
        table.add_row(printable(name), *(f"{number:,}" for number in numbers))
    console.print(table)
    said = f"{report.accepted:,} accepted, {report.unchanged:,} unchanged, {report.rejected_rows:,} rejected."
    if report.refused:
        _print(
            console, f"Nothing was imported, because of what is wrong with whole files. The rest was checked: {said}"
        )
    else:
        _print(console, f"Dry run, nothing was stored: {said}" if report.dry_run else said)
    if report.resumed:
        _print(console, f"Went on where it had stopped: {report.resumed:,} records were in already.")
    for path in faulty:
        _print(console, f"Faulty rows, with reasons: {path}. Mend them there and import that file.")
    if report.stopped is not None:
        _print(console, f"Stopped: {report.stopped}")
        _print(console, f"{report.unsent:,} rows were not sent. Import the same again: it goes on from here.")


def _print_clients(report: ImportReport, console: Console, *, would: bool) -> None:
    if not report.created:
        return
    some = ", ".join(f"{client.name} ({client.id})" for client in report.created[:10])
    more = f", … and {len(report.created) - 10} more" if len(report.created) > 10 else ""
    _print(console, f"{len(report.created)} clients {'would be' if would else 'were'} created: {some}{more}")
