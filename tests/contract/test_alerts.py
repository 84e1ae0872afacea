"""The contract of `ports.AlertStore`, and of the alerts that `ports.ScoreStore` stores beside rows."""

import pytest

from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import Alert, AlertAnswer, Reason, alert_id, digest_id
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import RecordId
from chalicelib.domain.outbox import AlertWrites, Digest, Outbox, OutboxEntry, Release, SettingsNotice
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.run import Run
from chalicelib.services.ports.alerts import AlertStore
from chalicelib.services.ports.scores import ScoreStore
from tests.contract.examples import ACME, NOW, OTHER, TODAY, row


def answered(status: str) -> AlertAnswer:
    return AlertAnswer(status, NOW, Author("u-1", "Ada Lovelace"))


def alert(client: str = "c1", as_of: int = NOW, manager: str | None = "am-1") -> Alert:
    return Alert(
        alert_id(Instant(as_of), client, "deduction"),
        client,
        f"Größe {client}",
        manager,
        "deduction",
        35,
        None if manager is None else 62,
        "CRITICAL",
        (Reason("threshold", threshold=60), Reason("velocity", velocity=-12)),
        "The score fell to 35.",
        Instant(as_of),
    )


def page(version: int) -> CurrentPage:
    return CurrentPage({0: row("c1", 0, NOW + version)}, version)


def writes(*alerts: Alert, run_date: Day | None = TODAY) -> AlertWrites:
    return AlertWrites(alerts, (), (), run_date, NOW + 5)


def entry(told: Alert, run_date: Day | None = TODAY) -> OutboxEntry:
    return OutboxEntry(told.id, told, None, run_date, NOW + 5)


# -------------------------------------------------------------------------------------------------- stored beside rows


def test_alerts_are_stored_with_their_rows(scores: ScoreStore, alerts: AlertStore) -> None:
    first, second = alert(), alert("c2", manager=None)
    assert scores.put_current(ACME, 0, page(1), writes(first, second)) is None
    assert scores.current_pages(ACME, [0]) == {0: page(1)}
    assert [alerts.get(ACME, held.id) for held in (first, second)] == [first, second]
    assert sorted(alerts.outbox(ACME).entries) == sorted([entry(first), entry(second)])
    assert list(alerts.outbox(OTHER).entries) == []


def test_refused_rows_store_no_alerts(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    late = CurrentPage({0: row("c1", 0, NOW + 77)}, 1)
    resolving = AlertWrites((alert("c2"),), (SettingsNotice(alert("c3"), 2),), (alert().id,), None, NOW)
    assert scores.put_current(ACME, 0, late, resolving) == page(1)
    assert list(alerts.newest(ACME, None, 9)) == [alert()]
    assert list(alerts.outbox(ACME).entries) == [entry(alert())]


def test_storing_the_same_again_is_the_lost_acknowledgement(scores: ScoreStore, alerts: AlertStore) -> None:
    for _ in range(2):
        assert scores.put_current(ACME, 0, page(1), writes(alert())) is None
    assert list(alerts.newest(ACME, None, 9)) == [alert()]
    assert list(alerts.outbox(ACME).entries) == [entry(alert())]


def test_a_published_alert_is_not_published_again_by_a_repeat(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    alerts.mark_published(ACME, entry(alert()), NOW + 9)
    assert scores.put_current(ACME, 0, page(1), writes(alert())) is None
    assert list(alerts.outbox(ACME).entries) == []
    assert alerts.get(ACME, alert().id).published_at == NOW + 9


def test_a_notice_is_an_entry_and_no_alert(scores: ScoreStore, alerts: AlertStore) -> None:
    notice = SettingsNotice(alert(), 4)
    scores.put_current(ACME, 0, page(1), AlertWrites((), (notice,), (), None, NOW + 5))
    assert list(alerts.newest(ACME, None, 9)) == []
    (held,) = alerts.outbox(ACME).entries
    assert held[1:] == (alert(), 4, None, NOW + 5, False)
    alerts.mark_published(ACME, held, NOW + 9)
    assert list(alerts.outbox(ACME).entries) == []
    with pytest.raises(NotFoundError):
        alerts.get(ACME, alert().id)


def test_an_alert_and_a_notice_of_one_client_are_two_entries(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), AlertWrites((alert(),), (SettingsNotice(alert(), 4),), (), TODAY, NOW + 5))
    assert sorted(held.settings_version or 0 for held in alerts.outbox(ACME).entries) == [0, 4]
    assert len({held.id for held in alerts.outbox(ACME).entries}) == 2


def test_alerts_resolve_with_the_rows_that_say_so(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert(), alert("c2")))
    scores.put_current(ACME, 0, page(2), AlertWrites((), (), (alert().id,), None, NOW))
    assert alerts.get(ACME, alert().id) == alert()._replace(status="RESOLVED")
    assert alerts.get(ACME, alert("c2").id).status == "OPEN"


