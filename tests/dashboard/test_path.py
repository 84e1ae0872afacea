"""The path on the client's page: what to do, until when it holds, and the task that is made of it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

from chalicelib.domain.time_zones import ZoneInfo
from infra.local import client, identity, runs, seeding
from infra.local.client import RefusedError
from tests.dashboard.conftest import Api, Visit, problems

TENANT: Final = "path-tenant"
CLIENT: Final = "c-path"


def records(now: datetime) -> Iterator[dict[str, Any]]:
    """A client of whom nobody takes care: old urgent tickets, no review, nobody called."""
    yield {"type": "client", "id": CLIENT, "name": "Pathfinder Ltd", "status": "ACTIVE", "client_since": "2020-01-15"}
    for number in range(1, 4):
        created = now - timedelta(days=20 + number)
        yield {
            "type": "ticket",
            "id": f"P{number}",
            "client_id": CLIENT,
            "priority": "P1",
            "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        }
        answered = created + timedelta(days=2)
        yield {
            "type": "survey",
            "id": f"S{number}",
            "client_id": CLIENT,
            "kind": "CSAT",
            "score": 1,
            "responded_at": f"{answered:%Y-%m-%dT%H:%M:%SZ}",
        }
    # What connects the other sources, so that their signals count.
    yield {"type": "qbr", "id": "Q1", "client_id": CLIENT, "held_on": "2020-06-15", "status": "COMPLETED"}
    yield {
        "type": "touchpoint",
        "id": "X1",
        "client_id": CLIENT,
        "occurred_at": "2020-06-15T09:00:00Z",
        "kind": "CALL",
        "with_decision_maker": True,
    }


@pytest.fixture(scope="module")
def path(api: Api) -> Any:
    """The path of the only client of a tenant of its own: others' tests change settings and log calls."""
    with suppress(RefusedError):  # the stack may be one that was kept
        client.create_tenant(api.stack, TENANT, name="Path", time_zone=seeding.TIME_ZONE, currency="EUR")
    token = identity.id_token(api.stack, TENANT)
    body = {"records": list(records(datetime.now(UTC)))}
    client.call(api.stack, "POST", "/v1/records", token, body=body)
    last = seeding.latest_night(datetime.now(UTC))
    nights = [last - timedelta(days=31), last - timedelta(days=30), last]
    for _ in runs.score_dates(api.stack, TENANT, ZoneInfo(seeding.TIME_ZONE), nights):
        pass
    path = api.get(f"/clients/{CLIENT}/plan", TENANT)
    assert len(path["actions"]) > 1
    return path


def card(page: Page, title: str = "Path to Healthy") -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


@pytest.fixture
def no_tasks(api: Api) -> Iterator[None]:
    """No open tasks, before and after."""

    def close() -> None:
        token = identity.id_token(api.stack, TENANT)
        for task in api.get("/tasks", TENANT, status="OPEN")["items"]:
            client.call(api.stack, "PATCH", f"/v1/tasks/{task['id']}", token, body={"status": "DONE"})

    close()
    yield
    close()


@pytest.mark.usefixtures("no_tasks")
def test_the_path_says_what_to_do_and_becomes_a_task(visit: Visit, api: Api, path: Any) -> None:
    visitor = visit().sign_in(tenant=TENANT)
    page = visitor.open(f"/clients/{CLIENT}")
    shown = card(page)
    expect(shown).to_contain_text(f"{path['score']} → {path['score_after']}")
    expect(shown).to_contain_text(re.compile("Holds (until|for at least 120 days)"))
    actions = shown.get_by_role("list", name="Actions").get_by_role("listitem")
    for place, action in enumerate(path["actions"]):
        expect(actions.nth(place)).to_contain_text(action["sentence"])
        expect(actions.nth(place)).to_contain_text(f"+{action['gain']}")

    shown.get_by_role("button", name="Make it a task").click()
    visitor.settle()
    expect(page.locator(".toast")).to_contain_text("Task made: Bring")
    (task,) = api.get("/tasks", TENANT, status="OPEN")["items"]
    assert len(task["steps"]) == len(path["actions"])
    for step, action in zip(task["steps"], path["actions"], strict=True):
        assert step.startswith(action["sentence"])

    shown.get_by_role("button", name="Make it a task").click()
    visitor.settle()
    expect(page.locator(".toast").last).to_contain_text(f"This client has an open task: {task['id']}.")
    visitor.open("/tasks")
    row = page.get_by_role("table", name="Tasks").get_by_role("row").filter(has_text=task["title"]).first
    expect(row).to_contain_text(task["steps"][0])


def test_any_target_can_be_asked_for(visit: Visit, api: Api, path: Any) -> None:
    visitor = visit().sign_in(tenant=TENANT)
    page = visitor.open(f"/clients/{CLIENT}")
    card(page).get_by_role("button", name="Higher target").click()
    expect(card(page, f"Path to {path['target'] + 1}")).to_be_visible()
    assert f"target={path['target'] + 1}" in visitor.address()

    page.get_by_label("Target", exact=True).fill("100")
    page.get_by_label("Target", exact=True).press("Enter")
    shown, none = card(page, "Path to 100"), api.get(f"/clients/{CLIENT}/plan", TENANT, target=100)
    expect(shown).to_contain_text(f"{none['best_score']} is the most that actions reach today.")
    for each in none["not_in_hand"]:
        expect(shown).to_contain_text(each["sentence"])

    shown.get_by_role("button", name=re.compile("^Alert re-arms")).click()
    settings = api.get("/settings/health-score", TENANT)
    rearm = settings["alert_threshold"] + settings["rearm_margin"]
    expect(card(page, f"Path to {rearm}")).to_be_visible()
    page.get_by_role("button", name="Healthy", exact=True).click()
    expect(card(page)).to_be_visible()
    visitor.open(f"/clients/{CLIENT}?target=1")
    expect(card(page, "Path to 1")).to_contain_text("Already at")
    assert visitor.complaints == []


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 380)])
def test_the_card_is_usable_by_everybody(visit: Visit, axe: str, screenshots: Path, theme: str, width: int) -> None:
    page = visit(width=width, theme=theme).sign_in(tenant=TENANT).open(f"/clients/{CLIENT}")
    card(page).screenshot(path=screenshots / f"path-{theme}-{width}.png")
    page.evaluate(axe)

    found = page.evaluate("() => axe.run('.path', {resultTypes: ['violations']})")

    assert problems(found) == "[]"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
