"""Each rule says no where moto says yes, and says nothing where AWS says yes."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.meter import item_size
from infra.table import create_table
from tests.aws_rules.cognito import id_token
from tests.aws_rules.dynamodb import ITEM_BYTES, TRANSACTION_ACTIONS, cancelled, throttled, unprocessed
from tests.aws_rules.layer import AwsRules, enforced
from tests.aws_rules.sns import FILTER_POLICIES_PER_TOPIC, FILTER_VALUES, MESSAGE_BYTES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

REGION: Final = "eu-central-1"
TABLE: Final = "rules"


@pytest.fixture
def rules() -> Iterator[AwsRules]:
    with mock_aws(), enforced() as in_force:
        yield in_force


@pytest.fixture
def sns(rules: AwsRules) -> "SNSClient":
    return boto3.client("sns", region_name=REGION)


@pytest.fixture
def topic(sns: "SNSClient") -> str:
    return sns.create_topic(Name="health")["TopicArn"]


@pytest.fixture
def dynamodb(rules: AwsRules) -> "DynamoDBClient":
    client = boto3.client("dynamodb", region_name=REGION)
    create_table(client, TABLE)
    return client


def refused(code: str, message: str = "") -> Any:
    return pytest.raises(ClientError, match=f"{code}.*{message}")


def for_managers(*names: str) -> dict[str, str]:
    return {"FilterPolicy": json.dumps({"account_manager_id": names})}


# ---- SNS -------------------------------------------------------------------------------------------------------------


def test_one_subscription_per_endpoint(sns: "SNSClient", topic: str) -> None:
    def subscribe(attributes: dict[str, str], endpoint: str = "a@b.example") -> str:
        return sns.subscribe(
            TopicArn=topic, Protocol="email", Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

    arn = subscribe(for_managers("m1"))
    with refused("InvalidParameter", "Subscription already exists with different attributes"):
        subscribe(for_managers("m2"))
    assert subscribe(for_managers("m1")) == subscribe({}) == arn
    assert subscribe(for_managers("m2"), "c@d.example") != arn


def test_what_is_pending_cannot_be_removed(sns: "SNSClient", topic: str, rules: AwsRules) -> None:
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@b.example", ReturnSubscriptionArn=True)[
        "SubscriptionArn"
    ]

    def pending() -> str:
        return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"]

    assert pending() == "true"
    with refused("InvalidParameter", "Cannot unsubscribe a subscription that is pending confirmation"):
        sns.unsubscribe(SubscriptionArn=arn)
    rules.subscriptions.confirm(arn)
    assert pending() == "false"
    sns.unsubscribe(SubscriptionArn=arn)


@pytest.mark.parametrize(("account", "pending"), [("123456789012", "false"), ("210987654321", "true")])
def test_a_queue_of_another_account_is_to_be_confirmed(
    sns: "SNSClient", topic: str, account: str, pending: str
) -> None:
    queue = f"arn:aws:sqs:{REGION}:{account}:queue"
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == pending


def test_filter_policies_are_limited(sns: "SNSClient", topic: str) -> None:
    queue = f"arn:aws:sqs:{REGION}:123456789012:queue"
    for number in range(FILTER_POLICIES_PER_TOPIC):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{queue}-{number}", Attributes=for_managers("m1"))
    with refused("FilterPolicyLimitExceeded"):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=for_managers("m1"))
    other = sns.create_topic(Name="other")["TopicArn"]
    sns.subscribe(TopicArn=other, Protocol="sqs", Endpoint=queue, Attributes=for_managers("m1"))


def test_a_filter_has_so_many_values(sns: "SNSClient", topic: str) -> None:
    names = [f"m{number}" for number in range(FILTER_VALUES + 1)]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@b.example", Attributes=for_managers(*names[:-1]))[
        "SubscriptionArn"
    ]
    with refused("InvalidParameter", "too complex"):
        sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=for_managers(*names)["FilterPolicy"]
        )
    with refused("InvalidParameter", "too complex"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="c@d.example", Attributes=for_managers(*names))


def test_a_message_is_counted_in_bytes(sns: "SNSClient", topic: str) -> None:
    kind: Any = {"kind": {"DataType": "String", "StringValue": "alert"}}
    free = MESSAGE_BYTES - len("kindStringalert")
    sns.publish(TopicArn=topic, Message="é" * (free // 2), MessageAttributes=kind)
    with refused("InvalidParameter", "Message too long"):
        sns.publish(TopicArn=topic, Message="é" * (free // 2) + "xx", MessageAttributes=kind)


@pytest.mark.parametrize("subject", ["x" * 100, "Müller", "a\nb", "\x07", " a"])
def test_a_subject_that_sns_refuses(sns: "SNSClient", topic: str, subject: str) -> None:
    with refused("InvalidParameter", "Subject"):
        sns.publish(TopicArn=topic, Message="m", Subject=subject)
    sns.publish(TopicArn=topic, Message="m", Subject="x" * 99)


# ---- DynamoDB --------------------------------------------------------------------------------------------------------


def item(size: int) -> dict[str, Any]:
    found = {"pk": {"S": "p"}, "sk": {"S": "s"}, "d": {"S": ""}}
    return {**found, "d": {"S": "x" * (size - item_size(found))}}


MOTOS_BYTES: Final = 404_000
"""moto has a limit of its own, a little below AWS's, for updates too; not for transactions."""


