"""What SNS answers, as the service's own errors."""

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.adapters.sns import SnsNotifier
from chalicelib.domain.errors import Fault, InvalidError
from chalicelib.domain.ids import RecordId, TenantId


def test_an_endpoint_that_sns_refuses_is_a_fault_of_the_request() -> None:
    client = boto3.client("sns", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y")
    topic = "arn:aws:sns:eu-central-1:123456789012:health-topic"
    with Stubber(client) as stub:
        stub.add_response("create_topic", {"TopicArn": topic})
        stub.add_client_error("subscribe", "InvalidParameter", "Invalid parameter: SQS endpoint ARN", 400)
        with pytest.raises(InvalidError) as refused:
            SnsNotifier(client, "health-").subscribe(TenantId("acme"), RecordId("am-7"), "sqs", "arn:aws:sqs:x:1:y")
    assert refused.value.faults == (Fault("/endpoint", "SNS does not take this endpoint."),)
