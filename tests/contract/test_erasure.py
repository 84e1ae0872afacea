"""The contract of `ErasureStore`: each kind goes, nothing else does, and a second time there is nothing."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from chalicelib.domain.activities import Activity, Author, JournalEntry
from chalicelib.domain.alerts import Alert, AlertAnswer, alert_id, digest_id
from chalicelib.domain.aliases import Alias
from chalicelib.domain.blocks import BlockId
from chalicelib.domain.erasure import Held
from chalicelib.domain.facts import Instant
from chalicelib.domain.fleet import Declining, FleetSummary, ModelSummary
from chalicelib.domain.history import HistoryEntry
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.outbox import AlertWrites, Digest
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.run import FailedClient
from chalicelib.domain.tasks import Task
from chalicelib.domain.ticket_copies import ticket_key
from tests.contract.conftest import Stores
from tests.contract.examples import (
    ACME,
    C1,
    C10,
    NOW,
    OTHER,
    STAMP,
    TODAY,
    row,
    scores_at,
    snapshot,
    stored_client,
    ticket,
)
from tests.contract.examples import stored as stored_records

SEATS: Final = {C1: 0, C10: 1}
"""Two clients of one page, the id of one a beginning of the other's."""

ALL: Final = [(tenant, client) for tenant in (ACME, OTHER) for client in SEATS]
WRITTEN: Final = Instant(NOW + 60)
ALWAYS: Final = Instant(0)
"""Nothing has expired by then."""


def block_of(client: RecordId) -> BlockId:
    return BlockId(client, 0, "2026-Q4")


def alert_of(client: RecordId) -> Alert:
    return Alert(
        id=alert_id(NOW, client, "weighted"),
        as_of=NOW,
        model="weighted",
        client_id=client,
        client_name=f"Client {client}",
        account_manager_id=None,
        score=10,
        previous_score=80,
        band="CRITICAL",
        reasons=(),
        sentence="It fell.",
    )


def fill(stores: Stores, tenant: TenantId) -> None:
    """Something of every kind of two clients."""
    for client, seat in SEATS.items():
        assert stores.roster.add_client(tenant, seat, stored_client(client))
        ((_, empty),) = stores.roster.blocks(tenant, [block_of(client)]).items()
        stores.roster.put_block(
            tenant, block_of(client), empty._replace(records={"ticket": stored_records(ticket(seat))})
        )
        activity = Activity("NOTE", NOW, text=f"of {client}")
        entry = JournalEntry(RecordId("ui-1"), NOW, activity, Author("a", "Ada"), NOW, None)
        stores.journals.put(tenant, 0, client, entry)
        entry_of = HistoryEntry(TODAY, NOW, "manual", STAMP, scores_at(50 + seat))
        stores.scores.put_calculation(tenant, 0, client, entry_of, WRITTEN)
        stores.aliases.replace(tenant, client, [Alias(client, "desk", f"Name of {client}")])
        stores.tasks.open(tenant, Task(alert_of(client).id, client, "x", None, "Call", TODAY))
        stores.requests.begin(tenant, f"key-of-{client}", client, WRITTEN)
        stores.aside.put(tenant, FailedClient(client, NOW, "ValueError", TODAY))
    leaf = next(iter(stores.directory.leaves(tenant, [ticket_key(RecordId("T1"))])))
    both = frozenset(SEATS.values())
    stores.directory.put_leaf(tenant, leaf._replace(entries={ticket_key(RecordId("T1")): both}))
    alerts = tuple(map(alert_of, SEATS))
    rows = {seat: row(client, seat) for client, seat in SEATS.items()}
    assert stores.scores.put_current(tenant, 0, CurrentPage(rows, 1), AlertWrites(alerts, now=WRITTEN)) is None
    for client in SEATS:
        held = stores.scores.current_pages(tenant, [0])[0]
        after, resolved = held._replace(version=held.version + 1), AlertAnswer("RESOLVED", NOW, Author("u-1", "Ada"))
        stores.scores.answer_alert(tenant, 0, after, alert_of(client).id, resolved)
    stores.scores.put_snapshot(tenant, 0, snapshot(scores={0: scores_at(80), 1: scores_at(35)}), WRITTEN)
    declining = tuple(Declining(client, f"Client {client}", 35, -12) for client in (C1,))
    models = {"deduction": ModelSummary(declining=declining), "weighted": ModelSummary()}
    stores.runs.put_summary(tenant, FleetSummary(TODAY, NOW, 3, models))  # type: ignore[arg-type]
    for client in SEATS:
        own = Digest(
            digest_id("2026-11-22", client), TODAY, client, (alert_of(client),), (alert_of(client).id,), published=True
        )
        stores.alerts.put_digest(tenant, own)


