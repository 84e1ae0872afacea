"""What people do with connections: add, set, map, test, start, pause, sync now, take away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from chalicelib.connections.kinds import KINDS, Kind
from chalicelib.connections.mapping import MEANINGS
from chalicelib.domain.connections import (
    LONGEST_SETTING,
    MOST_CONNECTIONS,
    Connection,
    Seen,
    SyncMessage,
    owner_of,
    silent_since,
)
from chalicelib.domain.errors import ConflictError, Fault, InvalidError, NotFoundError, StaleVersionError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.web_address import origin_of

if TYPE_CHECKING:
    from chalicelib.services.ports.connections import ConnectionStore, Sealer, SyncMarks, SyncQueue
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore

FIRST_LOOK_SECONDS: Final = 900
MAY_BE_NONE: Final = ("history_from", "quiet_hours")
"""What a change may take away."""

CHANGED_SINCE: Final = "The connection was changed since you read it."
SHOWN: Final = 4
"""Characters of a secret that are shown again."""


class Connections:
    """The connections of tenants, as people see them."""

    def __init__(
        self,
        store: ConnectionStore,
        marks: SyncMarks,
        queue: Callable[[], SyncQueue],
        sealer: Callable[[], Sealer],
        tenants: TenantStore,
        clock: Clock,
        given: Mapping[str, Mapping[str, str]],
    ) -> None:
        """`queue` and `sealer` are made when needed. `given`: by kind what the deployment adds to its settings; a kind
        that lacks something is not available."""
        self._store, self._marks, self._queue = store, marks, queue
        self._sealer, self._tenants, self._clock = sealer, tenants, clock
        self._unavailable = frozenset(kind for kind, values in given.items() if not all(values.values()))

    def is_available(self, kind: str) -> bool:
        return kind not in self._unavailable

    def all(self, tenant: TenantId) -> list[Connection]:
        return self._store.all(tenant)

    def get(self, tenant: TenantId, connection_id: str) -> Connection:
        """Raises NotFoundError."""
        found = self._store.get(tenant, connection_id)
        if found is None:
            raise NotFoundError(f"There is no connection {connection_id}.")
        return found

    def silent_since(self, connection: Connection) -> Instant | None:
        """Since when its source has brought no row, where that is unusually long."""
        return silent_since(connection.work, self._clock())

    def seen(self, tenant: TenantId, connection_id: str) -> Seen:
        """What it saw. Raises NotFoundError."""
        self.get(tenant, connection_id)
        return self._store.seen(tenant, connection_id)

    def create(
        self, tenant: TenantId, kind_id: str, source: str | None, given: Mapping[str, str], changes: Mapping[str, Any]
    ) -> Connection:
        """Adds a connection, which does nothing until it is started.

        Its mark stands before it: one that is never added is taken away with the first look. Raises NotFoundError for
        an unknown tenant, InvalidError, ConflictError where the source is taken, there are too many, or the kind is not
        available.
        """
        self._tenants.get(tenant)
        kind = KINDS[kind_id]
        if not self.is_available(kind_id):
            raise ConflictError(f"{kind.title} is not set up in this deployment.")
        held = self._store.all(tenant)
        if len(held) >= MOST_CONNECTIONS:
            raise ConflictError(f"A tenant has at most {MOST_CONNECTIONS} connections.")
        connection_id = source or kind.source
        missing = [asked for asked in kind.asked if not given.get(asked.name) and not asked.default]
        faults = [Fault(f"/settings/{asked.name}", "Send this; the system needs it.") for asked in missing]
        if faults:
            raise InvalidError(faults)
        settings = {asked.name: asked.default for asked in kind.asked if asked.default and not asked.is_secret}
        definition = kind.definitions[0].id if kind.definitions else ""
        new = Connection(
            connection_id,
            kind_id,
            kind.title,
            settings=settings,
            first_response=definition,
            created_at=self._clock(),
        )
        new = replace(self._changed(tenant, new, kind, {**changes, "settings": given}), version=1)
        self._marks.mark(tenant, connection_id, self._clock() + FIRST_LOOK_SECONDS)
        if not self._store.add(tenant, new):
            raise ConflictError(f"The source {connection_id} is another connection's: name another one.")
        return new

    def change(
        self, tenant: TenantId, connection_id: str, versions: Collection[int] | None, changes: Mapping[str, Any]
    ) -> Connection:
        """Changes what a user set; a start begins a sync at once.

        Raises NotFoundError, StaleVersionError, InvalidError.
        """
        held = self._expected(tenant, connection_id, versions)
        changed = self._changed(tenant, held, KINDS[held.kind], changes)
        if not self._store.replace(tenant, changed):
            raise StaleVersionError(CHANGED_SINCE)
        if changed.state == "running":
            self._marks.mark(tenant, connection_id, self._clock())
            self._queue().send([SyncMessage(tenant, connection_id, "sync")])
        return changed

    def remove(self, tenant: TenantId, connection_id: str, versions: Collection[int] | None) -> None:
        """Takes a connection away. Its records, aliases and clients stay. Raises NotFoundError, StaleVersionError."""
        self._expected(tenant, connection_id, versions)
        self._store.remove(tenant, connection_id)  # its mark goes with the next look at it

    def ask(self, tenant: TenantId, connection_id: str, reason: Any) -> Connection:
        """Has it tested or synced now; one that was put aside is tried again. Raises NotFoundError, ConflictError."""
        held = self.get(tenant, connection_id)
        if reason == "sync":
            if held.state != "running":
                raise ConflictError("The connection is not running: start it first.")
            if held.is_aside:  # a change of its version alone: the worker's part is the worker's
                return self.change(tenant, connection_id, None, {})
            self._marks.mark(tenant, connection_id, self._clock())
        self._queue().send([SyncMessage(tenant, connection_id, reason)])
        return held

    def _expected(self, tenant: TenantId, connection_id: str, versions: Collection[int] | None) -> Connection:
        """The connection in one of these versions (None: any). Raises NotFoundError, StaleVersionError."""
        held = self.get(tenant, connection_id)
        if versions is not None and held.version not in versions:
            raise StaleVersionError(CHANGED_SINCE)
        return held

    def _changed(self, tenant: TenantId, held: Connection, kind: Kind, changes: Mapping[str, Any]) -> Connection:
        """A connection with changes, each checked against its kind. Raises InvalidError."""
        given = dict(changes.get("settings") or {})
        asked = {each.name: each for each in kind.asked}
        faults = [
            Fault(f"/settings/{name}", f"{kind.title} knows no such setting.") for name in given.keys() - asked.keys()
        ]
        faults += [
            Fault(f"/settings/{name}", f"Send 1 to {LONGEST_SETTING} characters in one line.")
            for name, value in given.items()
            if name in asked and (not 0 < len(value) <= LONGEST_SETTING or not value.isprintable())
        ]
        faults += _mapping_faults(kind, changes.get("mapping") or {})
        if kind.host and kind.host in given:
            try:
                origin_of(f"https://{given[kind.host]}/")
                if "/" in given[kind.host]:
                    raise ValueError("Send the name of a host, such as example.com.")
            except ValueError as error:
                faults.append(Fault(f"/settings/{kind.host}", str(error)))
        definition = changes.get("first_response")
        if definition is not None and definition not in {each.id for each in kind.definitions}:
            faults.append(Fault("/first_response", f"{kind.title} offers no such definition of a first response."))
        if faults:
            raise InvalidError(sorted(faults))
        secrets = {name: value for name, value in given.items() if asked[name].is_secret}
        public = {name: value for name, value in given.items() if not asked[name].is_secret}
        owner = owner_of(held.id)
        sealed = {name: self._sealer().seal(tenant, owner, value) for name, value in secrets.items()}
        hints = {name: value[-SHOWN:] if len(value) >= 4 * SHOWN else "" for name, value in secrets.items()}
        plain = {
            name: value
            for name, value in changes.items()
            if name in MAY_BE_NONE or (name != "settings" and value is not None)
        }
        changed = replace(
            held,
            version=held.version + 1,
            settings={**held.settings, **public},
            secrets={**held.secrets, **sealed},
            hints={**held.hints, **hints},
            **plain,
        )
        return replace(changed, epoch=held.epoch + 1) if _reads_anew(held, changed) else changed


def _reads_anew(held: Connection, changed: Connection) -> bool:
    """Whether what was read before would now say something else."""
    return any(
        getattr(held, name) != getattr(changed, name)
        for name in ("mapping", "first_response", "create_clients", "client_source", "history_from")
    )


def _mapping_faults(kind: Kind, mapping: Mapping[str, Mapping[str, str]]) -> list[Fault]:
    faults = [
        Fault(f"/mapping/{name}", f"{kind.title} has no such list.") for name in mapping if name not in kind.lists
    ]
    for name in mapping.keys() & set(kind.lists):
        wrong = [key for key, value in mapping[name].items() if value not in MEANINGS[name]]
        faults += [Fault(f"/mapping/{name}/{key}", f"Send one of {', '.join(MEANINGS[name])}.") for key in wrong]
    return faults


def next_look(connection: Connection) -> Instant | None:
    """When it reads next; None where it does not, or a sync is under way."""
    if connection.state != "running" or connection.is_aside or connection.work.stream is not None:
        return None
    return connection.work.next_at
