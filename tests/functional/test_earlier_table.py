"""A table that the build of commit 21dba73 wrote (`tests/earlier`): read, scored, settled, mended, scored at night."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest

from chalicelib.domain.times import parse_instant
from infra.operations import command as cli
from infra.operations.site import Site
from tests.earlier import make
from tests.functional.conftest import TABLE
from tests.functional.examples import ticket
from tests.functional.service import Service
from tests.functional.test_data_operations import restore
from tests.running import working_at

MADE: Final[dict[str, Any]] = json.loads((Path(make.__file__).parent / "table.json").read_text())
ANSWERS: Final[dict[str, Any]] = MADE["answers"]
DOUBLED: Final = {"here", "there", "raced"}
"""Clients with a ticket that is stored twice."""


@pytest.fixture
def earlier(service: Service) -> Service:
    """The service on that table, at the moment when that build was asked."""
    restore(service, {(item["pk"]["S"], item["sk"]["S"]): _item(item) for item in MADE["items"]})
    service.clock.to(MADE["now"])
    return service


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: base64.b64decode(value) if kind == "B" else value}
        for name, held in item.items()
        for kind, value in held.items()
    }


@pytest.fixture
def run(earlier: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A command of operations on it."""
    outputs = {"TableName": TABLE, "QueueUrl": earlier.queue_url}
    site = Site(boto3.Session(region_name="eu-central-1"), outputs)
    monkeypatch.setattr(cli, "time", SimpleNamespace(time=lambda: parse_instant(MADE["now"])))
    return lambda *arguments: cli.main(arguments, working_at(site))


def answered(service: Service, client: str) -> dict[str, Any]:
    """What the maker kept of that build's answers, of this one."""
    path = f"/v1/clients/{client}"
    card, history = service.http("GET", f"{path}/health"), service.http("GET", f"{path}/history")
    assert card.status == history.status == 200, (card, history)
    return make.scores(card.body["models"], history.body["items"])


def held(service: Service, *clients: str) -> dict[str, list[tuple[str, int]]]:
    """The tickets of clients that count, with their priorities."""
    return {client: [(row.id, row.priority) for row in service.facts(client).tickets.rows()] for client in clients}


def test_clients_score_as_they_did(earlier: Service) -> None:
    found = {client: answered(earlier, client) for client in ANSWERS}
    kept = ANSWERS.keys() - DOUBLED
    assert {client: found[client] for client in kept} == {client: ANSWERS[client] for client in kept}
    for client in DOUBLED:  # whose ticket counts once now
        assert found[client]["history"] == ANSWERS[client]["history"]


def test_doubles_are_listed_and_go_with_the_first_records_that_come(
    earlier: Service, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    before = earlier.stored()
    assert run("doubles", "--tenant", "acme") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in said[:-1]] == [
        "again: here 2026-Q4",
        "moved-1: there 2026-Q4",
        "moved-2: there 2026-Q4",
        "raced: raced 2026-Q4",
    ]
    assert said[-1] == "4 tickets of acme are stored in several places; of each the first counts"
    assert "here 2026-Q3 (changed 2026-10-23T02:0" in said[0]
    assert ", deleted)" in said[0]
    assert earlier.stored() == before, "it reads only"
    assert run("doubles", "--tenant", "late") == 0
    assert "0 tickets of late" in capsys.readouterr().out
    assert run("doubles", "--tenant", "nobody") == 1

    earlier.take(ticket("new", "silent"))
    earlier.drain()
    assert run("doubles", "--tenant", "acme") == 0
    (said_last,) = [line for line in capsys.readouterr().out.splitlines() if "tickets of" in line]
    assert said_last.startswith("0 tickets of acme")
    assert held(earlier, "here", "there", "raced") == {
        "here": [("again", 2)],
        "there": [("moved-1", 2), ("moved-2", 2)],
        "raced": [("raced", 2)],
    }


def test_settled_tickets_can_be_deleted_by_their_ids(earlier: Service) -> None:
    earlier.take(ticket("new", "silent"))
    earlier.drain()
    earlier.take(*({"type": "ticket", "id": name, "deleted": True} for name in ("moved-1", "again", "raced")))
    earlier.drain()
    assert held(earlier, "here", "there", "raced") == {"here": [], "there": [("moved-2", 2)], "raced": []}


def test_a_night_goes_on_where_that_build_ended(earlier: Service, run: Callable[..., int]) -> None:
    before = earlier.stored()
    assert run("mend-future", "--tenant", "late", "--confirm", "late") == 0
    earlier.drain()
    assert not [sk for _, sk in earlier.stored() if "2062" in sk]
    earlier.night("2026-11-23")
    assert earlier.queued() == (0, 0)
    after = earlier.stored()
    for tenant in ("acme", "late"):
        assert (f"T#{tenant}", "DAY#2026-11-23") in after
        assert (f"T#{tenant}#P#0000", "SNAP#2026-11-23") in after
        for day in ("2026-10-23", "2026-11-22"):
            key = f"T#{tenant}#P#0000", f"SNAP#{day}"
            assert after[key] == before[key]
    found = {row["client_id"]: row["score"] for row in earlier.http("GET", "/v1/analytics/clients").body["clients"]}
    assert found == {client: answered(earlier, client)["deduction"][0] for client in ANSWERS}
    assert earlier.http("GET", "/v1/clients/c1/health", tenant="late").status == 200
    told = earlier.http("GET", "/v1/alerts?limit=200").body["items"]
    assert len(told) >= sum(sk.startswith("ALERT#") for _, sk in before)


def test_that_builds_other_items_are_read(earlier: Service) -> None:
    versions = earlier.http("GET", "/v1/settings/versions").body["items"]
    assert [version["version"] for version in versions] == [3, 2, 1]
    kept = earlier.http("POST", "/v1/clients/full/recalculate", {}, headers={"Idempotency-Key": "once"})
    assert (kept.status, kept.body["client"]["client_id"]) == (200, "full")
    assert earlier.http("GET", "/v1/analytics/portfolio").status == 200
    resolved = earlier.http("GET", "/v1/alerts?status=RESOLVED").body["items"]
    everything = earlier.http("GET", "/v1/alerts").body["items"]
    assert {alert["id"] for alert in resolved} == {each["id"] for each in everything if each["status"] == "RESOLVED"}
    managers = earlier.http("GET", "/v1/account-managers").body["items"]
    assert [manager["id"] for manager in managers] == ["m1"]
