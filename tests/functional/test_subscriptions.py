"""Who gets messages: one subscription per endpoint at SNS, whoever shares it, under AWS's own rules."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

from chalicelib.adapters.dynamodb import keys
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Subscription
from chalicelib.services.errors import OverloadedError
from chalicelib.services.subscriptions import CONFIRM_WITHIN_SECONDS, SHARED_BY_AT_MOST, Reach
from chalicelib.tenancy import bound_to
from tests.aws_rules.calls import Refusal
from tests.aws_rules.dynamodb import throttled
from tests.aws_rules.layer import AwsRules
from tests.aws_rules.sns import FILTER_POLICIES_PER_TOPIC
from tests.functional.conftest import aws_client
from tests.functional.examples import account_manager, client
from tests.functional.service import Answer, Service
from tests.functional.support import change, put, settings
from tests.running import adapters

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

ACME: Final = TenantId("acme")
ADA, TEAM, HOOK = "ada@example.com", "team@example.com", "https://hooks.example/health?key=1"
QUEUE: Final = "arn:aws:sqs:eu-central-1:123456789012:some-queue"
NOBODY: Final = {"exists": False}


@pytest.fixture
def service(service: Service) -> Iterator[Service]:
    """A tenant with two account managers."""
    service.take(account_manager("m1"), account_manager("m2", name="Grace Hopper", email="grace@example.com"))
    yield service
    for topic in aws_client("sns").list_topics()["Topics"]:
        aws_client("sns").delete_topic(TopicArn=topic["TopicArn"])


def subscribe(service: Service, manager: str, protocol: str, endpoint: str) -> Answer:
    body = {"protocol": protocol, "endpoint": endpoint}
    return service.http("POST", f"/v1/account-managers/{manager}/subscriptions", body)


def subscribed(service: Service, manager: str, protocol: str, endpoint: str) -> str:
    """Subscribes and returns the path of the subscription."""
    answer = subscribe(service, manager, protocol, endpoint)
    assert answer.status == 201, answer
    return f"/v1/account-managers/{manager}/subscriptions/{answer.body['id']}"


def listed(service: Service, manager: str = "m1") -> list[dict[str, Any]]:
    answer = service.http("GET", f"/v1/account-managers/{manager}/subscriptions")
    assert answer.status == 200, answer
    assert answer.body["next_cursor"] is None
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def states(service: Service, manager: str = "m1") -> list[str]:
    return [each["state"] for each in listed(service, manager)]


def at_sns() -> dict[str, list[Any]]:
    """The endpoints that SNS knows, each with the account managers of its filter."""
    return {each["Endpoint"]: json.loads(each["FilterPolicy"])["account_manager_id"] for each in attributes()}


def attributes() -> list[dict[str, str]]:
    sns: SNSClient = aws_client("sns")
    held = sns.list_subscriptions_by_topic(TopicArn=adapters().notifier.ensure_topic(ACME))["Subscriptions"]
    return [sns.get_subscription_attributes(SubscriptionArn=each["SubscriptionArn"])["Attributes"] for each in held]


def arn_of(endpoint: str) -> str:
    return next(each["SubscriptionArn"] for each in attributes() if each["Endpoint"] == endpoint)


def at_work(work: Callable[[], Any]) -> Any:
    with bound_to(ACME):
        return work()


def reach() -> Reach:
    found: Reach = at_work(lambda: application().subscriptions.reach(ACME))
    return found


def stored() -> dict[tuple[str | None, str], str]:
    """What our own items say: the state by account manager and endpoint."""
    return at_work(lambda: {(s.manager, s.endpoint): s.state for s in adapters().subscriptions.all(ACME)})  # type: ignore[no-any-return]


# ---- one at a time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "endpoint", "state"),
    [("email", ADA, "pending"), ("https", HOOK, "pending"), ("sqs", QUEUE, "confirmed")],
)
def test_a_subscription_comes_and_goes(
    service: Service, rules: AwsRules, protocol: str, endpoint: str, state: str
) -> None:
    created = subscribe(service, "m1", protocol, endpoint)
    assert created.status == 201
    assert {**created.body, "id": ""} == {
        "id": "",
        "protocol": protocol,
        "endpoint": endpoint,
        "confirmed": state == "confirmed",
        "state": state,
    }
    assert listed(service) == [created.body]
    assert listed(service, "m2") == []
    again = subscribe(service, "m1", protocol, endpoint)
    assert (again.status, again.body) == (201, created.body)
    assert listed(service) == [created.body]
    rules.subscriptions.confirm(arn_of(endpoint))
    assert states(service) == ["confirmed"]
    path = f"/v1/account-managers/m1/subscriptions/{created.body['id']}"
    assert service.http("DELETE", path).status == 204
    assert (listed(service), at_sns(), stored()) == ([], {}, {})
    assert service.http("DELETE", path).status == 404


def test_only_a_queue_gets_the_body_without_the_envelope(service: Service) -> None:
    """The envelope has the signature by which a webhook knows that a call comes from SNS."""
    for protocol, endpoint in (("email", ADA), ("https", HOOK), ("sqs", QUEUE)):
        subscribed(service, "m1", protocol, endpoint)
    raw = {each["Protocol"]: each["RawMessageDelivery"].lower() for each in attributes()}
    assert raw == {"email": "false", "https": "false", "sqs": "true"}


@pytest.mark.parametrize(
    "body",
    [
        {"protocol": "sms", "endpoint": "+39333"},
        {"protocol": "email", "endpoint": "nobody"},
        {"protocol": "https", "endpoint": "http://hooks.example"},
        {"protocol": "sqs", "endpoint": "https://sqs.example/queue"},
        {"protocol": "email"},
        {"protocol": "email", "endpoint": "a@b.example", "filter": {}},
    ],
)
def test_a_bad_subscription_is_told(service: Service, body: Any) -> None:
    answer = service.http("POST", "/v1/account-managers/m1/subscriptions", body)
    assert answer.status == 422
    assert answer.body["errors"]


def test_an_endpoint_that_sns_refuses_leaves_nothing(service: Service, rules: AwsRules) -> None:
    rules.fail("sns.Subscribe", lambda call: Refusal("InvalidParameter", "Invalid parameter: SQS endpoint ARN"))
    assert subscribe(service, "m1", "sqs", QUEUE).status == 422
    assert (listed(service), stored()) == ([], {})


def test_an_unknown_account_manager_has_no_subscriptions(service: Service) -> None:
    assert service.http("GET", "/v1/account-managers/m9/subscriptions").status == 404
    assert subscribe(service, "m9", "email", "a@b.example").status == 404
    assert service.http("DELETE", "/v1/account-managers/m9/subscriptions/0123456789abcdef").status == 404
    assert service.http("DELETE", "/v1/account-managers/m1/subscriptions/nonsense").status == 404


# ---- its owner's doing -----------------------------------------------------------------------------------------------


def test_a_subscription_is_confirmed_by_its_owner(service: Service, rules: AwsRules) -> None:
    subscribed(service, "m1", "email", ADA)
    assert (states(service), reach().reaches("m1")) == (["pending"], False)
    rules.subscriptions.confirm(arn_of(ADA))
    assert reach().told("m1") == "m1"
    assert stored() == {("m1", ADA): "confirmed"}
    assert states(service) == ["confirmed"]


def test_a_subscription_that_its_owner_ended_says_so(service: Service) -> None:
    """A mail scanner that follows the unsubscribe link is enough."""
    subscribed(service, "m1", "sqs", QUEUE)
    aws_client("sns").unsubscribe(SubscriptionArn=arn_of(QUEUE))
    (seen,) = listed(service)
    assert (seen["state"], seen["confirmed"]) == ("ended", False)
    assert not reach().reaches("m1")
    assert subscribe(service, "m1", "sqs", QUEUE).body["state"] == "confirmed"
    assert at_sns() == {QUEUE: ["m1"]}


def test_one_that_ended_is_seen_with_the_night(service: Service) -> None:
    subscribed(service, "m1", "sqs", QUEUE)
    aws_client("sns").unsubscribe(SubscriptionArn=arn_of(QUEUE))
    assert reach().reaches("m1")  # what is confirmed is not asked for each message
    assert not at_work(lambda: application().subscriptions.recheck(ACME)).reaches("m1")
    assert stored() == {("m1", QUEUE): "ended"}


def test_what_nobody_confirms_lapses_after_two_days(service: Service) -> None:
    path = subscribed(service, "m1", "email", ADA)
    service.clock.advance(CONFIRM_WITHIN_SECONDS)
    assert states(service) == ["pending"]
    service.clock.advance(1)
    assert states(service) == ["ended"]
    assert subscribe(service, "m1", "email", ADA).body["state"] == "pending"
    assert service.http("DELETE", path).status == 204


def test_a_mistyped_address_can_be_removed(service: Service, rules: AwsRules) -> None:
    """SNS ends nothing that is pending: it is gone from our lists, and forgotten by SNS in time."""
    path = subscribed(service, "m1", "email", ADA)
    assert service.http("DELETE", path).status == 204
    assert service.http("DELETE", path).status == 404
    assert listed(service) == []
    assert at_sns() == {ADA: ["m1"]}
    service.clock.advance(CONFIRM_WITHIN_SECONDS + 1)
    at_work(lambda: application().subscriptions.recheck(ACME))
    assert stored() == {}


def test_a_removed_address_that_is_confirmed_after_all_gets_nothing(service: Service, rules: AwsRules) -> None:
    service.http("DELETE", subscribed(service, "m1", "email", ADA))
    rules.subscriptions.confirm(arn_of(ADA))
    assert not reach().reaches("m1")
    assert (at_sns(), stored()) == ({}, {})


def test_a_removed_address_may_be_subscribed_again(service: Service, rules: AwsRules) -> None:
    service.http("DELETE", subscribed(service, "m1", "email", ADA))
    assert subscribe(service, "m1", "email", ADA).body["state"] == "pending"
    rules.subscriptions.confirm(arn_of(ADA))
    assert (states(service), at_sns()) == (["confirmed"], {ADA: ["m1"]})


# ---- shared endpoints ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("protocol", "endpoint"), [("email", TEAM), ("https", HOOK), ("sqs", QUEUE)])
def test_two_account_managers_share_an_endpoint(
    service: Service, rules: AwsRules, protocol: str, endpoint: str
) -> None:
    first = subscribed(service, "m1", protocol, endpoint)
    second = subscribed(service, "m2", protocol, endpoint)
    assert at_sns() == {endpoint: ["m1", "m2"]}
    rules.subscriptions.confirm(arn_of(endpoint))
    assert (states(service), states(service, "m2")) == (["confirmed"], ["confirmed"])
    assert service.http("DELETE", first).status == 204
    assert (at_sns(), listed(service), states(service, "m2")) == ({endpoint: ["m2"]}, [], ["confirmed"])
    assert service.http("DELETE", second).status == 204
    assert (at_sns(), stored()) == ({}, {})


def test_one_of_two_is_taken_out_before_the_address_is_confirmed(service: Service) -> None:
    first = subscribed(service, "m1", "email", TEAM)
    subscribed(service, "m2", "email", TEAM)
    assert service.http("DELETE", first).status == 204
    assert (at_sns(), stored()) == ({TEAM: ["m2"]}, {("m2", TEAM): "pending"})


def test_a_fallback_address_that_is_also_an_account_managers(service: Service) -> None:
    path = subscribed(service, "m1", "email", TEAM)
    change(service, fallback_emails=[TEAM])
    assert at_sns() == {TEAM: [NOBODY, "m1"]}
    assert service.http("DELETE", path).status == 204
    assert at_sns() == {TEAM: [NOBODY]}
    subscribed(service, "m2", "email", TEAM)
    change(service, fallback_emails=[])
    assert at_sns() == {TEAM: ["m2"]}


def test_an_endpoint_is_shared_by_so_many(service: Service) -> None:
    """A filter has 150 values, one of them kept for the fallback addresses."""
    behind = adapters()
    everybody = [RecordId(f"a{number:03}") for number in range(SHARED_BY_AT_MOST - 1)]
    with bound_to(ACME):
        arn = behind.notifier.subscribe(ACME, everybody, "sqs", QUEUE)
        for manager in everybody:
            behind.subscriptions.put(ACME, Subscription(16 * "0", manager, "sqs", QUEUE, arn, "confirmed"))
    subscribed(service, "m1", "sqs", QUEUE)
    refused = subscribe(service, "m2", "sqs", QUEUE)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/endpoint")
    assert at_sns() == {QUEUE: [*everybody, "m1"]}


def test_a_full_topic_is_told(service: Service) -> None:
    sns: SNSClient = aws_client("sns")
    topic = adapters().notifier.ensure_topic(ACME)
    for number in range(FILTER_POLICIES_PER_TOPIC):
        policy = {"FilterPolicy": '{"account_manager_id": ["m1"]}'}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{QUEUE}-{number}", Attributes=policy)
    full = subscribe(service, "m1", "email", ADA)
    assert (full.status, full.body["title"]) == (409, "Conflict")
    assert "takes no more subscriptions" in full.body["detail"]
    assert listed(service) == []


# ---- the fallback addresses ------------------------------------------------------------------------------------------


def test_fallback_addresses_follow_the_settings(service: Service, rules: AwsRules) -> None:
    def emails(*wanted: str) -> None:
        change(service, fallback_emails=list(wanted))

    emails("a@acme.example", "b@acme.example")
    assert at_sns() == {"a@acme.example": [NOBODY], "b@acme.example": [NOBODY]}
    rules.subscriptions.confirm(arn_of("a@acme.example"))
    emails("b@acme.example", "c@acme.example")
    assert at_sns() == {"b@acme.example": [NOBODY], "c@acme.example": [NOBODY]}
    for endpoint in ("b@acme.example", "c@acme.example"):
        rules.subscriptions.confirm(arn_of(endpoint))
    emails()
    assert (at_sns(), stored()) == ({}, {})
    assert listed(service) == []


def test_settings_are_stored_whatever_sns_says(service: Service, rules: AwsRules) -> None:
    rules.fail("sns.Subscribe", throttled("Throttled"))
    changed = put(service, "health-score", {**settings(service), "fallback_emails": [ADA]}, 1)
    assert (changed.status, changed.body["fallback_emails"]) == (200, [ADA])
    assert at_sns() == {}
    assert not reach().reaches(None)  # asked before anything is published, and by then it is subscribed
    assert at_sns() == {ADA: [NOBODY]}


@pytest.mark.parametrize("lost", ["before our items", "after our items"])
def test_the_night_subscribes_what_the_settings_asked_for(
    service: Service, rules: AwsRules, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    with monkeypatch.context() as patch:
        if lost == "before our items":
            patch.setattr(adapters().subscriptions, "put", _crash)
        else:
            patch.setattr(adapters().notifier, "subscribe", _crash)
        change(service, fallback_emails=[ADA])
    assert at_sns() == {}
    at_work(lambda: application().subscriptions.recheck(ACME))
    assert at_sns() == {ADA: [NOBODY]}


def test_a_dropped_fallback_address_that_nobody_confirmed_is_no_error(service: Service) -> None:
    change(service, fallback_emails=[ADA])
    version = settings(service)["version"]
    changed = put(service, "health-score", {**settings(service), "fallback_emails": []}, version)
    assert (changed.status, changed.body["version"]) == (200, version + 1)
    assert stored() == {(None, ADA): "removed"}


def test_a_fallback_address_that_ended_is_asked_again_by_a_person_alone(service: Service) -> None:
    change(service, fallback_emails=[ADA])
    service.clock.advance(CONFIRM_WITHIN_SECONDS + 1)
    for _ in range(2):
        at_work(lambda: application().subscriptions.recheck(ACME))
        assert stored() == {(None, ADA): "ended"}
    version = settings(service)["version"]
    assert put(service, "health-score", settings(service), version).status == 200
    assert stored() == {(None, ADA): "pending"}


def test_an_address_that_sns_refuses_holds_up_no_other(service: Service, rules: AwsRules) -> None:
    rules.fail("sns.Subscribe", lambda call: Refusal("InvalidParameter", "Invalid parameter: Email address"))
    change(service, fallback_emails=["a@acme.example", "b@acme.example"])
    assert stored() == {(None, "a@acme.example"): "ended", (None, "b@acme.example"): "pending"}


# ---- crashes, races, older items -------------------------------------------------------------------------------------


def _crash(*_: Any, **__: Any) -> Any:
    raise OverloadedError("nobody answers")


@pytest.mark.parametrize("step", ["subscribe", "standing"])
def test_a_crash_while_subscribing_is_mended_by_the_next_look(
    service: Service, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(adapters().notifier, step, _crash)
        assert subscribe(service, "m1", "sqs", QUEUE).status == 503
    assert (states(service), at_sns()) == (["confirmed"], {QUEUE: ["m1"]})


def test_a_crash_between_sns_and_our_item_is_mended_though_others_came_since(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SNS knows the endpoint with a filter of m1 alone, and we do not know its name."""
    with monkeypatch.context() as patch:
        patch.setattr(adapters().notifier, "standing", _crash)
        assert subscribe(service, "m1", "sqs", QUEUE).status == 503
    subscribed(service, "m2", "sqs", QUEUE)
    assert at_sns() == {QUEUE: ["m1", "m2"]}
    assert (states(service), states(service, "m2")) == (["confirmed"], ["confirmed"])


