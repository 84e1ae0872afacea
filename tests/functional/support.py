"""What several tests of the API do: edit settings, count calls, fill a fleet with points."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, Final

import boto3
import pytest

from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Instant
from chalicelib.domain.history import Stamp
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.roster import SEATS_PER_PAGE, CurrentPage, CurrentRow, pages_for
from chalicelib.domain.settings import SOURCES
from chalicelib.domain.subscriptions import Subscription
from chalicelib.domain.velocity import Velocity
from chalicelib.tenancy import bound_to
from infra.meter import Cost, Meter, Peek
from tests.functional.conftest import aws_client
from tests.functional.examples import client, days_ago, fact
from tests.functional.service import Answer, Record, Service
from tests.running import adapters

READ_ONLY: Final = ("version", "resolved_primary_model", "connected_sources")


@cache
def _meter() -> Meter:
    make: Any = boto3.client  # its overloads want the service as a literal
    meter = Meter(Peek(make("dynamodb")))
    for name in ("dynamodb", "sqs"):
        meter.watch(aws_client(name).meta.events)
    return meter


def counting() -> AbstractContextManager[Cost]:
    """What the service calls within, and what it costs."""
    return _meter().counting()


def reads(cost: Cost) -> dict[str, int]:
    """Calls to DynamoDB by operation."""
    return {name.removeprefix("dynamodb."): calls for name, calls in cost.calls.items() if name.startswith("dynamodb.")}


# --- messages ---

SOMEBODY: Final = "arn:aws:sqs:eu-central-1:123456789012:somebody"


def tell_fallback(endpoint: str = SOMEBODY, tenant: str = "acme") -> None:
    """Subscribes a queue to what is for the fallback addresses, where the settings know e-mail alone."""
    owner, behind = TenantId(tenant), adapters()
    aws_client("sqs").create_queue(QueueName=endpoint.rpartition(":")[2])
    with bound_to(owner):
        arn = behind.notifier.subscribe(owner, [None], "sqs", endpoint)
        behind.subscriptions.put(owner, Subscription(16 * "0", None, "sqs", endpoint, arn, "confirmed"))


# --- settings ---


def settings(service: Service, resource: str = "health-score", tenant: str = "acme") -> dict[str, Any]:
    """A settings resource as it is."""
    answer = service.http("GET", f"/v1/settings/{resource}", tenant=tenant)
    assert answer.status == 200, answer
    assert isinstance(answer.body, dict)
    return answer.body


def put(service: Service, resource: str, body: Mapping[str, Any], version: int | str, tenant: str = "acme") -> Answer:
    """Puts a settings resource under a version, or under any If-Match."""
    etag = f'"{version}"' if isinstance(version, int) else version
    return service.http("PUT", f"/v1/settings/{resource}", dict(body), tenant=tenant, headers={"If-Match": etag})


def change(service: Service, tenant: str = "acme", **fields: Any) -> int:
    """Changes fields of the scoring settings; returns the version from then on."""
    held = settings(service, tenant=tenant)
    answer = put(service, "health-score", {**held, **fields}, held["version"], tenant)
    assert answer.status == 200, answer
    version: int = answer.body["version"]
    return version


def weights(**given: float) -> dict[str, float]:
    """Weights of these signals, 0 of all others."""
    names = (
        *("open_p1_p2_tickets", "csat_nps_trend", "billable_utilization", "days_since_qbr"),
        *("days_since_decision_maker_contact", "stack_standardization", "payment_health"),
        *("contract_utilization_variance", "employee_growth"),
    )
    return {name: given.get(name, 0) for name in names}


# --- clients with given points ---


def standardized(client_id: str, points: int, completed_days_ago: int = 1, **fields: Any) -> list[Record]:
    """A client that has `points` of stack standardization."""
    done = days_ago(completed_days_ago)
    return [
        client(client_id, **fields),
        fact("assessment", f"A-{client_id}", client_id, completed_on=done, standardization_score=points),
    ]


STACK: Final[dict[str, Any]] = {"weights": weights(stack_standardization=100)}
"""Settings under which the score of a client is its points of stack standardization."""


def seat_rows(service: Service, rows: Sequence[CurrentRow], tenant: str = "acme") -> None:
    """Stores current rows of clients without any facts: a large fleet in no time."""
    behind, owner = adapters(), TenantId(tenant)
    with bound_to(owner):
        first = behind.tenants.take_seats(owner, len(rows))
        assert first == 0, "a fleet of rows alone"
        behind.tenants.see_sources(owner, SOURCES)
        for page in range(pages_for(len(rows))):
            seats = range(page * SEATS_PER_PAGE, min(len(rows), (page + 1) * SEATS_PER_PAGE))
            behind.scores.put_current(owner, page, CurrentPage({seat: rows[seat] for seat in seats}, 1))


def row_of(client_id: str, points: Sequence[int | None], **fields: Any) -> CurrentRow:
    """The row of a client that has nothing but points."""
    activities = (Activity(0, 0, 0, 0),) * len(PERIODS)
    evaluation = Evaluation(Standing(0, 0, 0, 0, 0, False), activities, tuple(points), None, 0)
    described = {"name": client_id, "status": "ACTIVE", **fields}
    stamp = Stamp(1, 70, 40, SOURCES)
    return CurrentRow(Client(client_id, **described), Instant(0), stamp, evaluation, Velocity(None), Velocity(None))


def night(service: Service, date: str, tenant: str = "acme") -> None:
    """A tenant's night without the walk of the registry, which takes long here."""
    service.drain()
    service.clock.to(f"{date}T02:00:00Z")
    service.trigger(f"{date}T02:00:00Z", [tenant])
    service.drain()


# --- lists ---


def pages(service: Service, path: str, key: str = "items", tenant: str = "acme") -> Iterator[list[Any]]:
    """The pages of a list, in order."""
    cursor: str | None = ""
    while cursor is not None:
        joint = "&" if "?" in path else "?"
        answer = service.http("GET", path + (f"{joint}cursor={cursor}" if cursor else ""), tenant=tenant)
        assert answer.status == 200, answer
        yield answer.body[key]
        cursor = answer.body["next_cursor"]


def ids(rows: Sequence[Mapping[str, Any]], name: str = "client_id") -> list[Any]:
    return [row[name] for row in rows]


def faults(answer: Answer) -> list[str]:
    """The pointers of a 422."""
    assert answer.status == 422, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert all(fault["message"] for fault in answer.body["errors"])
    return [fault["pointer"] for fault in answer.body["errors"]]


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, float]]:
    """The metrics that functions have written since this was last asked: the values of each line by name."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in line]
    return [
        {
            metric["Name"]: sum(line[metric["Name"]])
            for said in line["_aws"]["CloudWatchMetrics"]
            for metric in said["Metrics"]
        }
        for line in lines
    ]
