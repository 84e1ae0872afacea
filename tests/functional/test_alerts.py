"""Alerts from the night to the subscriber: SNS with filtered SQS subscriptions, the inbox, tasks, the workflow."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from chalicelib.bootstrap import application
from chalicelib.domain.alerts import RELEASE_WAIT_SECONDS
from chalicelib.domain.ids import TenantId
from chalicelib.services.relay import DIGEST_ABOVE
from chalicelib.workers.relay_alerts import relay_alerts
from tests.aws_rules.layer import AwsRules
from tests.functional.conftest import aws_client
from tests.functional.examples import account_manager, ago, client, fact, ticket
from tests.functional.service import ALL, Answer, Record, Service, lambda_context, work
from tests.functional.support import STACK, change, pages, put, settings, tell_fallback
from tests.running import adapters

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

NIGHT: Final = "2026-11-23"
"""A Monday; the clock stands on the Sunday before it."""

_sequence = count(1)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_URL", "https://health.example/")


@pytest.fixture
def service(service: Service) -> Iterator[Service]:
    """A tenant whose scores are its clients' points of stack standardization, with two account managers."""
    service.take(account_manager("m1"), account_manager("m2", name="Grace Hopper", email="grace@example.com"))
    change(service, primary_model="weighted", sources=["assessments"], **STACK)
    yield service
    sns: SNSClient = aws_client("sns")
    for topic in sns.list_topics()["Topics"]:
        sns.delete_topic(TopicArn=topic["TopicArn"])


class Message(NamedTuple):
    """One message as a queue got it: the raw body, and the attributes."""

    body: Any
    attributes: Mapping[str, str]

    @property
    def clients(self) -> list[str]:
        return [alert["client_id"] for alert in self.body["alerts"]]


class Mailbox:
    """An SQS queue that subscribes to topics."""

    def __init__(self, name: str) -> None:
        self._sqs: SQSClient = aws_client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]

    def take(self) -> list[Message]:
        """What came since the last call."""
        taken = []
        while messages := self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for each in messages:
                attributes = {name: value["StringValue"] for name, value in each.get("MessageAttributes", {}).items()}
                taken.append(Message(json.loads(each["Body"]), attributes))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return taken

    def close(self) -> None:
        self._sqs.delete_queue(QueueUrl=self._url)


@pytest.fixture
def mailboxes(service: Service) -> Iterator[dict[str, Mailbox]]:
    """Queues that get the messages of `m1`, of `m2`, and (`fallback`) of clients without an account manager."""
    found = {name: Mailbox(name) for name in ("m1", "m2", "fallback")}
    for manager in ("m1", "m2"):
        assert subscribe(service, manager, "sqs", found[manager].arn).status == 201
    tell_fallback(found["fallback"].arn)
    yield found
    for mailbox in found.values():
        mailbox.close()


def subscribe(service: Service, manager: str, protocol: str, endpoint: str, tenant: str = "acme") -> Answer:
    body = {"protocol": protocol, "endpoint": endpoint}
    return service.http("POST", f"/v1/account-managers/{manager}/subscriptions", body, tenant=tenant)


def scored(client_id: str, points: int, manager: str | None = "m1", **fields: Any) -> list[Record]:
    """A client of that score."""
    return [client(client_id, account_manager_id=manager, **fields), moved(client_id, points)]


def moved(client_id: str, points: int) -> Record:
    return fact("assessment", f"A-{client_id}", client_id, completed_on="2026-11-01", standardization_score=points)


def night_of(number: int) -> str:
    """The date of a night, counted from NIGHT."""
    return (date.fromisoformat(NIGHT) + timedelta(days=number)).isoformat()


def stream(service: Service, tenant: str = "acme") -> dict[str, Any]:
    """What the table's stream says of the outbox as it is: one record for each of its items."""
    held = [item for (pk, _), item in service.stored().items() if pk == f"T#{tenant}#OUTBOX" and "outbox" in item]
    return {
        "Records": [
            {
                "eventID": f"event-{number}",
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/client-health/stream/1",
                "dynamodb": {
                    "Keys": {"pk": item["pk"], "sk": item["sk"]},
                    "SequenceNumber": str(number),
                    "StreamViewType": "KEYS_ONLY",
                },
            }
            for number, item in zip(_sequence, held, strict=False)
        ]
    }


def relay(service: Service, tenant: str = "acme") -> None:
    """Gives the stream to the function, as often as it has something to say."""
    event = stream(service, tenant)
    if event["Records"]:
        assert relay_alerts(event, lambda_context()) == {"batchItemFailures": []}


