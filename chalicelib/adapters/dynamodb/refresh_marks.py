"""Which clients of a page are to be refreshed.

One item per page. `marked` is a set of `<client>#<trigger>` (`*#` for the whole page, `+#` for arrivals), `since` the
time of the first mark. A refresh takes the set over into `claimed` in one update, so that a crash after it loses
nothing: the claim is found again, with the same `as_of`, and what it stores is the same.
"""

from collections.abc import Iterable, Mapping

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.facts import Instant
from chalicelib.domain.history import CALCULATION_TRIGGERS, Trigger
from chalicelib.domain.ids import TenantId
from chalicelib.domain.run import ARRIVALS, EVERYBODY, RefreshClaim

_SINCE = "since", "claimed_at"


class DynamoRefreshMarkStore:
    """`RefreshMarkStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def mark(self, tenant: TenantId, page: int, clients: Mapping[str, Trigger | None], now: Instant) -> Instant:
        item = self._table.update(
            keys.refresh_marks(tenant, page),
            "SET since = if_not_exists(since, :now) ADD marked :marks",
            returns="ALL_NEW",
            now=now,
            marks=_marks(clients),
        )
        return Instant(item["since"])

    def lost(self, tenant: TenantId, marks: Mapping[int, Mapping[str, Trigger | None]]) -> set[int]:
        wanted = {page: keys.refresh_marks(tenant, page) for page in marks}
        items = self._table.batch_get(wanted.values(), consistent=True)
        marked = {page: items.get(key, {}).get("marked", set()) for page, key in wanted.items()}
        return {page for page, clients in marks.items() if not _marks(clients) <= marked[page]}

    def marked_since(self, tenant: TenantId, pages: Iterable[int]) -> dict[int, Instant]:
        wanted = {keys.refresh_marks(tenant, page): page for page in pages}
        waiting_since: dict[int, Instant] = {}
        for key, item in self._table.batch_get(wanted).items():
            # What cannot be read waits as well: its page's refresh fails, and no other page's.
            waiting = [
                Instant(item[name]) if isinstance(item[name], int) else Instant(0) for name in _SINCE if name in item
            ]
            if waiting:
                waiting_since[wanted[key]] = min(waiting)
        return waiting_since

    def claim(self, tenant: TenantId, page: int, now: Instant) -> RefreshClaim | None:
        try:
            item = self._table.update(
                keys.refresh_marks(tenant, page),
                "SET claimed = marked, claimed_at = :now REMOVE marked, since",
                condition="attribute_exists(marked) AND attribute_not_exists(claimed)",
                returns="ALL_NEW",
                now=now,
            )
        except ConditionFailedError as error:
            if error.item is None or "claimed" not in error.item:
                return None
            item = error.item
        return _claim(item)

    def release(self, tenant: TenantId, page: int, claim: RefreshClaim) -> None:
        try:
            self._table.update(
                keys.refresh_marks(tenant, page),
                "REMOVE claimed, claimed_at",
                condition="claimed_at = :as_of",
                as_of=claim.as_of,
            )
        except ConditionFailedError:
            return  # released before


def _marks(clients: Mapping[str, Trigger | None]) -> set[str]:
    return {f"{client}#{trigger or ''}" for client, trigger in clients.items()}


def _claim(item: Item) -> RefreshClaim:
    marks = sorted(item["claimed"])
    triggers: dict[str, set[str]] = {}
    for mark in marks:
        client, trigger = mark.rsplit("#", 1)
        triggers.setdefault(client, set()).add(trigger)
    whole_page = triggers.pop(EVERYBODY, None) is not None
    arrivals = triggers.pop(ARRIVALS, None) is not None
    clients = {
        client: next((trigger for trigger in CALCULATION_TRIGGERS if trigger in known), None)
        for client, known in triggers.items()
    }
    return RefreshClaim(item["claimed_at"], clients, whole_page, arrivals)
