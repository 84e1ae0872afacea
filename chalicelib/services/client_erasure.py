"""Erasure: everything that is held of one client goes, also out of what it shares with others.

The directory goes last: until then the client can be found, and an erasure that died goes on from where it was. Passes
are made until one finds nothing: a request that was under way may have stored something meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.domain.erasure import Held
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.roster import page_of
from chalicelib.domain.times import day_of_instant
from chalicelib.services.sweep import LATE_RUN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.facts import Instant
    from chalicelib.domain.ids import RecordId, TenantId
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.erasure import ErasureStore
    from chalicelib.services.ports.runs import RunStore

PASSES: Final = 5
RUN_DAYS: Final = 3
"""How far back a run may still be under way."""


class ClientErasure:
    """Erases clients. Repeat it at will: it goes on where it stopped, and finds nothing the second time."""

    def __init__(self, roster: Roster, runs: RunStore, alerts: AlertStore, store: ErasureStore) -> None:
        self._roster, self._runs, self._alerts, self._store = roster, runs, alerts, store

    def erase(
        self, tenant: TenantId, client: RecordId, tell: Callable[[str], object], now: Instant, *, dry_run: bool = False
    ) -> int:
        """Erases everything held of a client; how many items were deleted or rewritten (dry run: would be).

        The tenant's figures by date are counts without names, and stay. Raises ConflictError while a night runs or
        alerts of the client wait to be sent, where something keeps writing about it, and where some of it cannot be
        taken away: all else is gone then, and the client is still found.
        """
        seat = self._roster.seats(tenant, [client]).get(client)
        if seat is None:
            tell(f"nothing is held of {client}")
            return 0
        self._refuse_if_busy(tenant, client, page_of(seat.number), now)
        total, failed = 0, dict[Held, Exception]()
        for _ in range(1 if dry_run else PASSES):
            failed.clear()
            changed = self._pass(tenant, client, seat.number, tell, failed, dry_run=dry_run)
            total += changed
            if not changed or dry_run:
                break
        else:
            raise ConflictError(f"something keeps writing about {client}: stop what sends its records, then repeat")
        if failed:
            for held, error in failed.items():
                tell(f"{held.value}: {type(error).__name__}")
            kinds = ", ".join(held.value for held in failed)
            raise ConflictError(f"all is done but this of {client}: {kinds}; mend it, then repeat") from error
        if not dry_run:
            self._store.forget(tenant, client)
        return total + 1

    def _pass(
        self,
        tenant: TenantId,
        client: RecordId,
        seat: int,
        tell: Callable[[str], object],
        failed: dict[Held, Exception],
        *,
        dry_run: bool,
    ) -> int:
        """Takes away each kind, whatever fails of another."""
        total = 0
        for held in Held:
            try:
                changed = self._store.erase(held, tenant, client, seat, dry_run=dry_run)
            except Exception as error:
                failed[held] = error
                continue
            if changed:
                tell(f"{held.value}: {changed}")
            total += changed
        return total

    def _refuse_if_busy(self, tenant: TenantId, client: RecordId, page: int, now: Instant) -> None:
        """A worker that has read the client's facts would write its scores after they were erased.

        A night that is late because another page fails is no reason: this one's is done.
        """
        today = day_of_instant(now)
        under_way = [run for run in self._runs.recent(tenant, today - RUN_DAYS, today + 1) if not run.complete]
        if any(page in run.missing or now - run.as_of < LATE_RUN_SECONDS for run in under_way):
            raise ConflictError("a night of this tenant is not complete: repeat this when it is (see replay)")
        if any(entry.alert.client_id == client for entry in self._alerts.outbox(tenant).entries):
            raise ConflictError("alerts of this client are about to be sent: repeat this in half an hour")
