"""The work at an import: files are fetched and read for a preview, or their records are taken in.

One message has one slice of the work done. A slice reads the files through, passes over the batches that were answered
before, and sends on until its time is nearly over; the next message goes on from there. What a slice keeps may be
late: a batch that is sent twice changes nothing. Whoever dies leaves an import that nobody works at; its message comes
again, and `start` sends another.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.imports import AT_WORK, DONE, FAILED, PAUSED, READING, READY, Import
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.times import parse_timestamp
from chalicelib.importing.assignment import assigned
from chalicelib.importing.faults import Fault
from chalicelib.importing.files import SourceFile
from chalicelib.importing.maps import ImportMap, MapError, read_map, read_toml
from chalicelib.importing.ready_maps import ready_maps
from chalicelib.importing.run import ImportRun
from chalicelib.importing.target import Batches, FaultySink, StoppedError, Target
from chalicelib.imports.faulty_rows import FaultyRows, NoRows
from chalicelib.imports.preview import preview_document
from chalicelib.imports.sources import ImportSourceError, given
from chalicelib.services.errors import TryAgainError
from chalicelib.services.imports import PREVIEW, changed, faulty_name
from chalicelib.services.nightly import NightlyScoring, night_before

if TYPE_CHECKING:
    from chalicelib.services.ports.imports import ImportFiles, ImportMapStore, ImportQueue, ImportStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore

TOLD_EVERY_SECONDS: Final = 2.0
LEASE_SECONDS: Final = 90
"""Whoever works says so every few seconds; after so long another may take over."""

SOMETHING_WRONG: Final = "Something went wrong here. Continue; if it stays, report this import's id."


class _OverError(StoppedError):
    """This slice is over; another goes on."""


class _TakenError(StoppedError):
    """The import is paused or gone."""


class _Progress:
    """Tells how far an import is, every few seconds, and learns whether to go on."""

    def __init__(self, store: ImportStore, tenant: TenantId, held: Import, clock: Clock, go_on: Callable[[], bool]):
        self._store, self._tenant, self._clock, self._go_on = store, tenant, clock, go_on
        self.held = held
        self.handled = 0
        self.batches: Batches | None = None
        self._told = time.monotonic()

    def __call__(self, count: int) -> None:
        """Some rows more. Raises StoppedError where the work is to end."""
        self.handled += count
        if time.monotonic() - self._told >= TOLD_EVERY_SECONDS:
            self.tell()
            if not self._go_on():
                raise _OverError("This goes on in a moment.")

    def tell(self, **fields: Any) -> None:
        """Raises StoppedError where the import is paused or gone; what is told is kept all the same, if it is there."""
        told = {"handled": self.handled, "working_until": self._clock() + LEASE_SECONDS, **fields}
        if self.batches is not None:
            told |= {"batches": self.batches.done, "refused": tuple(sorted(self.batches.refused))}
            told |= {"accepted": self.batches.accepted, "unchanged": self.batches.unchanged}
        before = self.held

        def change(held: Import) -> Import:
            if held.maps != before.maps:
                raise _TakenError("The files are read again, by other maps.")
            if held.state == before.state:
                return replace(held, **told)
            return replace(held, **told | {"state": held.state, "working_until": 0})

        try:
            self.held = changed(self._store, self._tenant, self.held.id, change)
        except NotFoundError as error:
            raise _TakenError("The import was deleted.") from error
        self._told = time.monotonic()
        if self.held.state not in (before.state, fields.get("state")):
            raise _TakenError("The import is paused.")


class _Run(NamedTuple):
    """A run with what it is shown and kept by."""

    files: Sequence[SourceFile]
    importing: ImportRun
    faulty: FaultySink
    known: Sequence[ImportMap]
    batches: Batches


class ImportWork:
    """Works at imports, one slice at a time."""

    def __init__(
        self,
        tenants: TenantStore,
        store: ImportStore,
        maps: ImportMapStore,
        files: ImportFiles,
        queue: ImportQueue,
        nightly: Callable[[], NightlyScoring],
        target: Callable[[TenantId], Target],
        clock: Clock,
    ) -> None:
        self._tenants, self._store, self._maps, self._files = tenants, store, maps, files
        self._queue, self._nightly, self._target, self._clock = queue, nightly, target, clock

    def work(
        self, tenant_id: TenantId, import_id: str, go_on: Callable[[], bool], failed: Callable[[Exception], object]
    ) -> None:
        """Does what the import waits for, until `go_on` says no. Safe to repeat; of two at once the second does
        nothing. `failed` is told of what was not foreseen; the import then waits for its owner."""
        held = self._store.get(tenant_id, import_id)
        if held is None or held.state not in AT_WORK or held.working_until > self._clock():
            return
        claimed = replace(held, working_until=self._clock() + LEASE_SECONDS)
        if not self._store.put(tenant_id, claimed):
            return  # another was first
        claimed = replace(claimed, version=held.version + 1)
        progress = _Progress(store=self._store, tenant=tenant_id, held=claimed, clock=self._clock, go_on=go_on)
        try:
            tenant = self._tenants.get(tenant_id)
            with self._fetched(tenant, claimed) as run:
                if claimed.state == READING:
                    self._read(tenant_id, run, progress)
                else:
                    self._import(tenant_id, run, progress)
        except _TakenError:
            return
        except _OverError:
            self._hand_over(tenant_id, progress, held.batches)
        except (StoppedError, ImportSourceError) as error:
            self._give_up(progress, str(error))
        except TryAgainError:
            self._give_up(progress, "The service takes no more at the moment. Continue in a few minutes.")
        except Exception as error:
            failed(error)
            self._give_up(progress, SOMETHING_WRONG)

    # --- files ---

    @contextmanager
    def _fetched(self, tenant: Tenant, held: Import) -> Iterator[_Run]:
        """The run of an import over its files, which lie on disk for as long as this lasts."""
        with TemporaryDirectory(prefix="import-") as scratch:
            folder = Path(scratch) / "files"
            folder.mkdir()
            now = datetime.fromtimestamp(self._clock(), UTC)
            for number, file in enumerate(held.files):
                path = folder / file.name
                if not self._files.fetch(tenant.id, held.id, str(number), str(path)):
                    raise StoppedError(f"{file.name} was not uploaded: send it, then have the files read again.")
                told = self._clock() if file.exported_at is None else int(parse_timestamp(file.exported_at))
                os.utime(path, (told, told))
            try:
                with given(folder, now) as found:
                    faults = list(found.faults)
                    if found.ignored:
                        faults += [Fault(name, None, None, "is no table") for name in found.ignored]
                    yield self._run(tenant, held, found.files, found.sidecars, faults, Path(scratch))
            except ImportSourceError as error:
                if held.state != READING:
                    raise
                yield self._run(tenant, held, [], {}, list(error.faults), Path(scratch))

    def _run(
        self,
        tenant: Tenant,
        held: Import,
        files: Sequence[SourceFile],
        sidecars: Mapping[str, str],
        faults: list[Fault],
        scratch: Path,
    ) -> _Run:
        known, own = self._known(tenant.id, faults), dict[str, ImportMap]()
        by_name = {each.name: each for each in reversed(known)}
        for name, chosen in {**{name: ("toml", text) for name, text in sidecars.items()}, **held.maps}.items():
            try:
                if isinstance(chosen, tuple):
                    own[name] = read_toml(chosen[1], f"{name}.map")
                elif isinstance(chosen, str) and chosen not in by_name:
                    faults.append(Fault(name, None, None, f"there is no map {chosen}"))
                else:
                    own[name] = by_name[chosen] if isinstance(chosen, str) else read_map(chosen, "own")
            except MapError as error:
                faults += [Fault(name, None, each.pointer or None, each.message) for each in error.faults]
        found, unknown = assigned(files, own, (), known)
        faults += unknown
        dry_run, batches = held.state == READING, _batches(held)
        faulty: FaultySink = NoRows() if dry_run else FaultyRows(scratch / "faulty")
        return _Run(
            files=files,
            importing=ImportRun(
                found,
                self._target(tenant.id),
                dry_run=dry_run,
                zone=tenant.zone,
                currency=tenant.currency,
                faulty=faulty,
                faults=faults,
                journal=lambda _: batches,
            ),
            faulty=faulty,
            known=known,
            batches=batches,
        )

    def _known(self, tenant: TenantId, faults: list[Fault]) -> list[ImportMap]:
        saved = []
        for each in self._maps.list(tenant):
            try:
                saved.append(read_map(each.document, each.name))
            except MapError as error:
                faults.append(Fault(each.name, None, None, f"is a saved map that cannot be used: {error}"))
        return [*saved, *ready_maps()]

    # --- preview ---

    def _read(self, tenant: TenantId, run: _Run, progress: _Progress) -> None:
        """First what the first pass finds, with some rows as they will be stored; then what becomes of all of them."""
        held, importing = progress.held, run.importing
        importing.scan(progress)
        importing.resolve()
        self._show(tenant, held, run, checked=False)
        progress.handled = 0
        progress.tell(rows=importing.rows)
        report, ended = importing.run(progress), importing.ended
        if ended is not None and not isinstance(ended, _OverError):
            raise ended
        self._show(tenant, held, run, checked=ended is None)
        progress.tell(
            state=READY,
            blocked=report.refused or not importing.files,
            rejected=report.rejected_rows,
            left_out=sum(each.left_out for each in report.files.values()),
            created=len(report.created),
            working_until=0,
            message="",
        )

    def _show(self, tenant: TenantId, held: Import, run: _Run, *, checked: bool) -> None:
        document = preview_document(run.importing, run.files, run.known, checked=checked)
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=float)
        self._files.put(tenant, held.id, PREVIEW, body.encode(errors="replace"))

    # --- records ---

    def _import(self, tenant: TenantId, run: _Run, progress: _Progress) -> None:
        importing = run.importing
        importing.scan(progress)
        progress.handled, progress.batches = 0, run.batches
        progress.tell(rows=importing.rows)
        report = importing.run(progress)
        if importing.ended is not None:
            raise importing.ended
        faulty = run.faulty.written if isinstance(run.faulty, FaultyRows) else {}
        for number, path in enumerate(faulty.values()):
            self._files.put_file(tenant, progress.held.id, faulty_name(number), str(path))
        self._show(tenant, progress.held, run, checked=True)
        if progress.held.first_night:
            self._nightly().start_for(night_before(self._clock()), [tenant])
        progress.batches = None
        progress.tell(
            state=DONE,
            handled=importing.rows,
            accepted=report.accepted,
            unchanged=report.unchanged,
            rejected=report.rejected_rows,
            left_out=sum(each.left_out for each in report.files.values()),
            created=len(report.created),
            faulty=tuple(faulty),
            working_until=0,
            message="",
        )

    # --- ends ---

    def _hand_over(self, tenant: TenantId, progress: _Progress, before: int) -> None:
        if progress.batches is None or progress.batches.done == before:  # the next slice would come no further
            self._give_up(progress, "This is too large to be read in time: import it in parts.")
            return
        progress.tell(working_until=self._clock())
        self._queue.send(tenant, progress.held.id)

    def _give_up(self, progress: _Progress, message: str) -> None:
        try:
            state = FAILED if progress.held.state == READING else PAUSED
            progress.tell(state=state, message=message[:500], working_until=0)
        except _TakenError:
            return


def _batches(held: Import) -> Batches:
    """The batches that were answered by earlier slices."""
    batches = Batches()
    batches.done, batches.refused = held.batches, set(held.refused)
    batches.accepted, batches.unchanged = held.accepted, held.unchanged
    return batches
