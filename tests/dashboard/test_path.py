"""The path on the client's page: what to do, until when it holds, and the task that is made of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.local import client, identity
from tests.dashboard.conftest import STUDIO, Api, Visit, problems


def to_do(api: Api) -> tuple[str, Any]:
    """A client that actions bring to Healthy, and its path."""
    for row in api.get("/clients", STUDIO, sort="score", limit=200)["items"]:
        path = api.get(f"/clients/{row['client_id']}/plan", STUDIO)
        if path["actions"]:
            return row["client_id"], path
    raise AssertionError("nobody in the portfolio can be brought to Healthy")


def card(page: Page, title: str = "Path to Healthy") -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


@pytest.fixture
def no_tasks(api: Api) -> Iterator[None]:
    """A studio without open tasks, before and after."""

    def close() -> None:
        token = identity.id_token(api.stack, STUDIO)
        for task in api.get("/tasks", STUDIO, status="OPEN")["items"]:
            client.call(api.stack, "PATCH", f"/v1/tasks/{task['id']}", token, body={"status": "DONE"})

    close()
    yield
    close()


@pytest.mark.usefixtures("no_tasks")
def test_the_path_says_what_to_do_and_becomes_a_task(visit: Visit, api: Api) -> None:
    client_id, path = to_do(api)
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open(f"/clients/{client_id}")
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
    (task,) = api.get("/tasks", STUDIO, status="OPEN")["items"]
    assert len(task["steps"]) == len(path["actions"])
    for step, action in zip(task["steps"], path["actions"], strict=True):
        assert step.startswith(action["sentence"])

    shown.get_by_role("button", name="Make it a task").click()
    visitor.settle()
    expect(page.locator(".toast").last).to_contain_text(f"This client has an open task: {task['id']}.")
    visitor.open("/tasks")
    row = page.get_by_role("table", name="Tasks").get_by_role("row").filter(has_text=task["title"]).first
    expect(row).to_contain_text(task["steps"][0])


def test_any_target_can_be_asked_for(visit: Visit, api: Api) -> None:
    client_id, path = to_do(api)
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open(f"/clients/{client_id}")
    card(page).get_by_role("button", name="Higher target").click()
    expect(card(page, f"Path to {path['target'] + 1}")).to_be_visible()
    assert f"target={path['target'] + 1}" in visitor.address()

    page.get_by_label("Target", exact=True).fill("100")
    page.get_by_label("Target", exact=True).press("Enter")
    shown, none = card(page, "Path to 100"), api.get(f"/clients/{client_id}/plan", STUDIO, target=100)
    expect(shown).to_contain_text(f"{none['best_score']} is the most that actions reach today.")
    for each in none["not_in_hand"]:
        expect(shown).to_contain_text(each["sentence"])

    shown.get_by_role("button", name=re.compile("^Alert re-arms")).click()
    settings = api.get("/settings/health-score", STUDIO)
    rearm = settings["alert_threshold"] + settings["rearm_margin"]
    expect(card(page, f"Path to {rearm}")).to_be_visible()
    page.get_by_role("button", name="Healthy", exact=True).click()
    expect(card(page)).to_be_visible()
    visitor.open(f"/clients/{client_id}?target=1")
    expect(card(page, "Path to 1")).to_contain_text("Already at")
    assert visitor.complaints == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 380)])
def test_the_card_is_usable_by_everybody(
    visit: Visit, api: Api, axe: str, screenshots: Path, theme: str, width: int
) -> None:
    client_id, _ = to_do(api)
    page = visit(width=width, theme=theme).sign_in(tenant=STUDIO).open(f"/clients/{client_id}")
    card(page).screenshot(path=screenshots / f"path-{theme}-{width}.png")
    page.evaluate(axe)

    found = page.evaluate("() => axe.run('.path', {resultTypes: ['violations']})")

    assert problems(found) == "[]"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