def night(service: Service, number: int = 0) -> None:
    """A night with all that follows it."""
    silent_night(service, number)
    relay(service)


def silent_night(service: Service, number: int = 0) -> None:
    """A night of which the stream says nothing yet."""
    service.drain()
    service.clock.to(f"{night_of(number)}T02:00:00Z")
    service.trigger(f"{night_of(number)}T02:00:00Z", ["acme"])
    service.drain()


def alerts(service: Service, query: str = "", tenant: str = "acme") -> list[dict[str, Any]]:
    answer = service.http("GET", f"/v1/alerts{query}", tenant=tenant)
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def recalculate(service: Service, client_id: str) -> None:
    assert service.http("POST", f"/v1/clients/{client_id}/recalculate").status == 200


# ---- messages ------------------------------------------------------------------------------------------------------


def test_a_fall_is_told_to_the_account_manager(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 75, name="Acme"), *scored("c2", 80, "m2"), *scored("c3", 75, None))
    night(service)
    assert alerts(service) == []

    service.take(moved("c1", 58), moved("c3", 30))
    night(service, 1)

    (told,) = mailboxes["m1"].take()
    (alert,) = alerts(service, "?account_manager_id=m1")
    assert told.attributes == {"kind": "alert", "rule": "threshold", "band": "YELLOW", "account_manager_id": "m1"}
    assert told.body == {
        "schema_version": 1,
        "kind": "alert",
        "alert_id": alert["id"],
        "tenant_id": "acme",
        "account_manager_id": "m1",
        "alerts": [{**alert, "published_at": None}],
    }
    assert alert == {
        "id": alert["id"],
        "client_id": "c1",
        "client_name": "Acme",
        "account_manager_id": "m1",
        "model": "weighted",
        "score": 58,
        "previous_score": 75,
        "band": "YELLOW",
        "reasons": [{"rule": "threshold", "threshold": 60}],
        "sentence": alert["sentence"],
        "as_of": "2026-11-24T02:00:00Z",
        "status": "OPEN",
        "published_at": "2026-11-24T02:00:00Z",
        "delivery": "sent",
    }
    assert alert["sentence"].startswith("Acme scores 58, below the alert threshold of 60: ")
    assert mailboxes["m2"].take() == []
    (unassigned,) = mailboxes["fallback"].take()
    assert unassigned.clients == ["c3"]
    assert unassigned.body["account_manager_id"] is None
    assert unassigned.attributes == {"kind": "alert", "rule": "threshold", "band": "RED"}


def test_the_velocity_is_told_with_where_it_fell_from(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 90, name="Acme"), *scored("c2", 90, name="Beta"))
    night(service)
    service.take(moved("c1", 80), moved("c2", 50))
    night(service, 30)
    told = {message.clients[0]: message for message in mailboxes["m1"].take()}
    assert told["c1"].attributes["rule"] == "velocity"
    assert told["c1"].body["alerts"][0]["reasons"] == [{"rule": "velocity", "velocity": -10}]
    assert told["c1"].body["alerts"][0]["sentence"].startswith("Acme fell from 90 to 80 since 23 November: ")
    assert told["c2"].attributes["rule"] == "threshold+velocity"
    assert told["c2"].body["alerts"][0]["reasons"] == [
        {"rule": "threshold", "threshold": 60},
        {"rule": "velocity", "velocity": -40},
    ]


def test_flapping_and_staying_below_are_one_alert_each(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    """tests/faults has thirty nights of it."""
    service.take(*scored("flaps", 58), *scored("stays", 55), *scored("fine", 60))
    told = []
    for number in (0, 1, 2, 7, 8, 15, 16, 29):
        service.take(moved("flaps", 61 if number % 2 else 58))
        night(service, number)
        told += mailboxes["m1"].take()
    assert sorted(message.clients[0] for message in told) == ["flaps", "stays"]
    assert sorted(alert["client_id"] for alert in alerts(service)) == ["flaps", "stays"]
    assert all(alert["published_at"] for alert in alerts(service))


def test_a_fall_to_the_worst_band_is_told_once_more(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 55))
    told = []
    for number, points in ((0, 55), (1, 30), (6, 30), (7, 30), (8, 20)):
        service.take(moved("c1", points))
        night(service, number)
        told += mailboxes["m1"].take()
    assert [(message.body["alerts"][0]["as_of"], message.attributes["band"]) for message in told] == [
        ("2026-11-23T02:00:00Z", "YELLOW"),
        ("2026-11-30T02:00:00Z", "RED"),
    ]
    assert len({message.body["alert_id"] for message in told}) == 2


