"""Nightly runs of past dates: firing them, and waiting until the last page of each is scored."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.config import Config

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import encode
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import TenantId
from chalicelib.domain.time_zones import ZoneInfo
from infra.local import emulator
from infra.local.errors import LocalStackError, RunNotCompleteError
from infra.local.state import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef
    from mypy_boto3_lambda import LambdaClient

RUN_SECONDS = 420.0
"""How long one date may take; a message that failed comes back only after its six minutes of invisibility."""

_FIRST_POLL_SECONDS = 0.02
_LONGEST_POLL_SECONDS = 0.1


def dates(first: date, last: date) -> list[date]:
    """All dates from ``first`` to ``last``, both included, in order."""
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]


def run_date(fired_on: date, zone: ZoneInfo) -> date:
    """The date a run is kept under: the tenant's own at 02:00 UTC of the day it fires (New York: the day before)."""
    return _at_two(fired_on).astimezone(zone).date()


def score_dates(stack: Stack, tenant: str, zone: ZoneInfo, fired_on: Sequence[date]) -> Iterator[date]:
    """Fire the nightly function for the dates in order, each after the last is complete; yields a date when it is.

    In order, because each night is compared with earlier ones.

    Raises
    ------
    RunNotCompleteError, LocalStackError
    """
    session = emulator.session()
    once = Config(read_timeout=330, connect_timeout=5, retries={"total_max_attempts": 1})
    functions: LambdaClient = session.client("lambda", endpoint_url=stack.endpoint, config=once)
    table: DynamoDBClient = session.client("dynamodb", endpoint_url=stack.endpoint)
    for day in fired_on:
        _fire(functions, stack.outputs["NightlyFunctionName"], tenant, day)
        wait_for_run(table, stack.outputs["TableName"], tenant, run_date(day, zone))
        yield day


def wait_for_run(
    table_client: "DynamoDBClient", table_name: str, tenant_id: str, run_date: date, seconds: float = RUN_SECONDS
) -> None:
    """Return as soon as the tenant's run of ``run_date`` is complete.

    Raises
    ------
    RunNotCompleteError
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_POLL_SECONDS
    while not complete_runs(table_client, table_name, tenant_id, [run_date]):
        if time.monotonic() > deadline:
            raise RunNotCompleteError(
                f"the run of {run_date} of tenant {tenant_id!r} is not complete after {seconds:.0f} s: "
                "`python -m infra.local status` shows what waits in the queues, emulator.log what the workers say"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_POLL_SECONDS)


def complete_runs(
    table_client: "DynamoDBClient", table_name: str, tenant_id: str, run_dates: Sequence[date]
) -> set[date]:
    """Those of the dates whose run is complete."""
    complete: set[date] = set()
    for start in range(0, len(run_dates), 100):
        asked: list[dict[str, UniversalAttributeValueTypeDef]] = [
            encode(keys.run(TenantId(tenant_id), Day(day.toordinal()))._asdict())
            for day in run_dates[start : start + 100]
        ]
        while asked:
            answer = table_client.batch_get_item(RequestItems={table_name: {"Keys": asked, "ConsistentRead": True}})
            for item in answer["Responses"].get(table_name, []):
                if item.get("complete", {}).get("BOOL"):
                    complete.add(date.fromordinal(keys.day_of(item["sk"]["S"])))
            left = answer.get("UnprocessedKeys", {}).get(table_name)
            asked = [dict(key) for key in left["Keys"]] if left else []
    return complete


def _fire(functions: "LambdaClient", name: str, tenant: str, day: date) -> None:
    """Invoke the nightly function with the event that EventBridge sends at 02:00 UTC, limited to one tenant."""
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": f"{_at_two(day):%Y-%m-%dT%H:%M:%SZ}",
        "region": emulator.REGION,
        "resources": ["arn:aws:events:local:000000000000:rule/infra-local-score"],
        "detail": {"tenant_ids": [tenant]},
    }
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    if "FunctionError" in answer:
        said = answer["Payload"].read().decode(errors="replace")
        raise LocalStackError(f"the nightly function failed for {day}: {said}")


def _at_two(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