@pytest.mark.parametrize("shared", [False, True])
def test_a_crash_while_removing_is_mended_by_the_night(
    service: Service, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    path = subscribed(service, "m1", "sqs", QUEUE)
    if shared:
        subscribed(service, "m2", "sqs", QUEUE)
    with monkeypatch.context() as patch:
        patch.setattr(adapters().notifier, "set_managers" if shared else "unsubscribe", _crash)
        assert service.http("DELETE", path).status == 503
    assert stored()["m1", QUEUE] == "removed"
    assert not reach().reaches("m1")
    assert at_sns() == ({QUEUE: ["m2"]} if shared else {})
    assert stored() == ({("m2", QUEUE): "confirmed"} if shared else {})


def test_two_requests_for_one_endpoint_both_count(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that comes to SNS last has read the items before the other wrote: it looks again."""
    notifier = adapters().notifier
    subscribe_at_sns = notifier.subscribe

    def late(*request: Any) -> str:
        monkeypatch.setattr(notifier, "subscribe", subscribe_at_sns)
        subscribed(service, "m2", "sqs", QUEUE)
        with bound_to(ACME):
            return subscribe_at_sns(*request)

    monkeypatch.setattr(notifier, "subscribe", late)
    subscribed(service, "m1", "sqs", QUEUE)
    assert at_sns() == {QUEUE: ["m1", "m2"]}


def test_one_is_ended_while_another_joins(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    path = subscribed(service, "m1", "sqs", QUEUE)
    notifier = adapters().notifier
    unsubscribe_at_sns = notifier.unsubscribe

    def late(arn: str) -> bool:
        monkeypatch.setattr(notifier, "unsubscribe", unsubscribe_at_sns)
        subscribed(service, "m2", "sqs", QUEUE)
        return unsubscribe_at_sns(arn)

    monkeypatch.setattr(notifier, "unsubscribe", late)
    assert service.http("DELETE", path).status == 204
    assert (at_sns(), states(service, "m2")) == ({QUEUE: ["m2"]}, ["confirmed"])


def test_a_removal_is_not_undone_by_who_looked_before(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    path = subscribed(service, "m1", "sqs", QUEUE)
    subscribed(service, "m2", "sqs", QUEUE)
    notifier = adapters().notifier
    standing_at_sns = notifier.standing

    def late(arn: str) -> Any:
        monkeypatch.setattr(notifier, "standing", standing_at_sns)
        assert service.http("DELETE", path).status == 204
        return standing_at_sns(arn)

    monkeypatch.setattr(notifier, "standing", late)
    listed(service, "m2")
    assert (at_sns(), stored()) == ({QUEUE: ["m2"]}, {("m2", QUEUE): "confirmed"})


def test_subscriptions_of_an_older_build_go_on(service: Service) -> None:
    """They have no state, and one endpoint for each account manager."""
    behind, sns = adapters(), aws_client("sns")
    filters = {"FilterPolicy": json.dumps({"account_manager_id": ["m1"]}), "RawMessageDelivery": "true"}
    topic = behind.notifier.ensure_topic(ACME)
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=filters)["SubscriptionArn"]
    item = {"protocol": "sqs", "endpoint": QUEUE, "arn": arn, "confirmed": True}
    at_work(lambda: behind.table.put(keys.subscription(ACME, RecordId("m1"), 16 * "a"), item))
    assert reach().told("m1") == "m1"
    assert [each["id"] for each in listed(service)] == [16 * "a"]
    subscribed(service, "m2", "sqs", QUEUE)
    assert at_sns() == {QUEUE: ["m1", "m2"]}
    assert service.http("DELETE", f"/v1/account-managers/m1/subscriptions/{16 * 'a'}").status == 204
    assert at_sns() == {QUEUE: ["m2"]}


# ---- who hears of a client -------------------------------------------------------------------------------------------


def managers(service: Service) -> dict[str, Any]:
    answer = service.http("GET", "/v1/account-managers")
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.body
    return found


def flaws(service: Service, client_id: str) -> dict[str, str]:
    card = service.http("GET", f"/v1/clients/{client_id}/health").body
    told = ("no_account_manager", "unknown_account_manager", "account_manager_not_reached")
    return {flaw["code"]: flaw["message"] for flaw in card["data_quality"] if flaw["code"] in told}


def test_the_page_and_the_cards_say_whom_nothing_reaches(service: Service, rules: AwsRules) -> None:
    owners = {"own": "m1", "quiet": "m2", "unknown": "NULL", "none": None}
    service.take(*(client(name, account_manager_id=manager) for name, manager in owners.items()), backfill=False)
    service.drain()
    subscribed(service, "m1", "sqs", QUEUE)
    found = managers(service)
    assert {each["id"]: each["reached"] for each in found["items"]} == {"m1": True, "m2": False}
    assert (found["fallback"], found["unreached_clients"]) == ([], 3)
    assert {name: list(flaws(service, name)) for name in owners} == {
        "own": [],
        "quiet": ["account_manager_not_reached"],
        "unknown": ["unknown_account_manager"],
        "none": ["no_account_manager"],
    }
    assert all("reach nobody" in message for name in owners for message in flaws(service, name).values())

    change(service, fallback_emails=[TEAM])
    assert (managers(service)["fallback"], managers(service)["unreached_clients"]) == (
        [{"email": TEAM, "state": "pending"}],
        3,
    )
    rules.subscriptions.confirm(arn_of(TEAM))
    at_work(lambda: application().subscriptions.recheck(ACME))
    assert (managers(service)["fallback"], managers(service)["unreached_clients"]) == (
        [{"email": TEAM, "state": "confirmed"}],
        0,
    )
    assert "go to the fallback addresses" in flaws(service, "unknown")["unknown_account_manager"]
