"""Log lines hold no names, addresses, tokens, keys or bodies, whatever happens: all that is sent here is marked.

What is captured is what Lambda would keep: the service's own lines, every library's from WARNING on, and the message of
an error that leaves a handler.
"""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any, Final

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from chalicelib.api.auth import UnauthorizedError, authorizer
from chalicelib.api.endpoint import ROUTES
from chalicelib.bootstrap import application
from chalicelib.observability import ErrorFormatter, HandlerFailedError, logger
from chalicelib.workers.relay_alerts import relay_alerts
from tests.functional.examples import account_manager, client, fact, ticket
from tests.functional.service import NOW, Service, lambda_context, sqs_event, work
from tests.functional.support import STACK, change, settings, tell_fallback
from tests.functional.test_headers import path_of

MARK: Final = "Zyxwv"
"""In every name, address, text and body that is sent, and in no id."""

MAIL: Final = f"{MARK}@example.com"
NIGHT: Final = "2026-11-23"


class Log:
    """What was logged, and what left a handler as an error."""

    def __init__(self) -> None:
        self._stream = StringIO()
        self.secrets: list[str] = [MARK]

    def handler(self, formatter: logging.Formatter, level: int) -> logging.Handler:
        made = logging.StreamHandler(self._stream)
        made.setFormatter(formatter)
        made.setLevel(level)
        return made

    def note(self, error: BaseException) -> None:
        self._stream.write(f"{error}\n")

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def leaked(self) -> list[str]:
        """The lines that hold what they must not."""
        return [line for line in self.text.splitlines() if any(secret in line for secret in self.secrets)]


@pytest.fixture
def log() -> Iterator[Log]:
    kept = Log()
    own = logging.getLogger(logger.name)
    levels = own.level
    handlers = [(own, kept.handler(ErrorFormatter(), logging.DEBUG))]
    others = kept.handler(logging.Formatter(), logging.WARNING)
    others.addFilter(lambda record: record.name != own.name)  # as Powertools does with Lambda's own handler
    handlers.append((logging.getLogger(), others))
    own.setLevel(logging.DEBUG)
    for source, handler in handlers:
        source.addHandler(handler)
    yield kept
    own.setLevel(levels)
    for source, handler in handlers:
        source.removeHandler(handler)


@pytest.fixture
def fleet(service: Service) -> Service:
    """A client that falls below its threshold at NIGHT, and its account manager, who is subscribed."""
    change(service, primary_model="weighted", sources=["assessments"], note=f"because of {MARK}", **STACK)
    service.take(account_manager("m1", name=f"Manager {MARK}", email=MAIL))
    service.take(client("c1", name=f"Client {MARK}", industry=MARK, account_manager_id="m1"), backfill=False)
    service.take(fact("assessment", "A1", "c1", completed_on="2026-11-01", standardization_score=90))
    asked = {"protocol": "email", "endpoint": MAIL}
    assert service.http("POST", "/v1/account-managers/m1/subscriptions", asked).status == 201
    tell_fallback()
    service.night("2026-11-22")
    service.take(fact("assessment", "A2", "c1", completed_on="2026-11-22", standardization_score=10))
    return service


def outbox_event(service: Service) -> dict[str, Any]:
    """The stream's records of the outbox."""
    partitions = sorted({pk for pk, _ in service.stored() if pk.endswith("#OUTBOX")})
    return {
        "Records": [
            {"dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": "any"}}, "SequenceNumber": str(number)}}
            for number, pk in enumerate(partitions)
        ]
    }


def refuse_loudly(self: BaseClient, operation: str, request: Any) -> None:
    """The least discreet library there could be: it repeats all that it was given."""
    raise ValueError(f"{operation} cannot take {request!r} of {MARK}")


def refuse_as_aws(self: BaseClient, operation: str, request: Any) -> None:
    said = {"Error": {"Code": "ValidationException", "Message": f"{request!r} of {MARK} is no good"}}
    raise ClientError(said, operation)  # type: ignore[arg-type]


def refuse_as_pydantic(self: BaseClient, operation: str, request: Any) -> None:
    TypeAdapter(int).validate_python(f"{MARK} in {request!r}")


REFUSALS: Final = (refuse_loudly, refuse_as_aws, refuse_as_pydantic)


def test_a_day_without_failures(fleet: Service, log: Log) -> None:
    key = fleet.http("POST", "/v1/settings/api-keys", {"name": MARK, "permissions": ["records.write"]}).body["key"]
    token = fleet.token("acme")
    log.secrets += [key, key.split("_", 2)[2], f"Bearer {token}"]  # the secret itself may hold more of "_"
    assert fleet.raw("GET", f"/v1/clients?q={MARK}", None, {"Authorization": f"Bearer {token}"}).status == 200
    by_key = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    assert fleet.raw("POST", "/v1/records", {"records": [client("c2", name=MARK)]}, by_key).status == 200
    assert fleet.http("POST", "/v1/clients/c1/recalculate").status == 200
    fleet.night(NIGHT)
    assert fleet.http("GET", "/v1/alerts").body["items"], "the night alerts"
    relay_alerts(outbox_event(fleet), lambda_context())
    fleet.clock.advance(3600)
    fleet.sweep()
    assert '"message":"pages scored"' in log.text
    assert '"message":"outbox published"' in log.text
    assert '"message":"swept"' in log.text
    assert log.leaked() == []