def test_an_item_over_400_kb(dynamodb: "DynamoDBClient") -> None:
    dynamodb.put_item(TableName=TABLE, Item=item(MOTOS_BYTES))
    with refused("ValidationException", "maximum allowed size"):
        dynamodb.put_item(TableName=TABLE, Item=item(ITEM_BYTES + 1))
    with refused("TransactionCanceledException", "ValidationError"):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item(ITEM_BYTES + 1)}}])


def test_a_transaction_of_more_than_100_actions(dynamodb: "DynamoDBClient") -> None:
    puts: Any = [
        {"Put": {"TableName": TABLE, "Item": {"pk": {"S": "p"}, "sk": {"S": str(number)}}}}
        for number in range(TRANSACTION_ACTIONS + 1)
    ]
    dynamodb.transact_write_items(TransactItems=puts[:-1])
    with refused("ValidationException"):
        dynamodb.transact_write_items(TransactItems=puts)


def test_throttling_in_each_form(dynamodb: "DynamoDBClient", rules: AwsRules) -> None:
    key: Any = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    put: Any = [{"Put": {"TableName": TABLE, "Item": key}}]
    rules.fail("dynamodb.GetItem", throttled("ProvisionedThroughputExceededException"))
    with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException):
        dynamodb.get_item(TableName=TABLE, Key=key)
    rules.fail("dynamodb.TransactWriteItems", cancelled())
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as failed:
        dynamodb.transact_write_items(TransactItems=put)
    reasons: Any = failed.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["ThrottlingError"]
    rules.fail("dynamodb.BatchGetItem", unprocessed)
    asked: Any = {TABLE: {"Keys": [key]}}
    found = dynamodb.batch_get_item(RequestItems=asked)
    assert (found["Responses"], found["UnprocessedKeys"]) == ({TABLE: []}, asked)
    dynamodb.transact_write_items(TransactItems=put)
    assert dynamodb.batch_get_item(RequestItems=asked)["Responses"] == {TABLE: [key]}


def test_outside_there_are_no_rules(sns: "SNSClient", topic: str) -> None:
    from tests.aws_rules import layer

    assert layer._enforced is not None
    inner = layer._enforced
    layer._enforced = None
    try:
        sns.publish(TopicArn=topic, Message="m", Subject=" a")
    finally:
        layer._enforced = inner


# ---- Cognito ---------------------------------------------------------------------------------------------------------

CLAIMS: Final = {
    "sub": "1",
    "iss": "https://issuer.example",
    "email": "a@b.example",
    "email_verified": True,
    "custom:tenant_id": "acme",
    "cognito:groups": ["reports.read"],
}


@pytest.mark.parametrize(
    ("scopes", "tenant", "mail"),
    [
        (["openid"], True, True),
        (["openid", "email"], False, True),
        (["openid", "email", "profile"], True, True),
        (["openid", "phone"], False, False),
    ],
)
def test_an_id_token_has_what_the_scopes_allow(scopes: list[str], tenant: bool, mail: bool) -> None:
    found = id_token(CLAIMS, scopes)
    assert ("custom:tenant_id" in found, "email" in found) == (tenant, mail)
    assert found["cognito:groups"] == ["reports.read"]