def test_nothing_is_told_before_the_run_is_complete(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    first, last = night_of_two_messages(service)
    assert work(batch(first)) == []
    relay(service)
    assert mailboxes["m1"].take() == []
    assert [alert["published_at"] for alert in alerts(service)] == [None]

    assert work(batch(last)) == []
    relay(service)

    assert sorted(message.clients[0] for message in mailboxes["m1"].take()) == ["c1", "c9"]
    for _ in range(2):  # everything again
        assert work(batch(first, last)) == []
        relay(service)
        service.sweep()
    assert mailboxes["m1"].take() == []
    assert not any(pk.endswith("#OUTBOX") for pk, _ in service.stored())


def night_of_two_messages(service: Service) -> list[Any]:
    """A night that is begun: c1's page is in its first message, c9's in its last."""
    service.take(*scored("c1", 50))
    service.skip_seats(64 * 8 - 1)
    service.take(*scored("c9", 40))
    service.drain()
    service.clock.to(f"{NIGHT}T02:00:00Z")
    service.trigger(f"{NIGHT}T02:00:00Z")
    return service.bodies()


def batch(*bodies: Any) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{next(_sequence)}", "body": json.dumps(body)} for body in bodies]}


def test_thirty_minutes_after_its_first_a_night_is_told_anyway(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    first, last = night_of_two_messages(service)
    service.clock.to(f"{NIGHT}T02:10:00Z")
    assert work(batch(first)) == []
    service.clock.to(f"{NIGHT}T02:39:59Z")
    service.sweep()
    assert mailboxes["m1"].take() == []
    service.clock.to(f"{NIGHT}T02:40:00Z")
    service.sweep()
    assert [message.clients for message in mailboxes["m1"].take()] == [["c1"]]

    assert work(batch(last)) == []
    relay(service)
    assert [message.clients for message in mailboxes["m1"].take()] == [["c9"]]


def test_what_the_stream_lost_the_sweep_publishes(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 50))
    silent_night(service)
    assert mailboxes["m1"].take() == []
    service.sweep()
    assert [message.clients for message in mailboxes["m1"].take()] == [["c1"]]


def test_more_than_twenty_for_one_account_manager_are_one_digest(
    service: Service, mailboxes: dict[str, Mailbox]
) -> None:
    many = [record for number in range(21) for record in scored(f"c{number:02d}", 59 - number)]
    service.take(*many, *scored("d", 59, "m2"))
    night(service)

    (digest,) = mailboxes["m1"].take()
    assert digest.attributes == {"kind": "digest", "account_manager_id": "m1"}
    assert digest.clients == [f"c{number:02d}" for number in reversed(range(21))]
    assert digest.body["kind"] == "digest"
    assert digest.body["alert_id"] not in {alert["id"] for alert in alerts(service, "?limit=200")}
    assert [message.clients for message in mailboxes["m2"].take()] == [["d"]]
    assert all(alert["published_at"] for alert in alerts(service, "?limit=200"))
    assert not any(pk.endswith("#OUTBOX") for pk, _ in service.stored()), "nothing stays behind"


def test_new_settings_are_one_notice(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 65), *scored("c2", 66, "m2"), *scored("c3", 90, "m2"))
    night(service)
    service.http("GET", "/v1/settings/health-score")
    version = change(service, alert_threshold=70)
    night(service, 1)

    assert (mailboxes["m1"].take(), mailboxes["m2"].take(), alerts(service)) == ([], [], [])
    (notice,) = mailboxes["fallback"].take()
    assert notice.attributes == {"kind": "settings_notice"}
    assert notice.body["account_manager_id"] is None
    assert notice.clients == ["c1", "c2"]
    assert version == 3
    for number in range(2, 5):
        night(service, number)
    assert mailboxes["fallback"].take() == []
    assert all(row["open_alerts"] == 0 for row in service.http("GET", "/v1/clients").body["items"])


def test_the_first_tickets_are_one_notice(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    # GIVEN a tenant that goes by Client Health, never sent a ticket, and then sends ten that are long overdue
    change(service, primary_model="deduction")
    service.take(*scored("c1", 100), client("c2", account_manager_id="m1"))
    night(service)
    overdue = [ticket(client_id="c1", due_at=ago(days=1)) for _ in range(10)]
    service.take(*overdue)

    # WHEN the next nights score it
    for number in range(1, 4):
        night(service, number)

    # THEN nobody is alerted of what only the new source shows: there is one notice
    assert service.http("GET", "/v1/clients/c1").body["score"] < 60
    assert (mailboxes["m1"].take(), alerts(service)) == ([], [])
    (notice,) = mailboxes["fallback"].take()
    assert (notice.body["kind"], notice.clients) == ("settings_notice", ["c1"])


def test_a_late_night_stores_its_snapshot_and_alerts_nobody(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 50))
    service.drain()
    service.clock.to("2026-11-24T02:00:01Z")
    service.trigger(f"{NIGHT}T02:00:00Z")
    service.drain()
    relay(service)
    assert alerts(service) == []
    history = service.http("GET", "/v1/clients/c1/history").body["items"]
    assert [entry["date"] for entry in history] == [NIGHT]
    night(service, 2)
    assert [message.clients for message in mailboxes["m1"].take()] == [["c1"]]