def test_an_answered_alert_has_its_status(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    for version, status in enumerate(("ACKNOWLEDGED", "OPEN", "RESOLVED"), 2):
        assert scores.answer_alert(ACME, 0, page(version), alert().id, answered(status)) is None
        assert alerts.get(ACME, alert().id) == alert()._replace(status=status, answered=answered(status))
        assert scores.current_pages(ACME, [0]) == {0: page(version)}


def test_an_answer_that_comes_late_changes_nothing(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    scores.put_current(ACME, 0, page(2))
    late = CurrentPage({0: row("c1", 0, NOW + 77)}, 2)
    assert scores.answer_alert(ACME, 0, late, alert().id, answered("RESOLVED")) == page(2)
    assert alerts.get(ACME, alert().id).status == "OPEN"


def test_who_answered_stays_when_an_alert_resolves(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    scores.answer_alert(ACME, 0, page(2), alert().id, answered("ACKNOWLEDGED"))
    scores.put_current(ACME, 0, page(3), AlertWrites((), (), (alert().id,), None, NOW))
    assert alerts.get(ACME, alert().id) == alert()._replace(status="RESOLVED", answered=answered("ACKNOWLEDGED"))


# --------------------------------------------------------------------------------------------------------------- lists


def test_alerts_are_listed_by_client_and_once_resolved(scores: ScoreStore, alerts: AlertStore) -> None:
    older, newer, other = alert(), alert(as_of=NOW + 1), alert("c10")
    scores.put_current(ACME, 0, page(1), writes(older, other))
    scores.put_current(ACME, 0, page(2), writes(newer))
    c1, c10 = RecordId("c1"), RecordId("c10")
    assert list(alerts.of_client(ACME, c1, None, 9)) == [newer.id, older.id]
    assert list(alerts.of_client(ACME, c1, newer.id, 1)) == [older.id]
    assert list(alerts.of_client(ACME, c1, older.id, 1)) == []
    assert list(alerts.of_client(ACME, c10, None, 1)) == [other.id]
    assert list(alerts.of_client(OTHER, c1, None, 9)) == []
    assert list(alerts.resolved(ACME, None, 9)) == []
    scores.put_current(ACME, 0, page(3), AlertWrites(resolved=(older.id,), now=NOW))
    assert scores.answer_alert(ACME, 0, page(4), newer.id, answered("ACKNOWLEDGED")) is None
    assert list(alerts.resolved(ACME, None, 9)) == [older.id]
    assert scores.answer_alert(ACME, 0, page(5), newer.id, answered("RESOLVED")) is None
    assert list(alerts.resolved(ACME, None, 1)) == [newer.id, older.id]
    assert list(alerts.resolved(ACME, newer.id, 1)) == [older.id]
    assert list(alerts.resolved(OTHER, None, 9)) == []


def test_refused_rows_list_nothing(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    late = CurrentPage({0: row("c1", 0, NOW + 77)}, 1)
    scores.put_current(ACME, 0, late, AlertWrites((alert("c2"),), (), (alert().id,), None, NOW))
    scores.answer_alert(ACME, 0, late, alert().id, answered("RESOLVED"))
    assert list(alerts.of_client(ACME, RecordId("c2"), None, 9)) == []
    assert list(alerts.resolved(ACME, None, 9)) == []


def test_alerts_by_id_are_those_that_exist(scores: ScoreStore, alerts: AlertStore) -> None:
    held, absent = [alert(f"c{n}") for n in range(120)], alert("nobody")
    for version, start in enumerate(range(0, 120, 30), 1):
        scores.put_current(ACME, 0, page(version), writes(*held[start : start + 30]))
    found = alerts.several(ACME, [each.id for each in (*held, absent)])
    assert found == {each.id: each for each in held}
    assert alerts.several(OTHER, [held[0].id]) == {}
    assert alerts.several(ACME, []) == {}


def test_alerts_of_an_older_build_are_listed_as_they_are_walked_past(alerts: AlertStore) -> None:
    held = [alert(f"c{n}", NOW + n)._replace(status=("OPEN", "RESOLVED")[n % 2]) for n in range(120)]
    assert alerts.listed_down_to(ACME) is None
    for _ in range(2):
        alerts.list_all(ACME, held, held[0].id)
    assert alerts.listed_down_to(ACME) == held[0].id
    assert alerts.listed_down_to(OTHER) is None
    alerts.list_all(ACME, [], "")
    assert alerts.listed_down_to(ACME) == ""


@pytest.mark.parametrize("unknown", [alert("c9").id, "", "x", "20261122T020000Z-0123456789abcdeg", "#"])
def test_an_unknown_alert_is_not_found(scores: ScoreStore, alerts: AlertStore, unknown: str) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    for tenant in (ACME, OTHER):
        with pytest.raises(NotFoundError):
            alerts.get(tenant, unknown)
    with pytest.raises(NotFoundError):
        alerts.get(OTHER, alert().id)


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_alerts_come_newest_first(scores: ScoreStore, alerts: AlertStore, chunk: int) -> None:
    held = [alert(f"c{number}", NOW - 60 * (number // 3)) for number in range(12)]
    scores.put_current(ACME, 0, page(1), writes(*held))
    newest = sorted(held, key=lambda one: one.id, reverse=True)
    assert list(alerts.newest(ACME, None, chunk)) == newest
    for place, one in enumerate(newest):
        assert list(alerts.newest(ACME, one.id, chunk)) == newest[place + 1 :]
    assert list(alerts.newest(OTHER, None, chunk)) == []


# -------------------------------------------------------------------------------------------------------------- outbox


def run_of(day: int) -> Run:
    return Run(Day(day), NOW, 1, (), 1, mark=7)


def test_what_was_told_is_noted_until_the_entry_is_published(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    for later in (9, 99):
        alerts.note_told(ACME, entry(alert()), NOW + later)
    assert list(alerts.outbox(ACME).entries) == [entry(alert())._replace(told=True)]
    assert alerts.get(ACME, alert().id).published_at == NOW + 9
    alerts.mark_published(ACME, entry(alert())._replace(told=True), NOW + 199)
    assert list(alerts.outbox(ACME).entries) == []
    assert alerts.get(ACME, alert().id).published_at == NOW + 9


def test_an_entry_that_was_put_aside_can_be_put_back(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert(), alert("c2")))
    for _ in range(2):
        alerts.put_aside(ACME, alert().id)
    alerts.put_aside(ACME, alert("c9").id)
    assert list(alerts.outbox(ACME).entries) == [entry(alert("c2"))]
    assert alerts.aside(ACME) == [alert().id]
    assert alerts.aside(OTHER) == []
    alerts.put_back(ACME, alert().id, NOW + 999)
    assert alerts.aside(ACME) == []
    held = {each.id: each for each in alerts.outbox(ACME).entries}
    assert held[alert().id] == entry(alert())._replace(created_at=NOW + 999)
    with pytest.raises(NotFoundError):
        alerts.put_back(ACME, alert().id, NOW)


def test_a_published_entry_leaves_the_outbox(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert(), alert("c2")))
    for later in (9, 99):
        alerts.mark_published(ACME, entry(alert()), NOW + later)
        assert alerts.get(ACME, alert().id) == alert()._replace(published_at=NOW + 9, delivery="sent")
        assert list(alerts.outbox(ACME).entries) == [entry(alert("c2"))]


def test_a_run_is_released_until_it_is_closed(alerts: AlertStore) -> None:
    assert alerts.outbox(ACME) == Outbox([], [], {})
    for run in (run_of(TODAY), run_of(TODAY), run_of(TODAY - 1)):
        alerts.release(ACME, run)
    released = Release(NOW, 7)
    assert alerts.outbox(ACME).released == {TODAY: released, TODAY - 1: released}
    assert alerts.outbox(OTHER).released == {}
    for _ in range(2):
        alerts.close_release(ACME, TODAY, [])
        assert alerts.outbox(ACME).released == {TODAY - 1: released}


def digest(manager: str | None = "am-1", *told: Alert) -> Digest:
    return Digest(digest_id("2026-11-22", manager), TODAY, manager, told or (alert(),), ("a", "b", "c"))


def test_the_first_digest_of_a_run_stays(alerts: AlertStore) -> None:
    first, later = digest(), digest("am-1", alert("c2"), alert("c3", manager=None))
    assert alerts.put_digest(ACME, first) == first
    assert alerts.put_digest(ACME, later) == first
    assert alerts.put_digest(OTHER, later) == later
    assert list(alerts.outbox(ACME).digests) == [first]


def test_digests_are_marked_and_go_with_their_release(alerts: AlertStore) -> None:
    alerts.release(ACME, run_of(TODAY))
    mine, fallback = digest(), digest(None)
    for one in (mine, fallback):
        alerts.put_digest(ACME, one)
    for _ in range(2):
        alerts.mark_digest(ACME, mine)
    held = {one.id: one for one in alerts.outbox(ACME).digests}
    assert held == {mine.id: mine._replace(published=True), fallback.id: fallback}
    assert alerts.put_digest(ACME, mine) == mine._replace(published=True)
    alerts.close_release(ACME, TODAY, held.values())
    assert alerts.outbox(ACME) == Outbox([], [], {})


@pytest.mark.parametrize("told", ["am-1", "am-2", None])
def test_who_was_told_is_noted(scores: ScoreStore, alerts: AlertStore, told: str | None) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    sent = alert()._replace(account_manager_id=told, delivery="sent")
    for later in (9, 99):
        alerts.mark_published(ACME, entry(sent), NOW + later)
        assert alerts.get(ACME, alert().id) == sent._replace(published_at=NOW + 9)


def test_that_nobody_was_told_is_noted_unless_somebody_was(scores: ScoreStore, alerts: AlertStore) -> None:
    scores.put_current(ACME, 0, page(1), writes(alert()))
    nobody = alert()._replace(account_manager_id=None, delivery="nobody")
    sent = alert()._replace(delivery="sent")
    for noted, expected in ((nobody, nobody), (sent, sent._replace(published_at=NOW + 9))):
        for again in (noted, nobody):
            alerts.mark_published(ACME, entry(again), NOW + 9)
            assert alerts.get(ACME, alert().id) == expected
    assert list(alerts.outbox(ACME).entries) == []
