"""Makes `table.json`: the build of commit 21dba73, run on moto, stores a small portfolio in the ways that it had.

From a clone with its history: `python -m tests.earlier.make`. It unpacks that commit's tree, runs itself there on that
build's own code and tests' helpers, and keeps each item of the table as DynamoDB holds it, with that build's answers.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

HERE = Path(__file__).resolve().parent
COMMIT = "21dba73"
FIRST, LAST, NOW = "2026-10-23", "2026-11-22", "2026-11-22T12:30:00Z"
FUTURE = "2062-11-26"


@contextmanager
def earlier_service() -> Iterator[Any]:
    """That build's own test service."""
    import time_machine
    from moto import mock_aws

    from chalicelib import bootstrap
    from infra.table import create_table
    from tests.functional import conftest
    from tests.functional.service import Clock, Service

    environment = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "TABLE_NAME": conftest.TABLE,
        "SIGNING_KEY_PARAMETER": conftest.KEY_PARAMETER,
        "TOPIC_PREFIX": "client-health",
        "DASHBOARD_URL": "https://client-health.example",
    }
    os.environ.update(environment)
    with mock_aws(), time_machine.travel(f"{FIRST}T00:00:00Z", tick=False) as at:
        dynamodb, sqs = conftest.peek("dynamodb"), conftest.peek("sqs")
        conftest.aws_client("ssm").put_parameter(Name=conftest.KEY_PARAMETER, Value="secret", Type="SecureString")
        create_table(dynamodb, conftest.TABLE)
        queues = sqs.create_queue(QueueName="scoring")["QueueUrl"], sqs.create_queue(QueueName="dead")["QueueUrl"]
        os.environ["SCORING_QUEUE_URL"] = queues[0]
        with patch.object(bootstrap, "aws_client", conftest.aws_client):
            bootstrap.application.cache_clear()
            from app import app

            tokens = resolve_name("tests.functional.service.IssuedTokens")()
            vars(bootstrap.application())["tokens"] = tokens
            yield Service(app, Clock(at), tokens, (dynamodb, sqs), queues, conftest.TABLE)


def portfolio(service: Any) -> None:
    """Two tenants: one with a bit of everything and doubles, one that was scored for a mistyped year."""
    from tests.functional.examples import FACT_TYPES, OPTIONAL, account_manager, client, fact, fleet_records, ticket
    from tests.functional.support import change

    service.tenant("acme")
    service.tenant("late")
    managed = {"account_manager_id": "m1", "industry": "Healthcare", "client_since": "2020-02-29"}
    service.take(account_manager(), *fleet_records())
    service.take(client("full", **managed, monthly_recurring_revenue={"currency": "EUR", "amount": "1500.5"}))
    service.take(*(fact(kind, f"{kind}-0", "full", **OPTIONAL[kind]) for kind in FACT_TYPES))
    service.take(*(client(name, client_since="2021-06-01") for name in ("here", "there", "raced")))
    service.take(
        client("fallen", **managed),
        fact("assessment", "A1", "fallen", completed_on="2026-09-01", standardization_score=20),
        client("ahead", client_since="2021-06-01"),
        ticket("L1", "ahead", priority="P1"),
    )
    service.take(client("c1", client_since="2021-06-01"), ticket("L1", "c1"), tenant="late")
    service.drain()
    change(service, primary_model="deduction", alert_threshold=80)
    service.night(FIRST)
    change(service, rearm_margin=6)
    service.take(*(ticket(f"F{number:02d}", "fallen", priority="P1") for number in range(12)))
    doubles(service)
    service.drain()
    service.night(LAST)
    with_key = {"Idempotency-Key": "once"}
    assert service.http("POST", "/v1/clients/full/recalculate", {}, headers=with_key).status == 200
    service.trigger(f"{FUTURE}T02:00:00Z", ["late"])
    service.drain()
    service.clock.to(NOW)
    service.publish()


def doubles(service: Any) -> None:
    """Tickets in several places, each in a way that this build had of leaving one there."""
    from tests.functional.examples import ticket

    this, last = "2026-11-02T09:00:00Z", "2026-08-03T09:00:00Z"
    for name in ("moved-1", "moved-2"):  # to another client: it counts for both
        service.take(ticket(name, "here", created_at=this, priority="P1"))
        service.clock.advance(60)
        service.take(ticket(name, "there", created_at=this, priority="P2"))
    service.take(ticket("again", "here", created_at=last))  # deleted, and sent anew with another creation
    service.clock.advance(60)
    service.take(ticket("again", "here", created_at=last, deleted=True))
    service.clock.advance(60)
    service.take(ticket("again", "here", created_at=this))
    roster = resolve_name("chalicelib.bootstrap.application")().roster
    put = roster.put_block
    met: list[bool] = []

    def put_late(*arguments: Any) -> Any:
        """Another request comes between what this one reads and what it writes."""
        if not met:
            met.append(True)
            service.take(ticket("raced", "raced", created_at=last))
        return put(*arguments)

    with patch.object(roster, "put_block", put_late):
        service.take(ticket("raced", "raced", created_at=this))


def answers(service: Any) -> dict[str, Any]:
    """What this build says of each scored client: its scores and points now, and the scores of its history."""
    found = {}
    for row in service.http("GET", "/v1/clients?limit=200").body["items"]:
        path = f"/v1/clients/{row['client_id']}"
        card, history = service.http("GET", f"{path}/health"), service.http("GET", f"{path}/history")
        assert card.status == history.status == 200, (card, history)
        found[row["client_id"]] = scores(card.body["models"], history.body["items"])
    return found


def scores(models: dict[str, Any], history: list[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of a card and of a history, which no wording changes."""
    deduction, weighted = models["deduction"], models["weighted"]
    return {
        "deduction": [deduction["score"], *(factor["points"] for factor in deduction["factors"])],
        "weighted": [weighted["score"], weighted["exact_score"], *(each["points"] for each in weighted["signals"])],
        "velocity": [deduction["velocity"], weighted["velocity"]],
        "history": [[e["date"], e["trigger"], e["deduction"]["score"], e["weighted"]["score"]] for e in history],
    }


def main() -> None:
    if sys.argv[1:] != ["here"]:
        from benchmarks.earlier import earlier_tree

        with earlier_tree(COMMIT) as tree:
            script = Path(__file__).resolve()
            path = {**os.environ, "PYTHONPATH": str(tree)}
            subprocess.run([sys.executable, str(script), "here"], cwd=tree, env=path, check=True)
        return
    with earlier_service() as service:
        portfolio(service)
        items = [_plain(item) for _, item in sorted(service.stored().items())]
        document = {
            "made": f"by tests/earlier/make.py on commit {COMMIT}; bytes are base64",
            "now": NOW,
            "answers": answers(service),
            "items": items,
        }
    lines = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (HERE / "table.json").write_text(lines.replace('{"pk":', '\n{"pk":').replace('"items":', '\n"items":') + "\n")


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item in DynamoDB's own form, its keys first."""
    ordered = {name: item[name] for name in ("pk", "sk")} | dict(sorted(item.items()))
    return {name: {kind: _text(value)} for name, held in ordered.items() for kind, value in held.items()}


def _text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    main()
