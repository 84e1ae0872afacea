"""What expires: as DynamoDB's time to live wants it, whatever it was computed for."""

import time
from typing import Final

import boto3

from tests.functional.conftest import TABLE
from tests.functional.examples import client, days_ago, fact
from tests.functional.service import Service
from tests.functional.support import STACK, change

EXPIRING: Final = {"DISPATCH", "RUN", "SNAP", "DAY", "H", "IDEM", "IMPORT"}


def test_expiry_is_a_number_of_seconds_that_lies_ahead(service: Service) -> None:
    """AWS keeps text, and what expired more than five years ago, for good: a night of ten years ago expires later."""
    change(service, primary_model="weighted", sources=["assessments"], **STACK)
    service.take(client("c1"), fact("assessment", "A1", "c1", completed_on=days_ago(40), standardization_score=90))
    service.trigger("2016-11-22T02:00:00Z")
    service.drain()
    recalculated = service.http(
        "POST", "/v1/clients/c1/recalculate", {"reason": "x"}, headers={"Idempotency-Key": "one"}
    )
    assert recalculated.status in {200, 202}, recalculated
    service.drain()
    files = {"files": [{"name": "a.csv", "size": 3}]}
    assert service.http("POST", "/v1/imports", files).status == 201
    now = time.time()  # the test's clock
    kinds = set()
    for page in boto3.client("dynamodb", region_name="eu-central-1").get_paginator("scan").paginate(TableName=TABLE):
        for item in page["Items"]:
            if "expires" in item:
                kinds.add(item["sk"]["S"].split("#")[0] if item["sk"]["S"] != "STATE" else "DISPATCH")
                assert list(item["expires"]) == ["N"], item
                assert int(item["expires"]["N"]) > now, item
    assert kinds == EXPIRING
