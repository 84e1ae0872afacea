"""Workload by account manager, and what client records lack."""

from typing import Any, Final

from chalicelib.domain.alerts import AlertState, OpenAlert
from chalicelib.domain.data_quality import Told
from chalicelib.domain.facts import Client, Day, Instant, Money
from chalicelib.domain.tasks import OpenTask
from chalicelib.domain.workload import incomplete_records, workloads
from tests.functional.support import row_of

TODAY: Final = Day(739_000)
NOTHING: Final = (None,) * 9


def row(client_id: str, manager: str | None, open_alerts: int = 0, **fields: Any) -> Any:
    held = row_of(client_id, NOTHING, account_manager_id=manager, **fields)
    alerts = tuple(OpenAlert(Instant(number), "weighted", ("threshold",)) for number in range(open_alerts))
    return held._replace(
        alerts=AlertState(open_alerts=(*alerts, OpenAlert(Instant(99), "weighted", (), acknowledged=True)))
    )


def test_a_workload_is_what_an_account_manager_has() -> None:
    rows = [
        row("c1", "am-1", 2, monthly_recurring_revenue=Money("EUR", 10)),
        row("c2", "am-1", 1, monthly_recurring_revenue=Money("EUR", 5)),
        row("c3", None),
        row("c4", "am-1")._replace(evaluation=None),
    ]
    tasks = [
        OpenTask("t1", "c1", "am-9", due_on=Day(TODAY - 1)),
        OpenTask("t2", "c2", "am-2", assigned=True, due_on=Day(TODAY - 1)),
        OpenTask("t3", "c3", due_on=TODAY),
        OpenTask("t4", "c4"),
        OpenTask("t9", "gone", due_on=Day(TODAY - 9)),
    ]
    found = {each.manager: each for each in workloads(rows, tasks, ["am-1", "am-2"], "deduction", TODAY)}

    assert list(found) == ["am-1", "am-2", None]
    own = found["am-1"]
    assert (own.clients, own.scored, own.open_alerts, own.open_tasks, own.overdue_tasks) == (2, 2, 3, 2, 1)
    assert own.revenue == {"EUR": 15}
    assert sum(own.bands.values()) == 2
    assert (found["am-2"].clients, found["am-2"].open_tasks, found["am-2"].overdue_tasks) == (0, 1, 1)
    assert (found[None].clients, found[None].open_tasks, found[None].overdue_tasks) == (1, 1, 0)


def test_a_client_without_a_score_counts_in_no_average() -> None:
    (found,) = workloads([row("c1", None)], [], [], "weighted", TODAY)
    assert (found.clients, found.scored, found.total, found.bands) == (1, 0, 0, {"INSUFFICIENT_DATA": 1})


def test_records_lack_what_most_of_them_lack_first() -> None:
    since: dict[str, Any] = {"client_since": 700_000}
    rows = [
        row("b", None, industry="Law", **since),
        row("a", None, industry="Law", **since),
        row("c", "am-1", industry=" ", **since),
        row("d", "am-9", industry="Law", **since),
        row("e", None)._replace(evaluation=None),
    ]

    def told(client: Client) -> Told:
        return Told(client.account_manager_id != "am-9", client.account_manager_id == "am-1")

    found = [(flaw.code, [client.id for client in flaw.clients]) for flaw in incomplete_records(rows, told)]

    assert found == [("no_account_manager", ["a", "b"]), ("no_industry", ["c"]), ("unknown_account_manager", ["d"])]
