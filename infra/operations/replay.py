"""Replay: a date's night again, where it has gaps."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import uuid4

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Item, Table
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import SECONDS_PER_DAY, is_ahead, local_day
from chalicelib.domain.time_zones import stored_zone
from chalicelib.domain.times import format_instant
from infra.operations.alone import Alone
from infra.operations.errors import OperationError
from infra.operations.site import Site

Tell = Callable[[str], object]

TENANTS_AT_ONCE: Final = 50
POLL_SECONDS: Final = 1.0
_FIRES_AT: Final = 2  # o'clock UTC, as the schedule does


class Night(NamedTuple):
    """What there is of a tenant's night: its `as_of`, its pages that lack a snapshot, and how far it is."""

    tenant: TenantId
    as_of: Instant
    gaps: tuple[int, ...]
    state: str
    """`complete`, `open`, or `none` for a night that was never started."""

    @property
    def done(self) -> bool:
        return self.state == "complete" and not self.gaps

    def __str__(self) -> str:
        missing = f", {len(self.gaps)} pages without a snapshot" if self.gaps else ""
        told = {"complete": "complete", "open": "not complete", "none": "never started"}[self.state]
        return f"{self.tenant}: {told}{missing}"


def replay(
    site: Site,
    day: date,
    tenants: Sequence[str] | None,
    tell: Tell,
    now: Instant,
    *,
    dry_run: bool,
    seconds: float,
) -> list[Night]:
    """Fill the gaps of a date's night: runs that were not started or not finished, pages whose snapshot is gone.

    What stands is left as it is, a started run keeps the moment and the settings that it pinned, and no alert comes
    twice: repeat it at will. Answers the nights that had something to be filled. A night that has not come is refused
    before anything is done; where all tenants are meant, those west of Greenwich whose night comes later are left out.
    """
    _refuse_ahead(day, _fired(day), now)
    table = Table(site.tables, site.outputs["TableName"])
    chosen = [TenantId(tenant) for tenant in tenants] if tenants else _registered(table)
    alone = Alone(tell)
    open_nights = []
    for night in alone.each(chosen, lambda tenant: _night(table, tenant, day)):
        if is_ahead(night.as_of, now):
            if tenants:
                _refuse_ahead(day, night.as_of, now, night.tenant)
            tell(f"{night.tenant}: left out, its night comes at {format_instant(night.as_of)}")
            continue
        if tenants or not night.done:
            tell(str(night))
        if not night.done:
            open_nights.append(night)
    if dry_run or not open_nights:
        tell(f"{len(open_nights)} nights of {day} to be replayed")
    else:
        alone.each(open_nights, lambda night: _reopen(table, night, day))
        for as_of, group in _batches(open_nights):
            _fire(site, as_of, group)
        _wait(table, open_nights, day, tell, seconds)
    alone.end()
    return open_nights


def _refuse_ahead(day: date, as_of: Instant, now: Instant, tenant: str = "") -> None:
    """A score of the future could never be put right."""
    if is_ahead(as_of, now):
        whose = f" of {tenant}" if tenant else ""
        raise OperationError(
            f"the night of {day}{whose} comes at {format_instant(as_of)}, so nothing was done: repeat this with a date "
            "whose night has come; where rows of the future are stored already, see mend-future"
        )


def _registered(table: Table) -> Iterator[TenantId]:
    for shard in range(keys.REGISTRY_SHARDS):
        for item in table.query(keys.registry_span(shard)):
            yield TenantId(keys.id_of(item["sk"]))


def _night(table: Table, tenant: TenantId, day: date) -> Night:
    run = table.get(keys.run(tenant, day.toordinal()), consistent=True)
    if run is None:
        return Night(tenant, _as_of(table, tenant, day), (), "none")
    return Night(tenant, run["as_of"], _gaps(table, tenant, day, run), "complete" if run["complete"] else "open")


def _as_of(table: Table, tenant: TenantId, day: date) -> Instant:
    """When the schedule fires for the tenant's date: at 02:00 UTC of it, or (west of Greenwich) of the day after."""
    settings = table.get(keys.settings(tenant), consistent=True)
    if settings is None:
        raise OperationError(f"there is no tenant {tenant}")
    for fired in (_fired(day), _fired(day) + SECONDS_PER_DAY):
        if local_day(fired, stored_zone(settings["time_zone"])) == day.toordinal():
            return fired
    raise AssertionError("no zone is a day away from UTC")


def _fired(day: date) -> Instant:
    """When the schedule fires on a day."""
    return int(datetime(day.year, day.month, day.day, _FIRES_AT, tzinfo=UTC).timestamp())


def _gaps(table: Table, tenant: TenantId, day: date, run: Item) -> tuple[int, ...]:
    places = {page: keys.snapshot(tenant, page, day.toordinal()) for page in range(run["pages"])}
    found = table.batch_get(places.values(), consistent=True)
    return tuple(page for page, place in places.items() if place not in found)


def _reopen(table: Table, night: Night, day: date) -> None:
    """Takes pages without a snapshot out of a run's set, so that it misses them again."""
    if night.gaps and night.state != "none":
        table.update(
            keys.run(night.tenant, day.toordinal()),
            "SET complete = :no DELETE done :gaps",
            condition="attribute_exists(pk)",
            no=False,
            gaps=set(night.gaps),
        )


def _batches(nights: Iterable[Night]) -> Iterator[tuple[Instant, list[TenantId]]]:
    """Tenants whose nights have the same moment, some at a time."""
    moments: dict[Instant, list[TenantId]] = {}
    for night in nights:
        moments.setdefault(night.as_of, []).append(night.tenant)
    for as_of, tenants in moments.items():
        rest = iter(tenants)
        while batch := list(islice(rest, TENANTS_AT_ONCE)):
            yield as_of, batch


def _fire(site: Site, as_of: Instant, tenants: Sequence[TenantId]) -> None:
    """Invokes the nightly function as EventBridge does, limited to some tenants."""
    event: dict[str, Any] = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "",
        "time": format_instant(as_of),
        "region": "",
        "resources": [],
        "detail": {"tenant_ids": list(tenants)},
    }
    answer = site.functions.invoke(FunctionName=site.outputs["NightlyFunctionName"], Payload=json.dumps(event).encode())
    if "FunctionError" in answer:
        said = answer["Payload"].read().decode(errors="replace")
        raise OperationError(f"the nightly function failed: {said}")


def _wait(table: Table, nights: Sequence[Night], day: date, tell: Tell, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    waiting = [night.tenant for night in nights]
    told = None
    while True:
        found = table.batch_get([keys.run(tenant, day.toordinal()) for tenant in waiting], consistent=True)
        complete = {key.pk for key, run in found.items() if run["complete"]}
        waiting = [tenant for tenant in waiting if keys.run(tenant, day.toordinal()).pk not in complete]
        if len(waiting) != told:
            tell(f"{len(nights) - len(waiting)} of {len(nights)} nights of {day} complete")
        told = len(waiting)
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise OperationError(
                f"not complete after {seconds:.0f} s: {', '.join(waiting[:10])}; see Dead letters in the runbook"
            )
        time.sleep(POLL_SECONDS)
