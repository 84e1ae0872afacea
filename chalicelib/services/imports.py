"""Imports as their owner steers them: made, read, started, paused, taken away. The work itself is in `imports.work`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chalicelib.domain.errors import ConflictError, Fault, InvalidError, NotFoundError, StaleVersionError
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.imports import (
    AT_WORK,
    FAILED,
    IMPORTING,
    PAUSED,
    READING,
    READY,
    WAITING,
    Import,
    ImportFile,
    SavedMap,
    Upload,
)
from chalicelib.domain.times import day_of_instant
from chalicelib.services.errors import TooBusyError

if TYPE_CHECKING:
    from chalicelib.services.ports.imports import ImportFiles, ImportMapStore, ImportQueue, ImportStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.tenants import TenantStore

MOST_IMPORTS: Final = 100
"""Of a tenant that are kept at a time; each goes away after a week, or when it is deleted."""
MOST_MAPS: Final = 100
MOST_MAP_BYTES: Final = 200_000
"""Of all maps that are sent with an import; compressed they lie in its item."""
TRIES: Final = 8

STALLED_SECONDS: Final = 60

PREVIEW: Final = "preview.json"

CHANGED: Final = "This map was changed since you read it."


class ReadyMap(NamedTuple):
    """A map that comes with the service."""

    name: str
    document: Mapping[str, Any]


class ImportMaps:
    """The maps of a tenant beside those that come with the service; a saved one stands before a ready-made one."""

    def __init__(
        self,
        tenants: TenantStore,
        store: ImportMapStore,
        ready: Callable[[], Sequence[ReadyMap]],
        check: Callable[[Any], Sequence[Fault]],
        clock: Clock,
    ) -> None:
        """`check` answers all faults of a document that is to be a map."""
        self._tenants, self._store = tenants, store
        self._ready, self._check, self._clock = ready, check, clock

    def all(self, tenant: TenantId) -> list[SavedMap]:
        """Saved ones first, each kind by name; of a ready-made one the version is 0."""
        saved = self._store.list(tenant)
        names = {each.name for each in saved}
        return [*saved, *(_as_saved(each) for each in self._ready() if each.name not in names)]

    def get(self, tenant: TenantId, name: str) -> SavedMap:
        """Raises NotFoundError."""
        held = self._store.get(tenant, name)
        found = held or next((_as_saved(each) for each in self._ready() if each.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no map {name}.")
        return found

    def put(self, tenant: TenantId, name: str, document: Any, versions: frozenset[int] | None) -> SavedMap:
        """Stores a map in place of one of these versions (None: of whatever there is, or nothing).

        Raises InvalidError with all faults, StaleVersionError, ConflictError beyond MOST_MAPS, NotFoundError.
        """
        self._tenants.get(tenant)
        faults = self._check(document)
        if faults:
            raise InvalidError(faults)
        held = self._store.get(tenant, name)
        version = 0 if held is None else held.version
        _expect(version, versions)
        if held is None and len(self._store.list(tenant)) >= MOST_MAPS:
            raise ConflictError(f"{MOST_MAPS} maps are kept already: delete one that nobody uses.")
        saved = SavedMap(name, document, version + 1, self._clock())
        if not self._store.put(tenant, saved):
            raise StaleVersionError(CHANGED)
        return saved

    def delete(self, tenant: TenantId, name: str, versions: frozenset[int] | None) -> None:
        """Raises NotFoundError for one that is not saved, StaleVersionError."""
        held = self._store.get(tenant, name)
        if held is None:
            raise NotFoundError(f"There is no saved map {name}.")
        _expect(held.version, versions)
        if not self._store.delete(tenant, name, held.version):
            raise StaleVersionError(CHANGED)


def _expect(version: int, versions: frozenset[int] | None) -> None:
    if versions is not None and version not in versions:
        raise StaleVersionError(CHANGED)


def _as_saved(ready: ReadyMap) -> SavedMap:
    return SavedMap(ready.name, ready.document, 0, Instant(0))


class Imports:
    """The imports of a tenant."""

    def __init__(
        self,
        tenants: TenantStore,
        store: ImportStore,
        files: ImportFiles,
        queue: ImportQueue,
        runs: RunStore,
        check: Callable[[Any], Sequence[Fault]],
        clock: Clock,
    ) -> None:
        """`check` as for `ImportMaps`."""
        self._tenants, self._store, self._files, self._queue = tenants, store, files, queue
        self._runs, self._check, self._clock = runs, check, clock

    def create(
        self, tenant: TenantId, files: Sequence[ImportFile], maps: Mapping[str, Any], made_by: str
    ) -> tuple[Import, list[Upload]]:
        """An import that waits for its files. Raises InvalidError for a map, ConflictError beyond MOST_IMPORTS."""
        self._tenants.get(tenant)
        self._refuse_bad(maps)
        if len(self._store.list(tenant)) >= MOST_IMPORTS:
            raise ConflictError(f"{MOST_IMPORTS} imports are kept already: delete some of them.")
        made = Import(
            id=token_hex(8), created_at=self._clock(), created_by=made_by, files=tuple(files), maps=dict(maps)
        )
        if not self._store.put(tenant, made):
            raise TooBusyError("an id was taken")
        return made, [self._files.upload(tenant, made.id, number, file.size) for number, file in enumerate(files)]

    def all(self, tenant: TenantId) -> list[Import]:
        """Newest first."""
        return sorted(self._store.list(tenant), key=lambda each: (-each.created_at, each.id))

    def get(self, tenant: TenantId, import_id: str) -> Import:
        """Raises NotFoundError."""
        held = self._store.get(tenant, import_id)
        if held is None:
            raise _unknown(import_id)
        return held

    def preview(self, tenant: TenantId, held: Import) -> bytes | None:
        """What was found in the files, as JSON; None where there is nothing yet."""
        return None if held.state == WAITING else self._files.read(tenant, held.id, PREVIEW)

    def faulty(self, tenant: TenantId, held: Import) -> list[str]:
        """Where the files of faulty rows are, in the order of `held.faulty`."""
        named = [(number, f"faulty-{name}") for number, name in enumerate(held.faulty)]
        return [self._files.download(tenant, held.id, faulty_name(number), name) for number, name in named]

    def is_stalled(self, held: Import) -> bool:
        """Whether nobody works at it, though somebody should: a message was lost, or a worker died."""
        return held.state in AT_WORK and held.working_until + STALLED_SECONDS < self._clock()

    def offers_first_night(self, tenant: TenantId) -> bool:
        """Whether no night of the tenant has ever been."""
        today = day_of_instant(self._clock())
        return self._runs.summary(tenant) is None and not self._runs.recent(tenant, Day(today - 90), Day(today + 1))

    def read(self, tenant: TenantId, import_id: str, maps: Mapping[str, Any]) -> Import:
        """Has the files read, by these maps and those of before. Raises NotFoundError, ConflictError, InvalidError."""
        self._refuse_bad(maps)

        def change(held: Import) -> Import:
            if held.state not in (WAITING, READING, READY, FAILED):
                raise ConflictError("This import has begun: make another one of the same files.")
            chosen = {**held.maps, **maps}
            self._refuse_bad(chosen)
            fresh = replace(held, maps=chosen, state=READING, message="", rows=0, handled=0, blocked=False)
            return replace(fresh, working_until=self._clock())

        return self._told(tenant, import_id, change)

    def start(self, tenant: TenantId, import_id: str, *, first_night: bool) -> Import:
        """Begins, or goes on after a pause. Raises NotFoundError, ConflictError."""
        self.get(tenant, import_id)
        if first_night and not self.offers_first_night(tenant):
            raise ConflictError("A night has been already: the next one comes at 02:00 UTC.")

        def change(held: Import) -> Import:
            if held.state not in (READY, PAUSED, IMPORTING):
                raise ConflictError("Have the files read first (preview): this import is not ready.")
            if held.blocked:
                raise ConflictError("Nothing can be imported before what is wrong with whole files is mended.")
            at_work = max(held.working_until, self._clock())
            wanted = replace(held, state=IMPORTING, message="", working_until=at_work)
            return replace(wanted, first_night=held.first_night or first_night)

        return self._told(tenant, import_id, change)

    def pause(self, tenant: TenantId, import_id: str) -> Import:
        """Stops after the batches that are under way. Raises NotFoundError, ConflictError."""

        def change(held: Import) -> Import:
            if held.state not in (IMPORTING, PAUSED):
                raise ConflictError("Only an import that is under way can be paused.")
            return replace(held, state=PAUSED)

        return changed(self._store, tenant, import_id, change)

    def delete(self, tenant: TenantId, import_id: str) -> None:
        """Stops an import and takes its files away; what went in stays. Raises NotFoundError."""
        held = self.get(tenant, import_id)
        self._files.delete(tenant, held.id, [*object_names(held)])
        self._store.delete(tenant, held.id)

    def _told(self, tenant: TenantId, import_id: str, change: Callable[[Import], Import]) -> Import:
        """A change, then the message that has it done: whoever died between the two sends the request again."""
        held = changed(self._store, tenant, import_id, change)
        self._queue.send(tenant, held.id)
        return held

    def _refuse_bad(self, maps: Mapping[str, Any]) -> None:
        documents = {name: each for name, each in maps.items() if not isinstance(each, str)}
        faults = [
            Fault(f"/maps/{name.replace('~', '~0').replace('/', '~1')}{fault.pointer}", fault.message)
            for name, document in documents.items()
            for fault in self._check(document)
        ]
        if not faults and len(repr(documents).encode()) > MOST_MAP_BYTES:
            faults = [Fault("/maps", "These maps are too large together: save them, and send their names.")]
        if faults:
            raise InvalidError(faults)


def changed(store: ImportStore, tenant: TenantId, import_id: str, change: Callable[[Import], Import]) -> Import:
    """A change of what is held, made again where another came first. Raises NotFoundError, TooBusyError."""
    for _ in range(TRIES):
        held = store.get(tenant, import_id)
        if held is None:
            raise _unknown(import_id)
        wanted = replace(change(held), version=held.version)
        if store.put(tenant, wanted):
            return replace(wanted, version=held.version + 1)
    raise TooBusyError("an import keeps changing")


def object_names(held: Import) -> list[str]:
    """All objects that an import may have in the bucket."""
    return [*map(str, range(len(held.files))), PREVIEW, *map(faulty_name, range(len(held.faulty)))]


def faulty_name(number: int) -> str:
    return f"faulty-{number}.csv"


def _unknown(import_id: str) -> NotFoundError:
    return NotFoundError(f"There is no import {import_id}.")