def test_the_other_night_of_a_date_alerts_nobody_again(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 50))
    night(service)
    service.trigger(f"{NIGHT}T02:00:00Z")
    service.drain()
    relay(service)
    assert len(mailboxes["m1"].take()) == len(alerts(service)) == 1


def test_a_stored_calculation_alerts_at_once_and_a_refresh_never(
    service: Service, mailboxes: dict[str, Mailbox]
) -> None:
    service.take(*scored("c1", 90))
    night(service)
    service.take(moved("c1", 50))
    service.drain()
    relay(service)
    assert alerts(service) == []
    recalculate(service, "c1")
    relay(service)
    assert [message.clients for message in mailboxes["m1"].take()] == [["c1"]]
    assert alerts(service)[0]["previous_score"] == 90
    night(service, 1)
    assert mailboxes["m1"].take() == []


def test_a_record_that_triggers_a_calculation_alerts(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 90))
    night(service)
    held = service.records(moved("c1", 50), fact("qbr", held_on="2026-11-20"))
    assert held.status == 200
    service.drain()
    relay(service)
    assert [message.clients for message in mailboxes["m1"].take()] == [["c1"]]


def test_a_client_that_leaves_scoring(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 50))
    night(service)
    service.take(client("c1", account_manager_id="m1", status="CHURNED"))
    night(service, 1)
    assert [alert["status"] for alert in alerts(service)] == ["RESOLVED"]
    service.take(client("c1", account_manager_id="m1"))
    night(service, 2)
    assert len(alerts(service)) == 1, "in the cooldown"
    night(service, 7)
    assert len(alerts(service)) == 2


def test_a_failing_outbox_is_left_to_the_sweep(service: Service, mailboxes: dict[str, Mailbox]) -> None:
    service.take(*scored("c1", 50))
    silent_night(service)
    event = stream(service)

    class Broken:
        def publish(self, *_: Any) -> None:
            raise RuntimeError("SNS is away")

    app = application()
    app.relay._notifier, working = Broken(), app.relay._notifier  # type: ignore[assignment]
    assert relay_alerts(event, lambda_context()) == {"batchItemFailures": []}, "others share the stream's shard"
    assert alerts(service)[0]["published_at"] is None
    app.relay._notifier = working
    service.clock.advance(RELEASE_WAIT_SECONDS)
    service.sweep()
    assert len(mailboxes["m1"].take()) == 1


def test_records_of_other_partitions_are_left_alone(service: Service) -> None:
    event = stream(service)
    for pk in ("T#acme", "REGISTRY#03", "T#acme#P#0000", "T##OUTBOX", "X#acme#OUTBOX"):
        event["Records"].append({"dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": "x"}}, "SequenceNumber": "1"}})
    assert relay_alerts(event, lambda_context()) == {"batchItemFailures": []}


# ---- GET and PATCH /alerts -----------------------------------------------------------------------------------------


# ---- whom an alert reaches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manager", ["NULL", "m3", None])
def test_what_reaches_no_account_manager_is_told_to_the_fallback_addresses(
    service: Service, mailboxes: dict[str, Mailbox], manager: str | None
) -> None:
    """An id that no account manager has, one who has no subscription, and none at all."""
    service.take(account_manager("m3"), *scored("c1", 50, manager))
    night(service)
    (told,) = mailboxes["fallback"].take()
    assert (told.body["account_manager_id"], told.clients) == (None, ["c1"])
    assert "account_manager_id" not in told.attributes
    (alert,) = alerts(service)
    assert (alert["account_manager_id"], alert["delivery"]) == (None, "sent")
    assert told.body["alerts"] == [{**alert, "published_at": None}]


