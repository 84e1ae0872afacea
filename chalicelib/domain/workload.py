"""What a service lead looks at: who has how much to do, and whose records are incomplete."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.domain.data_quality import Told, client_flaws
from chalicelib.domain.facts import Client, Day
from chalicelib.domain.fleet import band_for
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import Model
from chalicelib.domain.tasks import OpenTask
from chalicelib.domain.text import name_key


class Workload(NamedTuple):
    """What an account manager (None: nobody) has: scored clients by band, count and sum of their scores, monthly
    revenue by currency in ten-thousandths, and what is open."""

    manager: str | None
    clients: int
    bands: Mapping[str, int]
    scored: int
    total: int
    revenue: Mapping[str, int]
    open_alerts: int
    open_tasks: int
    overdue_tasks: int


def workloads(
    rows: Sequence[CurrentRow], tasks: Iterable[OpenTask], managers: Iterable[str], model: Model, today: Day
) -> list[Workload]:
    """The workload of each account manager, also of those without clients, and last of clients without one.

    A task is that of whom it was given to, else of its client's account manager.
    """
    owner = {row.client.id: row.client.account_manager_id for row in rows}
    of_manager: dict[str | None, list[CurrentRow]] = {manager: [] for manager in managers}
    for row in rows:
        if row.evaluation is not None:
            of_manager.setdefault(row.client.account_manager_id, []).append(row)
    open_tasks: Counter[str | None] = Counter()
    overdue: Counter[str | None] = Counter()
    for task in tasks:
        if task.client_id in owner:
            manager = task.manager(owner)
            open_tasks[manager] += 1
            overdue[manager] += task.due_on is not None and task.due_on < today
    for manager in open_tasks:
        of_manager.setdefault(manager, [])
    found = []
    for manager, held in of_manager.items():
        scores = [score for row in held if (score := row.score(model)) is not None]
        bands = Counter(band_for(model, row.score(model), row.stamp) for row in held)
        revenue: Counter[str] = Counter()
        for row in held:
            if (money := row.client.monthly_recurring_revenue) is not None:
                revenue[money.currency] += money.amount
        found.append(
            Workload(
                manager,
                clients=len(held),
                bands=bands,
                scored=len(scores),
                total=sum(scores),
                revenue=revenue,
                open_alerts=sum(row.alerts.open_count for row in held),
                open_tasks=open_tasks[manager],
                overdue_tasks=overdue[manager],
            )
        )
    return sorted(found, key=lambda each: (each.manager is None, each.manager))


class FlawCount(NamedTuple):
    """A flaw of client records, and the clients that have it, by name."""

    code: str
    clients: Sequence[Client]


def incomplete_records(rows: Iterable[CurrentRow], told: Callable[[Client], Told]) -> list[FlawCount]:
    """The flaws of scored clients' own records, the most frequent first."""
    found: dict[str, list[Client]] = {}
    for row in rows:
        if row.evaluation is not None:
            for flaw in client_flaws(row.client, told(row.client)):
                found.setdefault(flaw.code, []).append(row.client)
    counted = [
        FlawCount(code, sorted(clients, key=lambda client: (name_key(client.name), client.id)))
        for code, clients in found.items()
    ]
    return sorted(counted, key=lambda each: (-len(each.clients), each.code))
