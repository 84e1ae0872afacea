"""One whole night of workload B1, counted from the trigger, and the Client Health page after it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.emulator import restored
from benchmarks.replay import Usage, replayed
from benchmarks.stack import TABLE, TENANT, Stack, get, work
from benchmarks.workload import NIGHT
from chalicelib.domain.ids import TENANT_SHARDS
from chalicelib.domain.messages import PAGES_PER_MESSAGE
from chalicelib.domain.roster import pages_for
from chalicelib.tenancy import bound_to
from infra.meter import Cost

MESSAGES_PER_SEND: Final = 10
ITEMS_PER_BATCH_GET: Final = 100


class Limits(NamedTuple):
    """What a night of 1,000 clients may cost at most."""

    calls: int
    write: int
    read: int


TARGET: Final = Limits(95, 130, 950)
PAGE_CALLS: Final = 3
PAGE_READ: Final = 20
WORKER_MB: Final = 256


@dataclass(frozen=True)
class Night:
    """A counted night and the page that shows it; the same night with alerts newly due."""

    cost: Cost
    restless: Cost
    alerts: int
    page: Cost
    first_page: Cost
    worker: list[Usage]


def counted_night(stack: Stack, recordings: Path | None = None, settled: tuple[Cost, int] | None = None) -> Night:
    """The night of a stack that holds facts, a baseline and current rows; each worker invocation is run again alone.

    What AWS answered is kept below `recordings`, a folder per invocation; `settled` is what `settle_alerts` answered.
    """
    restless, alerts = settled or settle_alerts(stack)
    workers = []
    with TemporaryDirectory() as name, stack.meter.counting() as cost:
        stack.trigger()
        for place, bodies in enumerate(stack.deliveries()):
            folder = (recordings or Path(name)) / str(place)
            folder.mkdir()
            with stack.recorder.recording(folder, bodies, stack.now):
                work(bodies)
            workers.append(replayed(folder))
    cold, warm = page_costs(stack)
    return Night(cost, restless, alerts, warm, cold, workers)


def settle_alerts(stack: Stack) -> tuple[Cost, int]:
    """Sees to it that the night finds no alert newly due: the clients it would alert are recalculated an hour before.

    Returns what the night costs with these alerts, and how many they are.
    """
    with restored(TABLE), stack.meter.counting() as restless:
        known = stack.alerts()
        stack.night()
        due = [client for alert, client in stack.alerts().items() if alert not in known]
    stack.now = NIGHT - 3600
    for client in due:
        with bound_to(TENANT):
            stack.app.recalculation.recalculate(TENANT, client)
    return restless, len(due)


def page_costs(stack: Stack) -> tuple[Cost, Cost]:
    """The Client Health page from a process that has just started, and from a warm one."""
    with stack.meter.counting() as cold:
        get("/v1/analytics/clients", "reports.read")
    with stack.meter.counting() as warm:
        get("/v1/analytics/clients", "reports.read")
    return cold, warm


def expected_calls(clients: int) -> int:
    """The calls of a night by formula: what a trigger, a message, a page and the end of a run need."""
    pages = pages_for(clients)
    messages = -(-pages // PAGES_PER_MESSAGE)
    trigger = 1 + TENANT_SHARDS + 3 + -(-messages // MESSAGES_PER_SEND) + 1
    per_message = 4
    per_page = 3
    end = -(-2 * pages // ITEMS_PER_BATCH_GET) + 4
    return trigger + per_message * messages + per_page * pages + end
