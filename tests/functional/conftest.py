"""Each test has the service to itself: an empty table, an empty queue, one tenant, the clock at NOW."""

from collections.abc import Iterator
from functools import cache, partial

import pytest
import time_machine
from moto import mock_aws

from chalicelib import aws as aws_adapters
from chalicelib import bootstrap
from infra.table import create_table
from tests.aws_rules.layer import AwsRules, enforced
from tests.fakes.access import IssuedTokens
from tests.functional.service import NOW, Clock, Service
from tests.running import build_with

TABLE = "client-health"
BUCKET = "client-health-imports"
KEY_PARAMETER = "/client-health/signing-key"

# Clients take long to make and keep nothing: they are made once.
aws_client = cache(aws_adapters.aws_client)
peek = cache(aws_client.__wrapped__)
"""Clients of the tests' own, for what no tenant's work does."""


@pytest.fixture(scope="session", autouse=True)
def rules() -> Iterator[AwsRules]:
    """AWS's own rules, where moto has none."""
    with enforced() as in_force:
        yield in_force


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        aws_client("ssm").put_parameter(Name=KEY_PARAMETER, Value="secret", Type="SecureString")
        patch.setenv("SECRETS_KEY_ID", aws_client("kms").create_key()["KeyMetadata"]["KeyId"])
        yield


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture
def table(aws: None) -> Iterator[str]:
    """An empty table with the key schema of infra/resources.yaml."""
    dynamodb = peek("dynamodb")
    create_table(dynamodb, TABLE)
    yield TABLE
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def queues(aws: None) -> Iterator[tuple[str, str]]:
    """The scoring queue and its dead-letter queue."""
    sqs = aws_client("sqs")
    dead = sqs.create_queue(QueueName="scoring-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 5}}'
    attributes = {"VisibilityTimeout": "360", "RedrivePolicy": policy}
    scoring = sqs.create_queue(QueueName="scoring", Attributes=attributes)["QueueUrl"]
    sync = sqs.create_queue(QueueName="sync")["QueueUrl"]
    yield scoring, dead
    for url in (scoring, dead, sync):
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def import_queue(aws: None) -> Iterator[str]:
    """The queue of imports, and their bucket."""
    sqs, s3 = aws_client("sqs"), peek("s3")
    url = sqs.create_queue(QueueName="imports", Attributes={"VisibilityTimeout": "1080"})["QueueUrl"]
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield url
    sqs.delete_queue(QueueUrl=url)
    for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def service(
    clock: Clock, table: str, queues: tuple[str, str], import_queue: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """The service with the tenant `acme`: Europe/Rome, EUR."""
    monkeypatch.setenv("TABLE_NAME", table)
    monkeypatch.setenv("SCORING_QUEUE_URL", queues[0])
    monkeypatch.setenv("IMPORT_QUEUE_URL", import_queue)
    monkeypatch.setenv("IMPORT_BUCKET", BUCKET)
    monkeypatch.setenv("SYNC_QUEUE_URL", queues[0].replace("scoring", "sync"))
    monkeypatch.setenv("CONNECTWISE_CLIENT_ID", "vendor")
    monkeypatch.setenv("SIGNING_KEY_PARAMETER", KEY_PARAMETER)
    monkeypatch.setenv("TOPIC_ARN_PREFIX", "arn:aws:sns:eu-central-1:123456789012:client-health-")
    monkeypatch.setenv("DASHBOARD_URL", "https://client-health.example")
    monkeypatch.setattr(aws_adapters, "aws_client", aws_client)
    from app import app

    tokens = IssuedTokens()
    monkeypatch.setattr(bootstrap, "build", partial(build_with, tokens))
    bootstrap.application.cache_clear()
    made = Service(app, clock, tokens, (peek("dynamodb"), peek("sqs")), queues, table)
    made.tenant("acme")
    yield made
    bootstrap.application.cache_clear()
