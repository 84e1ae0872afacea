"""The Client Health page."""

from chalicelib.domain.client_health import client_health_rows, indicators
from chalicelib.domain.deduction import Activity
from tests.unit.domain.builders import HOUR, IDLE, QUIET, client, row


def test_the_page_shows_scored_clients_lowest_score_first_then_name_then_id() -> None:
    bad = QUIET._replace(overdue_tickets=10)
    held = [
        row(client("c1", name="beta")),
        row(client("c3", name="Alpha")),
        row(client("c2", name="alpha")),
        row(client("c4", name="zeta"), bad),
        row(client("c5"))._replace(evaluation=None),
    ]

    found = client_health_rows(held, 1)

    assert [r.row.client.id for r in found] == ["c4", "c2", "c3", "c1"]
    assert [(r.score, r.status) for r in found] == [(50, "AT_RISK"), *[(100, "HEALTHY")] * 3]
    assert found[0].standing == bad


def test_the_page_follows_the_period() -> None:
    # GIVEN a client that had its burst of tickets, answered late, in one period only
    busy = Activity(16, 10, 1, 9 * HOUR)
    held = [row(activity=busy, period=2)]

    (shown,) = client_health_rows(held, 2)
    assert (shown.score, shown.activity, shown.indicators) == (75, busy, ("high_ticket_volume", "slow_response"))
    for period in (0, 1, 3):
        (quiet,) = client_health_rows(held, period)
        assert (quiet.score, quiet.activity, quiet.indicators) == (100, IDLE, ())


def test_indicators_have_the_count_of_all_and_the_first_five() -> None:
    # GIVEN seven clients with overdue tickets, the worst of them inactive too
    held = [row(client(f"c{n}", name=f"N{9 - n}"), QUIET._replace(overdue_tickets=n)) for n in range(1, 7)]
    held.append(row(client("c7"), QUIET._replace(overdue_tickets=7, inactivity_days=61)))
    held.append(row(client("c8")))

    found = indicators(client_health_rows(held, 1))

    assert [(i.code, i.label, i.affected) for i in found] == [
        ("overdue_tickets", "Overdue Tickets", 7),
        ("no_recent_activity", "No Recent Activity", 1),
    ]
    assert [c.id for c in found[0].clients] == ["c7", "c6", "c5", "c4", "c3"]
    assert [c.id for c in found[1].clients] == ["c7"]


def test_no_indicator_of_nobody() -> None:
    assert indicators([]) == []
    assert indicators(client_health_rows([row()], 1)) == []
