"""When AWS throttles, in whatever form: 503 with Retry-After, and a repeat that succeeds."""

from collections.abc import Callable

import pytest

from chalicelib.adapters.dynamodb import table
from tests.aws_rules.calls import Before
from tests.aws_rules.dynamodb import cancelled, throttled, unprocessed
from tests.aws_rules.layer import AwsRules
from tests.functional.examples import client
from tests.functional.service import Answer, Service

OFTEN = 100


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "CONFLICT_PAUSES", (0, 0))


def records(service: Service) -> Answer:
    return service.records(client("c2"))


REQUESTS: dict[str, tuple[Callable[[Service], Answer], str, Before]] = {
    "a read": (lambda s: s.http("GET", "/v1/settings/health-score"), "dynamodb.GetItem", throttled()),
    "a query": (lambda s: s.http("GET", "/v1/alerts"), "dynamodb.Query", throttled()),
    "a batch": (
        lambda s: s.http("GET", "/v1/analytics/clients"),
        "dynamodb.BatchGetItem",
        throttled("ProvisionedThroughputExceededException"),
    ),
    "unprocessed keys": (lambda s: s.http("GET", "/v1/analytics/clients"), "dynamodb.BatchGetItem", unprocessed),
    "a cancelled transaction": (records, "dynamodb.TransactWriteItems", cancelled()),
    "a throttled transaction": (records, "dynamodb.TransactWriteItems", throttled()),
    "a write": (records, "dynamodb.UpdateItem", throttled("ProvisionedThroughputExceededException")),
    "the queue": (records, "sqs.SendMessageBatch", throttled("RequestThrottled")),
    "the store of parameters": (
        lambda s: s.http("GET", "/v1/analytics/clients?limit=1"),
        "ssm.GetParameter",
        throttled("ThrottlingException"),
    ),
}


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_a_throttled_request_is_to_come_again(service: Service, rules: AwsRules, name: str) -> None:
    request, operation, how = REQUESTS[name]
    service.take(client("c1"), client("c0"))
    service.drain()
    rules.fail(operation, how, times=OFTEN)
    try:
        answer = request(service)
    finally:
        rules.recover()
    assert (answer.status, answer.headers.get("Retry-After")) == (503, "1"), answer
    assert answer.body["title"] == "Service Unavailable"
    assert "Try again" in answer.body["detail"]
    assert request(service).status == 200


def test_a_transaction_that_is_cancelled_once_goes_through(service: Service, rules: AwsRules) -> None:
    rules.fail("dynamodb.TransactWriteItems", cancelled(), times=2)
    assert service.records(client("c1")).status == 200


def test_keys_left_unprocessed_once_are_asked_for_again(service: Service, rules: AwsRules) -> None:
    service.take(client("c1"))
    service.drain()
    rules.fail("dynamodb.BatchGetItem", unprocessed, times=2)
    assert len(service.http("GET", "/v1/analytics/clients").body["clients"]) == 1


def test_a_key_is_good_though_its_use_cannot_be_noted(service: Service, rules: AwsRules) -> None:
    made = service.http("POST", "/v1/settings/api-keys", {"name": "sync", "permissions": ["settings.read"]})
    bearer = {"Authorization": f"Bearer {made.body['key']}"}
    rules.fail("dynamodb.UpdateItem", throttled("AccessDeniedException"))
    assert service.raw("GET", "/v1/settings/health-score", None, bearer).status == 200
    held = service.http("GET", "/v1/settings/api-keys").body["items"]
    assert [each["last_used_on"] for each in held] == [None]
    assert service.raw("GET", "/v1/settings/health-score", None, bearer).status == 200
    held = service.http("GET", "/v1/settings/api-keys").body["items"]
    assert [each["last_used_on"] for each in held] == ["2026-11-22"]