def test_requests_that_are_refused(fleet: Service, log: Log) -> None:
    for credential in (f"Bearer {MARK}", f"Bearer hk_{MARK}", f"Basic {MARK}", f"Bearer hk_ABCDEFGHIJKLMNOP_{MARK}"):
        with pytest.raises(UnauthorizedError) as refused:
            authorizer({"type": "TOKEN", "authorizationToken": credential, "methodArn": "arn:x:1:2:3:a/b/GET/v1"}, None)
        log.note(refused.value)
    unknown: list[Any] = [client("c1", name=MARK, nickname=MARK), {**ticket("T1"), "priority": MARK}, MARK]
    assert fleet.records(*unknown).status == 422
    bodies: list[Any] = [MARK.encode(), b'{"%s' % MARK.encode(), {MARK: MARK}, [MARK], MARK, {"records": [{MARK: 1}]}]
    for route in ROUTES:
        for body in bodies:
            fleet.http(route.method, path_of(route), body, headers={"If-Match": f'"{MARK}"', "Idempotency-Key": MARK})
        fleet.http(route.method, f"{path_of(route)}?q={MARK}&cursor={MARK}&{MARK}={MARK}")
    assert log.leaked() == []


@pytest.mark.parametrize("refuse", REFUSALS)
def test_requests_that_fail(
    fleet: Service, log: Log, refuse: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = settings(fleet)
    bodies: dict[str, Any] = {
        "/v1/records": {"records": [client("c3", name=MARK), account_manager("m2", name=MARK, email=MAIL)]},
        "/v1/clients/c1": {"name": MARK, "status": "ACTIVE"},
        "/v1/account-managers/m1": {"name": MARK, "email": MAIL},
        "/v1/account-managers/m1/subscriptions": {"protocol": "email", "endpoint": MAIL},
        "/v1/settings/health-score": {**document, "note": MARK, "fallback_emails": [MAIL]},
        "/v1/settings/api-keys": {"name": MARK, "permissions": ["records.write"]},
        "/v1/tenants": {"tenant_id": "new", "name": MARK, "time_zone": "Europe/Rome", "currency": "EUR"},
    }
    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    failed = 0
    for route in ROUTES:
        path = path_of(route)
        headers = {"If-Match": f'"{document["version"]}"'}
        answer = fleet.http(route.method, path, bodies.get(path), headers=headers)
        failed += answer.status == 500
        assert MARK not in json.dumps(answer.body)
    assert failed > 20
    assert log.text.count('"message":"request failed"') == failed
    assert log.leaked() == []


@pytest.mark.parametrize("refuse", REFUSALS)
def test_workers_that_fail(
    fleet: Service, log: Log, refuse: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.night(NIGHT)
    stream = outbox_event(fleet)
    assert stream["Records"]
    nightly = {"schema_version": 1, "tenant_id": "acme", "reason": "nightly", "run_date": NIGHT, "as_of": NOW}
    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    assert len(work(sqs_event({**nightly, "pages": [0]}))) == 1
    assert relay_alerts(stream, lambda_context()) == {"batchItemFailures": []}
    for handle in (lambda: fleet.trigger(f"{NIGHT}T02:00:00Z"), fleet.sweep):
        with pytest.raises(HandlerFailedError) as stopped:
            handle()
        log.note(stopped.value)
    assert log.text.count('"message":"the handler failed"') == 2
    assert log.leaked() == []


def test_a_tenant_that_cannot_be_swept(fleet: Service, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(MARK)

    monkeypatch.setitem(vars(application().sweep), "_relay", SimpleNamespace(publish=fail))
    fleet.clock.advance(3600)
    assert fleet.swept()["failed"] > 0
    assert "ValueError" in log.text
    assert log.leaked() == []


@pytest.mark.parametrize(
    "body",
    [
        MARK,
        json.dumps({"name": MARK}),
        json.dumps(dict.fromkeys(("schema_version", "tenant_id", "reason", "run_date", "as_of", "pages"), MARK)),
        json.dumps(
            {"schema_version": 1, "tenant_id": MARK, "reason": MARK, "run_date": MARK, "as_of": MARK, "pages": [0]}
        ),
    ],
)
def test_messages_that_nobody_understands(service: Service, log: Log, body: str) -> None:
    assert len(work(sqs_event(body))) == 1
    assert '"message":"message failed"' in log.text
    assert log.leaked() == []


def test_an_import(fleet: Service, log: Log) -> None:
    """It comes in as a backfill, some of it bad."""
    good = [client(f"i{number}", name=f"{MARK} {number}") for number in range(3)]
    bad = [client("bad id", name=MARK), {**ticket("T9", "i1"), "created_at": MARK}, ticket("T8", "nobody")]
    assert fleet.records(*good, *bad, backfill=True).status == 207
    fleet.drain()
    assert log.leaked() == []


def test_a_leak_would_be_seen(log: Log) -> None:
    """The test of these tests."""
    logger.info("stored", extra={"client": f"Client {MARK}"})
    logging.getLogger("botocore").warning("sent %s", MARK)
    log.note(ValueError(MARK))
    assert len(log.leaked()) == 3
