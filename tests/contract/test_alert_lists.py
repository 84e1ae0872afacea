"""Lists of alerts by status and account manager: right at any size, at the cost of the page that is shown."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import Alert, AlertState, OpenAlert, alert_id
from chalicelib.domain.facts import Client, Instant
from chalicelib.domain.history import Stamp
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import SEATS_PER_PAGE, CurrentPage, CurrentRow, pages_for
from chalicelib.domain.settings import SOURCES
from chalicelib.domain.velocity import Velocity
from chalicelib.services.alert_lists import QUERIES, AlertLists, ListPage
from chalicelib.services.readable_rows import ReadableRows

ACME: Final = TenantId("acme")
START: Final = 1_700_000_000
LARGE: Final = 100_000
CLIENTS: Final = 1_000
ANY: Final[dict[str, Any]] = {"statuses": None, "managers": None}


def alert(number: int, client: str, status: str) -> Alert:
    as_of = START + number
    told = alert_id(Instant(as_of), client, "weighted")
    return Alert(told, client, client, "whoever", "weighted", 40, None, "RED", (), "", Instant(as_of), status, None)


class CountedAlerts:
    """Alerts in order, which counts the calls that a table would get; lists as far down as `down_to` says."""

    def __init__(self, alerts: Sequence[Alert], down_to: str | None = "") -> None:
        self.held = sorted(alerts, key=lambda each: each.id)
        self.by_id = {each.id: each for each in alerts}
        self.calls: list[tuple[str, int]] = []
        self.down_to = down_to
        listed = [each for each in self.held if down_to is not None and each.id >= down_to]
        self._resolved = sorted(each.id for each in listed if each.status == "RESOLVED")
        self._clients: dict[str, list[str]] = {}
        for each in listed:
            self._clients.setdefault(each.client_id, []).append(each.id)
        self._ids = [each.id for each in self.held]

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Alert]:
        return (self.by_id[each] for each in self._paged("newest", self._ids, before, chunk))

    def resolved(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[str]:
        return self._paged("resolved", self._resolved, before, chunk)

    def of_client(self, tenant: TenantId, client: RecordId, before: str | None, chunk: int) -> Iterator[str]:
        return self._paged("of_client", self._clients.get(client, []), before, chunk)

    def _paged(self, name: str, ids: Sequence[str], before: str | None, chunk: int) -> Iterator[str]:
        end = len(ids) if before is None else bisect_left(ids, before)
        while True:
            page = ids[max(0, end - chunk) : end]
            self.calls.append((name, len(page)))
            yield from reversed(page)
            if len(page) < chunk:
                return
            end -= chunk

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Alert]:
        asked = list(ids)
        self.calls.append(("several", len(asked)))
        return {each: self.by_id[each] for each in asked if each in self.by_id}

    def listed_down_to(self, tenant: TenantId) -> str | None:
        self.calls.append(("mark", 1))
        return self.down_to

    def list_all(self, tenant: TenantId, alerts: Sequence[Alert], down_to: str) -> None:
        for each in alerts:
            mine = self._clients.setdefault(each.client_id, [])
            mine[:] = sorted({*mine, each.id})
            if each.status == "RESOLVED":
                self._resolved = sorted({*self._resolved, each.id})
        self.down_to = down_to

    @property
    def queries(self) -> int:
        return sum(name in {"newest", "resolved", "of_client"} for name, _ in self.calls)

    @property
    def items(self) -> int:
        return sum(count for _, count in self.calls)


def page_unread(*_: object) -> None:
    raise AssertionError


def lists(alerts: CountedAlerts, owners: dict[str, str]) -> AlertLists:
    """The service over alerts and over the current rows that go with them."""
    live: dict[str, list[OpenAlert]] = {client: [] for client in owners}
    for each in alerts.held:
        if each.status != "RESOLVED":
            live[each.client_id].append(OpenAlert(each.as_of, each.model, (), each.status == "ACKNOWLEDGED"))
    rows = [
        CurrentRow(
            Client(client, client, "ACTIVE", account_manager_id=manager),
            Instant(0),
            Stamp(1, 70, 40, SOURCES),
            None,
            Velocity(None),
            Velocity(None),
            AlertState(open_alerts=tuple(live[client])),
        )
        for client, manager in owners.items()
    ]

    def current_pages(tenant: TenantId, pages: Iterable[int], _: object) -> dict[int, CurrentPage]:
        cut = {page: rows[page * SEATS_PER_PAGE : (page + 1) * SEATS_PER_PAGE] for page in pages}
        return {page: CurrentPage(dict(enumerate(held)), 1) for page, held in cut.items()}

    tenant: Any = SimpleNamespace(get=lambda _: SimpleNamespace(pages=pages_for(len(rows))))
    scores: Any = SimpleNamespace(current_pages=current_pages)
    store: Any = alerts
    nothing: Any = None
    return AlertLists(tenant, nothing, ReadableRows(scores, page_unread), store, nothing)


def walked(service: AlertLists, limit: int = 50, pages: int = 10_000, **filters: Any) -> list[ListPage[Alert]]:
    """The pages of a list, to its end."""
    found: list[ListPage[Alert]] = []
    before = None
    for _ in range(pages):
        found.append(service.alerts(ACME, before=before, limit=limit, **{**ANY, **filters}))
        before = found[-1].before
        if before is None:
            break
    return found


def expected(alerts: CountedAlerts, owners: dict[str, str], **filters: Any) -> list[str]:
    chosen = {**ANY, **filters}
    return [
        each.id
        for each in reversed(alerts.held)
        if (chosen["statuses"] is None or each.status in chosen["statuses"])
        and (chosen["managers"] is None or owners[each.client_id] in chosen["managers"])
    ]


# ---- right ---------------------------------------------------------------------------------------------------------

STATUSES: Final = ("OPEN", "ACKNOWLEDGED", "RESOLVED")
FLEETS: Final = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(STATUSES)), max_size=260)


@given(
    FLEETS,
    st.none() | st.frozensets(st.sampled_from(STATUSES), min_size=1),
    st.none() | st.frozensets(st.sampled_from(["am-0", "am-1", "am-2", "nobody"]), min_size=1),
    st.sampled_from([1, 3, 50, 200]),
    st.sampled_from(["", None, "in between"]),
)
def test_every_page_together_is_just_what_the_filters_let_through(
    fleet: list[tuple[int, str]],
    statuses: frozenset[str] | None,
    managers: frozenset[str] | None,
    limit: int,
    down_to: str | None,
) -> None:
    held = [alert(number, f"c{client}", status) for number, (client, status) in enumerate(fleet)]
    mark = (held[len(held) // 2].id if held else None) if down_to == "in between" else down_to
    alerts, owners = CountedAlerts(held, mark), {f"c{n}": f"am-{n % 3}" for n in range(8)}
    filters: dict[str, Any] = {
        "statuses": statuses,
        "managers": None if managers is None else set(map(RecordId, managers)),
    }
    pages = walked(lists(alerts, owners), limit, **filters)
    assert [each.id for page in pages for each in page.items] == expected(alerts, owners, **filters)
    assert all(len(page.items) <= limit for page in pages)


def test_what_changed_since_it_was_listed_is_left_out() -> None:
    held = [alert(number, "c0", "RESOLVED") for number in range(9)]
    alerts = CountedAlerts(held)
    del alerts.by_id[held[4].id]
    alerts.by_id[held[5].id] = held[5]._replace(status="OPEN")
    (page,) = walked(lists(alerts, {"c0": "am-0"}), statuses={"RESOLVED"})
    assert [each.as_of - START for each in page.items] == [8, 7, 6, 3, 2, 1, 0]


# ---- at the cost of the page ---------------------------------------------------------------------------------------

OWNERS: Final = {f"c{n}": f"am-{n // 2}" if n < 40 else "am-busy" for n in range(CLIENTS)}


@pytest.fixture(scope="module")
def open_alerts() -> list[Alert]:
    """All open but for three, which are the oldest: the reproduced case, larger."""
    return [alert(n, f"c{n % CLIENTS}", "RESOLVED" if n < 3 else "OPEN") for n in range(LARGE)]


@pytest.fixture(scope="module")
def resolved_alerts() -> list[Alert]:
    """All resolved but for five, which are the oldest."""
    return [alert(n, f"c{n % CLIENTS}", ("ACKNOWLEDGED", "OPEN")[n % 2] if n < 5 else "RESOLVED") for n in range(LARGE)]


@pytest.mark.parametrize(("status", "found"), [("RESOLVED", 3), ("OPEN", 50), ("ACKNOWLEDGED", 0)])
def test_a_status_costs_its_page_when_nearly_all_are_open(open_alerts: list[Alert], status: str, found: int) -> None:
    alerts = CountedAlerts(open_alerts)
    page = lists(alerts, OWNERS).alerts(ACME, {status}, None, None, 50)
    assert len(page.items) == found
    assert alerts.queries <= 1
    assert alerts.items <= 2 * 51 + 1


@pytest.mark.parametrize(("status", "found"), [("RESOLVED", 50), ("OPEN", 2), ("ACKNOWLEDGED", 3)])
def test_a_status_costs_its_page_when_nearly_all_are_resolved(
    resolved_alerts: list[Alert], status: str, found: int
) -> None:
    alerts = CountedAlerts(resolved_alerts)
    page = lists(alerts, OWNERS).alerts(ACME, {status}, None, None, 50)
    assert len(page.items) == found
    assert alerts.queries <= 1
    assert alerts.items <= 2 * 51 + 1


@pytest.mark.parametrize("statuses", [None, {"RESOLVED"}, {"RESOLVED", "OPEN"}])
@pytest.mark.parametrize("manager", ["am-0", "am-19", "am-busy", "am-nobody"])
def test_a_manager_costs_a_query_per_client_or_per_hundred_passed_over(
    resolved_alerts: list[Alert], statuses: set[str] | None, manager: str
) -> None:
    alerts = CountedAlerts(resolved_alerts)
    page = lists(alerts, OWNERS).alerts(ACME, statuses, {RecordId(manager)}, None, 50)
    clients = sum(owner == manager for owner in OWNERS.values())
    assert [each.id for each in page.items] == expected(alerts, OWNERS, statuses=statuses, managers={manager})[:50]
    assert alerts.queries <= 1 + min(clients, QUERIES)
    assert alerts.queries <= QUERIES


def test_an_open_alert_of_a_manager_costs_no_query_at_all(resolved_alerts: list[Alert]) -> None:
    alerts = CountedAlerts(resolved_alerts)
    page = lists(alerts, OWNERS).alerts(ACME, {"OPEN", "ACKNOWLEDGED"}, {RecordId("am-0")}, None, 50)
    assert [each.as_of - START for each in page.items] == [1, 0]
    assert alerts.queries == 0


def test_a_page_walks_past_two_thousand_at_most_and_goes_on() -> None:
    owners = {f"c{n}": "am-many" if n < 500 else "am-busy" for n in range(CLIENTS)}
    held = [alert(n, f"c{n % 500 if n < 60 else 500 + n % 500}", "RESOLVED") for n in range(5_000)]
    alerts = CountedAlerts(held)
    pages = walked(lists(alerts, owners), managers={RecordId("am-many")})
    assert [len(page.items) for page in pages] == [0, 0, 50, 10]
    assert alerts.queries <= 3 * QUERIES


# ---- alerts of an older build --------------------------------------------------------------------------------------


def test_alerts_of_an_older_build_are_listed_as_they_are_walked_past() -> None:
    held = [alert(n, f"c{n % 7}", "RESOLVED" if n % 3 else "OPEN") for n in range(1_234)]
    alerts, owners = CountedAlerts(held, None), {f"c{n}": "am-0" for n in range(7)}
    service = lists(alerts, owners)
    first = walked(service, limit=200, statuses={"RESOLVED"})
    assert alerts.down_to == ""
    alerts.calls.clear()
    again = walked(service, limit=200, statuses={"RESOLVED"})
    assert [each.id for page in again for each in page.items] == [each.id for page in first for each in page.items]
    assert {name for name, _ in alerts.calls} == {"mark", "resolved", "several"}


def test_a_tenant_without_alerts_is_marked_at_once() -> None:
    alerts = CountedAlerts([], None)
    assert lists(alerts, {}).alerts(ACME, {"RESOLVED"}, None, None, 50) == ListPage([], None)
    assert alerts.down_to == ""


@pytest.mark.parametrize("before", [0, 350])
def test_a_walk_that_begins_elsewhere_leaves_no_gap(before: int) -> None:
    held = [alert(n, "c0", "RESOLVED") for n in range(400)]
    alerts = CountedAlerts(held, None)
    lists(alerts, {"c0": "am-0"}).alerts(ACME, {"RESOLVED"}, None, held[before].id, 50)
    assert alerts.down_to is None