def held_of(stores: Stores, tenant: TenantId, client: RecordId) -> Mapping[Held, Any]:
    """What is held of a client, by kind; what two share is that of both."""
    seat = SEATS[client]
    leaves = stores.directory.leaves(tenant, [ticket_key(RecordId("T1"))])
    summary = stores.runs.summary(tenant)
    alert = alert_of(client)
    found: dict[Held, Callable[[], Any]] = {
        Held.RECORDS: lambda: (
            stores.roster.clients(tenant, {client: stores.roster.seats(tenant, [client])[client]}),
            stores.roster.blocks(tenant, [block_of(client)])[block_of(client)].records,
        ),
        Held.JOURNAL: lambda: list(stores.journals.newest(tenant, 0, client, None, 9)),
        Held.TICKET_IDS: lambda: [leaf for leaf in leaves if any(seat in seats for seats in leaf.entries.values())],
        Held.CALCULATIONS: lambda: stores.scores.calculations(tenant, 0, client, ALWAYS, NOW, ALWAYS),
        Held.CURRENT_ROWS: lambda: stores.scores.current_pages(tenant, [0])[0].rows.get(seat),
        Held.SNAPSHOTS: lambda: [
            each.scores[seat]
            for each in stores.scores.snapshots(tenant, 0, TODAY, TODAY, ALWAYS)
            if seat in each.scores
        ],
        Held.SUMMARY: lambda: client if summary is not None and _named(summary, client) else None,
        Held.DIGESTS: lambda: [each for each in stores.alerts.outbox(tenant).digests if alert in each.alerts],
        Held.ALERTS: lambda: (
            stores.alerts.several(tenant, [alert.id]),
            list(stores.alerts.of_client(tenant, client, None, 9)),
            [each for each in stores.alerts.resolved(tenant, None, 9) if each == alert.id],
        ),
        Held.ALIASES: lambda: (
            stores.aliases.of_client(tenant, client),
            [alias for _, alias in stores.aliases.listed(tenant, None, None, 9) if alias.client_id == client],
        ),
        Held.TASKS: lambda: [each for each in stores.tasks.newest(tenant, None, 9) if each.client_id == client],
        Held.REQUESTS: lambda: stores.requests.begin(tenant, f"key-of-{client}", client, WRITTEN),
        Held.ASIDE: lambda: [each for each in stores.aside.list(tenant) if each.client == client],
    }
    return {held: read() for held, read in found.items() if held is not Held.REQUESTS}


def _named(summary: FleetSummary, client: RecordId) -> bool:
    return any(each.client_id == client for model in summary.models.values() for each in model.declining)


def nothing(value: Any) -> bool:
    """Whether nothing is held: also of what is held in several ways."""
    return not any(value) if isinstance(value, tuple) else not value


@pytest.fixture
def filled(stores: Stores) -> Stores:
    for tenant in (ACME, OTHER):
        fill(stores, tenant)
    return stores


def test_more_tasks_than_a_transaction_takes_go_at_once(stores: Stores) -> None:
    assert stores.roster.add_client(ACME, SEATS[C1], stored_client(C1))
    for number in range(101):
        task = Task(f"20261122T02{number // 60:02}{number % 60:02}Z-{number:016x}", C1, "x", None, "Call", TODAY)
        stores.tasks.open(ACME, task)
        assert stores.tasks.change(ACME, task, task._replace(status="DONE"))
    assert stores.erasure.erase(Held.TASKS, ACME, C1, SEATS[C1]) == 101
    assert list(stores.tasks.newest(ACME, None, 9)) == []


@pytest.mark.parametrize("held", [held for held in Held if held is not Held.REQUESTS])
def test_one_kind_goes_and_nothing_else(filled: Stores, held: Held) -> None:
    before = {place: held_of(filled, *place) for place in ALL}
    assert not nothing(before[ACME, C1][held])
    counted = filled.erasure.erase(held, ACME, C1, SEATS[C1], dry_run=True)
    assert {place: held_of(filled, *place) for place in ALL} == before
    assert filled.erasure.erase(held, ACME, C1, SEATS[C1]) == counted > 0
    assert filled.erasure.erase(held, ACME, C1, SEATS[C1]) == 0
    after = {place: held_of(filled, *place) for place in ALL}
    assert nothing(after[ACME, C1][held])
    shared = {Held.TICKET_IDS}  # the others are still in it, under another version
    for place, kinds in before.items():
        same = {kind for kind in kinds if kind not in shared and (place, kind) != ((ACME, C1), held)}
        assert {kind: after[place][kind] for kind in same} == {kind: kinds[kind] for kind in same}
        assert place == (ACME, C1) or not nothing(after[place][Held.TICKET_IDS])


def test_requests_go(filled: Stores) -> None:
    assert filled.erasure.erase(Held.REQUESTS, ACME, C1, SEATS[C1]) == 1
    assert filled.requests.begin(ACME, f"key-of-{C1}", C1, WRITTEN) is None
    assert filled.requests.begin(ACME, f"key-of-{C10}", C10, WRITTEN) is not None
    assert filled.requests.begin(OTHER, f"key-of-{C1}", C1, WRITTEN) is not None


def test_a_client_that_is_forgotten_is_found_no_more(filled: Stores) -> None:
    for _ in range(2):
        filled.erasure.forget(ACME, C1)
    assert list(filled.roster.seats(ACME, SEATS)) == [C10]
    assert sorted(filled.roster.seats(OTHER, SEATS)) == [C1, C10]


@pytest.mark.parametrize("held", list(Held))
def test_of_who_was_never_there_nothing_goes(stores: Stores, held: Held) -> None:
    assert stores.erasure.erase(held, ACME, C1, 0) == 0
