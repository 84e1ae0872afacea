"""The client page at work: records behind the numbers, a call that moves the number, the journal, links."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import STUDIO, Api, Visit, problems

TICKETS = "https://psa.example/tickets/{id}?client={client_id}"


def silent(api: Api) -> Any:
    """A client of the studio whose last decision-maker contact costs it points."""
    for client in api.get("/clients", STUDIO, sort="score", limit=200)["items"]:
        weighted = api.get(f"/clients/{client['client_id']}/health", STUDIO)["models"]["weighted"]
        contact = next(s for s in weighted["signals"] if s["id"] == "days_since_decision_maker_contact")
        if contact["points"] is not None and contact["points"] < 50 and contact["missing"] is None:
            return client["client_id"], weighted["score"]
    pytest.fail("the studio has nobody to call")


def no_faults(page: Page, axe: str) -> None:
    page.evaluate(axe)
    assert problems(page.evaluate("axe.run(document, {resultTypes: ['violations']})")) == "[]"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_call_moves_the_number(visit: Visit, api: Api, axe: str, screenshots: Path, theme: str) -> None:
    client_id, before = silent(api)
    visitor = visit(theme=theme).sign_in("account manager", tenant=STUDIO)
    page = visitor.open(f"/clients/{client_id}")
    page.keyboard.press("l")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Europe/")
    dialog.get_by_label("With a decision-maker").check()
    dialog.get_by_label("Text").fill("Spoke about the renewal")
    page.screenshot(path=screenshots / f"log-activity-{theme}.png")
    no_faults(page, axe)
    dialog.get_by_role("button", name="Log call").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text(re.compile(rf"Logged\. Health Score {before} → \d+: decision-maker contact \+"))
    visitor.settle()
    after = api.get(f"/clients/{client_id}/health", STUDIO)["models"]["weighted"]["score"]
    assert after > before
    expect(page.get_by_role("img", name=re.compile(rf"^{after} of 100"))).to_be_visible()

    entry = page.locator(".journal > li", has_text="Spoke about the renewal").first
    expect(entry).to_contain_text("Call with a decision-maker")
    expect(entry.locator(".journal-change")).to_contain_text(f"+{after - before}")
    no_faults(page, axe)
    page.screenshot(path=screenshots / f"journal-{theme}.png", full_page=True)
    entry.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(entry.locator("s").first).to_be_visible()
    assert api.get(f"/clients/{client_id}/health", STUDIO)["models"]["weighted"]["score"] == before
    assert visitor.complaints == []


def test_signals_unfold_to_linked_records(visit: Visit, api: Api, axe: str, screenshots: Path) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/links")
    field = page.get_by_label("Tickets")
    field.fill("http://psa.example")
    page.get_by_role("button", name="Save links").click()
    expect(page.get_by_role("alert")).to_contain_text("Send an address such as")
    field.fill(TICKETS)
    page.get_by_role("button", name="Save links").click()
    expect(page.locator(".toast")).to_contain_text("is published with these links")
    no_faults(page, axe)
    page.screenshot(path=screenshots / "settings-links.png")

    client_id = api.get("/clients", STUDIO, sort="score", limit=1)["items"][0]["client_id"]
    held = api.get(f"/clients/{client_id}/records", STUDIO, **{"for": "inactivity"})["items"]
    page = visitor.open(f"/clients/{client_id}?model=deduction")
    factor = page.locator(".breakdown > li", has_text="Days since last activity")
    factor.get_by_text("Records").click()
    link = factor.get_by_role("link")
    expect(link).to_have_attribute("href", f"https://psa.example/tickets/{held[0]['id']}?client={client_id}")
    no_faults(page, axe)
    page.screenshot(path=screenshots / "counted-records.png", full_page=True)


def test_a_viewer_logs_nothing(visit: Visit, api: Api) -> None:
    client_id = api.get("/clients", STUDIO, limit=1)["items"][0]["client_id"]
    page = visit().sign_in("viewer", tenant=STUDIO).open(f"/clients/{client_id}")
    expect(page.get_by_role("button", name="Log activity")).to_have_count(0)
    page.keyboard.press("l")
    expect(page.get_by_role("dialog")).to_have_count(0)