def test_what_reaches_nobody_says_so_and_is_not_sent_later(service: Service) -> None:
    service.take(*scored("c1", 50), *scored("c2", 40, "NULL"))
    night(service)
    found = alerts(service)
    assert {(each["account_manager_id"], each["delivery"], each["published_at"]) for each in found} == {
        (None, "nobody", None)
    }
    assert not any(pk == "T#acme#OUTBOX" for pk, _ in service.stored())
    mailbox = Mailbox("late")
    assert subscribe(service, "m1", "sqs", mailbox.arn).status == 201
    service.publish()
    assert mailbox.take() == []
    mailbox.close()


def test_who_has_confirmed_just_now_is_told(service: Service, rules: AwsRules) -> None:
    """A pending subscription is asked about again before anything is published."""
    assert subscribe(service, "m1", "email", "ada@example.com").body["state"] == "pending"
    sns: SNSClient = aws_client("sns")
    topic = adapters().notifier.ensure_topic(TenantId("acme"))
    (held,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    rules.subscriptions.confirm(held["SubscriptionArn"])
    service.take(*scored("c1", 50))
    night(service)
    (alert,) = alerts(service)
    assert (alert["account_manager_id"], alert["delivery"]) == ("m1", "sent")


def test_a_digest_for_the_fallback_addresses_gathers_what_reaches_nobody_else(
    service: Service, mailboxes: dict[str, Mailbox]
) -> None:
    for number in range(DIGEST_ABOVE + 1):
        service.take(*scored(f"c{number}", 50, ("NULL", None)[number % 2]))
    night(service)
    (digest,) = mailboxes["fallback"].take()
    assert (digest.body["kind"], len(digest.clients)) == ("digest", DIGEST_ABOVE + 1)


@pytest.fixture
def alerted(service: Service, mailboxes: dict[str, Mailbox]) -> Service:
    """Six clients of which five are below; the sixth has no alert."""
    for number, manager in enumerate(("m1", "m1", "m1", "m2", None)):
        service.take(*scored(f"c{number}", 50 - number, manager))
    service.take(*scored("c5", 90))
    night(service)
    return service


def answered(service: Service, alert_id: str, status: str, **options: Any) -> Answer:
    return service.http("PATCH", f"/v1/alerts/{alert_id}", {"status": status}, **options)


def open_alerts(service: Service, tenant: str = "acme") -> dict[str, int]:
    rows = service.http("GET", "/v1/clients", tenant=tenant).body["items"]
    return {row["client_id"]: row["open_alerts"] for row in rows}


def test_alerts_come_newest_first_and_filtered(alerted: Service) -> None:
    alerted.take(moved("c5", 30))
    night(alerted, 1)
    found = alerts(alerted)
    assert [alert["id"] for alert in found] == sorted((alert["id"] for alert in found), reverse=True)
    assert found[0]["client_id"] == "c5"
    assert {alert["client_id"] for alert in alerts(alerted, "?account_manager_id=m1")} == {"c0", "c1", "c2", "c5"}
    assert [alert["client_id"] for alert in alerts(alerted, "?account_manager_id=m2")] == ["c3"]
    assert alerts(alerted, "?account_manager_id=m9") == []
    chosen = next(alert for alert in found if alert["client_id"] == "c1")
    answered(alerted, chosen["id"], "ACKNOWLEDGED")
    assert [alert["client_id"] for alert in alerts(alerted, "?status=ACKNOWLEDGED")] == ["c1"]
    assert len(alerts(alerted, "?status=OPEN")) == 5
    assert alerts(alerted, "?status=RESOLVED&account_manager_id=m1") == []
    in_pages = list(pages(alerted, "/v1/alerts?limit=2"))
    assert [len(page) for page in in_pages] == [2, 2, 2]
    assert [alert["id"] for page in in_pages for alert in page] == [alert["id"] for alert in found]
    filtered = list(pages(alerted, "/v1/alerts?limit=1&account_manager_id=m1&status=OPEN"))
    assert [page[0]["client_id"] for page in filtered] == [
        alert["client_id"] for alert in found if alert["client_id"] in ("c0", "c2", "c5")
    ]


def test_a_new_alert_between_two_pages_shifts_none(alerted: Service) -> None:
    found = [alert["id"] for alert in alerts(alerted)]
    first = alerted.http("GET", "/v1/alerts?limit=2").body
    alerted.take(moved("c5", 30))
    night(alerted, 1)
    alerted.clock.to(f"{NIGHT}T02:05:00Z")
    rest = alerted.http("GET", f"/v1/alerts?limit=9&cursor={first['next_cursor']}").body
    assert [alert["id"] for alert in first["items"] + rest["items"]] == found


def test_a_bad_query_is_told(service: Service, subtests: pytest.Subtests) -> None:
    for query in ("status=open", "status=CLOSED", "account_manager_id=%23", "limit=0", "limit=201", "cursor=x", "q=a"):
        for route in ("alerts", "tasks"):
            with subtests.test(route=route, query=query):
                answer = service.http("GET", f"/v1/{route}?{query}")
                assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_answers_to_an_alert(alerted: Service) -> None:
    alert = next(alert for alert in alerts(alerted) if alert["client_id"] == "c1")
    assert open_alerts(alerted) == {"c0": 1, "c1": 1, "c2": 1, "c3": 1, "c4": 1, "c5": 0}
    for status, counted in (
        ("ACKNOWLEDGED", 0),
        ("ACKNOWLEDGED", 0),
        ("OPEN", 1),
        ("ACKNOWLEDGED", 0),
        ("RESOLVED", 0),
    ):
        found = answered(alerted, alert["id"], status)
        now = {**alert, "status": status, "answered": found.body["answered"]}
        assert (found.status, found.body, now["answered"]["status"]) == (200, now, status)
        assert open_alerts(alerted)["c1"] == counted
        assert next(each for each in alerts(alerted) if each["client_id"] == "c1")["status"] == status
    assert answered(alerted, alert["id"], "RESOLVED").status == 200
    for status in ("OPEN", "ACKNOWLEDGED"):
        refused = answered(alerted, alert["id"], status)
        assert (refused.status, refused.body["status"]) == (409, 409)
    # resolved by hand: its rule stays fired, so no night tells it again
    night(alerted, 10)
    assert len([each for each in alerts(alerted) if each["client_id"] == "c1"]) == 1


def test_an_alert_resolves_by_itself(alerted: Service) -> None:
    alert = next(alert for alert in alerts(alerted) if alert["client_id"] == "c1")
    answered(alerted, alert["id"], "ACKNOWLEDGED")
    alerted.take(moved("c1", 64))
    night(alerted, 1)
    assert next(each for each in alerts(alerted) if each["client_id"] == "c1")["status"] == "ACKNOWLEDGED"
    alerted.take(moved("c1", 65), moved("c2", 65))
    night(alerted, 2)
    assert {alert["client_id"] for alert in alerts(alerted, "?status=RESOLVED")} == {"c1", "c2"}
    assert open_alerts(alerted)["c2"] == 0
    assert answered(alerted, alert["id"], "OPEN").status == 409


def test_a_bad_answer_is_told(alerted: Service, subtests: pytest.Subtests) -> None:
    alert = alerts(alerted)[0]["id"]
    bodies: list[tuple[Any, int]] = [({}, 422), ({"status": "OPEN", "surprise": "x"}, 422), ([], 400), (b"{", 400)]
    for route, other in (("alerts", "DONE"), ("tasks", "RESOLVED")):
        for body, status in ({"status": other}, 422), *bodies:
            with subtests.test(route=route, body=body):
                assert alerted.http("PATCH", f"/v1/{route}/{alert}", body).status == status


@pytest.mark.parametrize(
    ("method", "path", "body", "permission"),
    [
        ("GET", "/v1/alerts", None, "reports.read"),
        ("PATCH", "/v1/alerts/20261123T020000Z-0123456789abcdef", {"status": "OPEN"}, "alerts.write"),
        ("GET", "/v1/tasks", None, "reports.read"),
        ("PATCH", "/v1/tasks/20261123T020000Z-0123456789abcdef", {"status": "OPEN"}, "alerts.write"),
        ("GET", "/v1/account-managers/m1/subscriptions", None, "settings.write"),
        (
            "POST",
            "/v1/account-managers/m1/subscriptions",
            {"protocol": "email", "endpoint": "a@b.example"},
            "settings.write",
        ),
        ("DELETE", "/v1/account-managers/m1/subscriptions/0123456789abcdef", None, "settings.write"),
    ],
)
def test_permissions(service: Service, method: str, path: str, body: Any, permission: str) -> None:
    others = [name for name in ALL if name != permission]
    assert service.http(method, path, body, permissions=others).status == 403
    assert service.http(method, path, body, permissions=[permission]).status in (200, 201, 404)


def test_another_tenants_ids_are_not_found(alerted: Service) -> None:
    alerted.tenant("acme-2")
    switch_on(alerted)
    alerted.take(moved("c5", 30))
    night(alerted, 1)
    own, task = alerts(alerted)[0]["id"], alerted.http("GET", "/v1/tasks").body["items"][0]["id"]
    held = subscribe(alerted, "m1", "email", "ada@example.com").body["id"]
    for status in ("ACKNOWLEDGED", "RESOLVED"):
        assert answered(alerted, own, status, tenant="acme-2").status == 404
    assert alerted.http("PATCH", f"/v1/tasks/{task}", {"status": "DONE"}, tenant="acme-2").status == 404
    path = "/v1/account-managers/m1/subscriptions"
    assert alerted.http("GET", path, tenant="acme-2").status == 404
    assert subscribe(alerted, "m1", "email", "ada@example.com", "acme-2").status == 404
    assert alerted.http("DELETE", f"{path}/{held}", tenant="acme-2").status == 404
    assert alerted.http("DELETE", f"/v1/account-managers/m2/subscriptions/{held}").status == 404
    assert (alerts(alerted, tenant="acme-2"), open_alerts(alerted, "acme-2")) == ([], {})
    assert alerts(alerted)[0]["status"] == "OPEN"
    for unknown in ("nothing", "20261123T020000Z-0123456789abcdef", "a%23b"):
        assert answered(alerted, unknown, "OPEN").status == 404
        assert alerted.http("PATCH", f"/v1/tasks/{unknown}", {"status": "OPEN"}).status == 404


# ---- workflow and tasks --------------------------------------------------------------------------------------------


def switch_on(service: Service) -> None:
    version = settings(service, "workflows")["version"]
    assert put(service, "workflows", {"at_risk_alert": {"enabled": True}}, version).status == 200


def tasks(service: Service, query: str = "") -> list[dict[str, Any]]:
    answer = service.http("GET", f"/v1/tasks{query}")
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def record(service: Service, client_id: str = "c1") -> dict[str, Any]:
    body = service.http("GET", f"/v1/clients/{client_id}").body
    assert isinstance(body, dict)
    return body


def test_a_threshold_alert_opens_a_task_and_flags_the_client(service: Service) -> None:
    switch_on(service)
    service.take(*scored("c1", 50, name="Acme"), *scored("c2", 90))
    night(service)
    (alert,) = alerts(service)
    assert tasks(service) == [
        {
            "id": alert["id"],
            "client_id": "c1",
            "client_name": "Acme",
            "account_manager_id": "m1",
            "title": "Follow up with Acme: score 50",
            "due_on": "2026-11-25",
            "status": "OPEN",
            "alert_id": alert["id"],
            "steps": [],
            "assigned": False,
            "note": None,
            "created_by": None,
            "changed": None,
        }
    ]
    assert (record(service)["at_risk_since"], record(service)["status"]) == ("2026-11-23T02:00:00Z", "AT_RISK")
    assert (record(service, "c2")["at_risk_since"], record(service, "c2")["status"]) == (None, "ACTIVE")
    service.drain()
    (row,) = (row for row in service.http("GET", "/v1/clients").body["items"] if row["client_id"] == "c1")
    assert row["status"] == "AT_RISK"


def test_while_it_is_off_nothing_is_opened(service: Service) -> None:
    service.take(*scored("c1", 50))
    night(service)
    assert (len(alerts(service)), tasks(service), record(service)["at_risk_since"]) == (1, [], None)


def test_a_velocity_alert_opens_no_task(service: Service) -> None:
    switch_on(service)
    service.take(*scored("c1", 90))
    night(service)
    service.take(moved("c1", 70))
    night(service, 30)
    assert (len(alerts(service)), tasks(service), record(service)["at_risk_since"]) == (1, [], None)


WEEK: Final = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.mark.parametrize(
    ("hours", "number", "due"),
    [
        pytest.param(None, 0, "2026-11-25", id="Monday to Wednesday"),
        pytest.param(None, 3, "2026-11-30", id="over the weekend"),
        pytest.param(None, 5, "2026-12-01", id="from a Saturday"),
        pytest.param({"holidays": ["2026-11-24"]}, 0, "2026-11-26", id="a holiday is none"),
        pytest.param({"holidays": ["2026-11-24", "2026-11-26"]}, 0, "2026-11-27", id="two holidays"),
        pytest.param({"enabled": False, "holidays": ["2026-11-24"]}, 0, "2026-11-25", id="hours that do not count"),
        pytest.param({"weekly": {"sat": [["09:00", "12:00"]]}}, 0, "2026-12-05", id="Saturdays only"),
    ],
)
def test_a_task_is_due_in_two_business_days(
    service: Service, hours: Mapping[str, Any] | None, number: int, due: str
) -> None:
    switch_on(service)
    if hours is not None:
        held = settings(service, "business-hours")
        weekly = {day: [] for day in held["weekly"]} | hours.get("weekly", WEEK)
        body = {"enabled": hours.get("enabled", True), "weekly": weekly, "holidays": hours.get("holidays", [])}
        assert put(service, "business-hours", body, held["version"]).status == 200
    service.take(*scored("c1", 50))
    night(service, number)
    assert [task["due_on"] for task in tasks(service)] == [due]


def test_a_client_has_one_open_task(service: Service) -> None:
    switch_on(service)
    service.take(*scored("c1", 55))
    night(service)
    service.take(moved("c1", 30))
    night(service, 8)
    first, second = sorted(alert["id"] for alert in alerts(service))
    assert [task["id"] for task in tasks(service)] == [first]

    done = service.http("PATCH", f"/v1/tasks/{first}", {"status": "DONE"})
    assert (done.status, done.body["status"]) == (200, "DONE")
    service.take(moved("c1", 70))
    night(service, 9)
    service.take(moved("c1", 50))
    night(service, 20)
    third = alerts(service)[0]["id"]
    assert third > second
    assert [(task["id"], task["status"]) for task in tasks(service)] == [(third, "OPEN"), (first, "DONE")]
    assert service.http("PATCH", f"/v1/tasks/{first}", {"status": "OPEN"}).status == 409
    assert service.http("PATCH", f"/v1/tasks/{third}", {"status": "DONE"}).status == 200
    assert service.http("PATCH", f"/v1/tasks/{first}", {"status": "OPEN"}).status == 200
    assert service.http("PATCH", f"/v1/tasks/{third}", {"status": "OPEN"}).status == 409


def test_tasks_come_newest_first_and_filtered(service: Service) -> None:
    switch_on(service)
    service.take(*scored("c1", 50), *scored("c2", 40), *scored("c3", 30, "m2"), *scored("c4", 90, None))
    night(service)
    service.take(moved("c4", 50))
    night(service, 1)
    found = [task["id"] for task in tasks(service)]
    assert found == sorted(found, reverse=True)
    assert tasks(service)[0]["client_id"] == "c4"
    assert {task["client_id"] for task in tasks(service, "?account_manager_id=m1")} == {"c1", "c2"}
    service.http("PATCH", f"/v1/tasks/{found[0]}", {"status": "DONE"})
    assert [task["client_id"] for task in tasks(service, "?status=DONE")] == ["c4"]
    assert [len(page) for page in pages(service, "/v1/tasks?limit=3")] == [3, 1]
    assert [task["id"] for page in pages(service, "/v1/tasks?limit=1&status=OPEN") for task in page] == found[1:]


def test_only_a_person_clears_the_flag(service: Service) -> None:
    switch_on(service)
    service.take(*scored("c1", 50))
    night(service)
    since = "2026-11-23T02:00:00Z"
    service.take(*scored("c1", 90))  # neither a record that comes in
    night(service, 1)  # nor an alert that resolves
    assert (alerts(service)[0]["status"], record(service)["at_risk_since"]) == ("RESOLVED", since)
    named = {"name": "Acme", "status": "ACTIVE", "account_manager_id": "m1"}
    assert service.http("PUT", "/v1/clients/c1", named).body["at_risk_since"] == since
    assert service.http("PUT", "/v1/clients/c1", {**named, "at_risk_since": since}).status == 422
    cleared = service.http("PUT", "/v1/clients/c1", {**named, "at_risk_since": None}).body
    assert (cleared["at_risk_since"], cleared["status"]) == (None, "ACTIVE")
    relay(service)
    service.sweep()
    service.drain()
    assert record(service)["at_risk_since"] is None
    (row,) = service.http("GET", "/v1/clients").body["items"]
    assert row["status"] == "ACTIVE"


def test_the_effective_status_follows_the_record(service: Service) -> None:
    switch_on(service)
    service.take(*scored("c1", 50))
    night(service)
    service.take(client("c1", account_manager_id="m1", status="INACTIVE"))
    assert (record(service)["status"], record(service)["at_risk_since"]) == ("INACTIVE", "2026-11-23T02:00:00Z")


def test_a_repeated_message_leaves_a_cleared_flag_alone(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on(service)
    service.take(*scored("c1", 50))
    silent_night(service)
    with monkeypatch.context() as patch:
        patch.setattr(adapters().alerts, "mark_published", _crash)
        relay_alerts(stream(service), lambda_context())
    named = {"name": "Acme", "status": "ACTIVE", "account_manager_id": "m1"}
    service.http("PUT", "/v1/clients/c1", {**named, "at_risk_since": None})
    relay(service)
    assert (len(tasks(service)), record(service)["at_risk_since"]) == (1, None)


def _crash(*_: Any) -> None:
    raise RuntimeError("the process is gone")
