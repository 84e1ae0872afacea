"""Replay: a date's night again, where it has gaps."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import uuid4

from chalicelib.adapters.dynamodb.table import Table
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import is_ahead
from chalicelib.domain.times import format_instant
from chalicelib.services.replay import Night, Replay, batches, fired_on, refuse_ahead
from infra.operations.alone import Alone
from infra.operations.errors import OperationError, refused
from infra.operations.site import Site
from infra.operations.tenant_table import adapters_on

Tell = Callable[[str], object]

POLL_SECONDS: Final = 1.0


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
    twice: repeat it at will. Returns the nights that had something to be filled. A night that has not come is refused
    before anything is done; where all tenants are meant, those west of Greenwich whose night comes later are left out.
    """
    with refused():
        refuse_ahead(day, fired_on(day), now)
        held = adapters_on(Table(site.tables, site.outputs["TableName"]))
        replaying = Replay(held.tenants, held.runs, held.scores)
        chosen = [TenantId(tenant) for tenant in tenants] if tenants else replaying.everybody()
        alone = Alone(tell)
        open_nights = []
        for tenant, night in alone.each(chosen, lambda tenant: (tenant, _night(replaying, tenant, day))):
            if night is None:
                tell(f"{tenant}: left out, in its zone no night falls on {day}")
                continue
            if is_ahead(night.as_of, now):
                if tenants:
                    refuse_ahead(day, night.as_of, now, night.tenant)
                tell(f"{night.tenant}: left out, its night comes at {format_instant(night.as_of)}")
                continue
            if tenants or not night.done:
                tell(str(night))
            if not night.done:
                open_nights.append(night)
        if dry_run or not open_nights:
            tell(f"{len(open_nights)} nights of {day} to be replayed")
        else:
            alone.each(open_nights, lambda night: replaying.reopen(night, day))
            for as_of, group in batches(open_nights):
                _fire(site, as_of, group)
            _wait(replaying, open_nights, day, tell, seconds)
        alone.end()
        return open_nights


def _night(replaying: Replay, tenant: TenantId, day: date) -> Night | None:
    with refused():
        return replaying.night(tenant, day)


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


def _wait(replaying: Replay, nights: Sequence[Night], day: date, tell: Tell, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    waiting = [night.tenant for night in nights]
    told = None
    while True:
        waiting = replaying.incomplete(waiting, day)
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
