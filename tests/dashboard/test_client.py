"""The client page: its scores, why they are what they are, and a recalculation."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.dashboard.conftest import STUDIO, Api, Visit, Visitor


def worst(api: Api, tenant: str = "demo") -> Any:
    """The client with the lowest score; in the demo tenant, one that has a score of 30 days ago, too."""
    found = api.get("/clients", tenant, sort="score", columns="score_trend", limit=200)["items"]
    return next(client for client in found if client["score_trend"] or tenant != "demo")


def test_the_health_score_with_every_signal_and_its_sentence(lead: Visitor, api: Api) -> None:
    client_id = worst(api)["client_id"]
    card = api.get(f"/clients/{client_id}/health")
    weighted = card["models"]["weighted"]
    assert weighted["velocity"] is not None, "a client of the demo that has a past"
    page = lead.open(f"/clients/{client_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(card["client"]["name"])
    expect(
        page.get_by_role("img", name=re.compile(rf"^{weighted['score']} of 100: {weighted['label']}"))
    ).to_be_visible()
    expect(page.locator("main")).to_contain_text(weighted["advice"])
    signals = page.locator(".breakdown > li")
    assert signals.count() == len(weighted["signals"]) == 9
    for place, signal in enumerate(weighted["signals"]):
        points = "–" if signal["points"] is None else str(signal["points"])
        for text in (signal["label"], signal["sentence"], points, f"{signal['weight']:g}%"):
            expect(signals.nth(place)).to_contain_text(text)
        expect(signals.nth(place)).to_contain_text(signal["contribution"])
    peers = page.locator("section", has=page.get_by_role("heading", name="Peer comparison"))
    averages = [f"{weighted['peers'][group]['average']:.1f}" for group in ("industry", "all")]
    shown = peers.locator("dd:not(.level)").all_inner_texts()
    assert shown == [str(weighted["score"]), *averages]
    percentile = weighted["peers"]["percentile"]
    expect(peers).to_contain_text(f"Healthier than {percentile}%" if percentile else "No other client scores lower.")
    velocity = page.locator("section", has=page.get_by_role("heading", name="30-day change and forecast"))
    figures = velocity.locator("dd:not(.level)").all_inner_texts()
    assert figures[1:] == [str(weighted["score"]), str(weighted["projected_score"])]
    assert str(abs(weighted["velocity"])) in figures[0]
    expect(page.get_by_role("img", name=re.compile("over 90 days"))).to_be_visible()
    assert lead.complaints == []


def test_the_deduction_model_with_every_factor(lead: Visitor, api: Api) -> None:
    client_id = worst(api)["client_id"]
    deduction = api.get(f"/clients/{client_id}/health")["models"]["deduction"]
    page = lead.open(f"/clients/{client_id}?model=deduction")
    expect(page.get_by_role("img", name=re.compile(rf"^{deduction['score']} of 100"))).to_be_visible()
    factors = page.locator(".breakdown > li")
    assert factors.count() == len(deduction["factors"])
    for place, factor in enumerate(deduction["factors"]):
        expect(factors.nth(place)).to_contain_text(factor["sentence"])
        expect(factors.nth(place).locator("strong")).to_contain_text(str(abs(factor["points"])))


def test_why_it_changed_adds_up(lead: Visitor, api: Api) -> None:
    client_id = worst(api)["client_id"]
    found = api.get(f"/clients/{client_id}/explanation")
    page = lead.open(f"/clients/{client_id}")
    section = page.locator("section", has=page.get_by_role("heading", name="Why did it change?"))
    expect(section).to_contain_text(f"{found['from']['score']} → {found['to']['score']}")
    parts = section.locator(".parts > li")
    assert parts.count() == len(found["parts"])
    total = 0.0
    for place, part in enumerate(found["parts"]):
        expect(parts.nth(place)).to_contain_text(part["sentence"])
        shown = parts.nth(place).locator(".part-change").inner_text()
        total += float(shown.replace("−", "-"))
    assert round(total, 1) == found["change"]

    day = found["from"]["date"]
    section.get_by_role("textbox", name="To", exact=True).fill(day)
    lead.settle()
    assert f"to={day}" in lead.address()


def test_the_history_has_every_signal(lead: Visitor, api: Api) -> None:
    client_id = worst(api)["client_id"]
    history = api.get(f"/clients/{client_id}/history", limit=20)["items"]
    lead.open(f"/clients/{client_id}")
    rows = lead.rows("History")
    assert len(rows) == len(history)
    for row, entry in zip(rows, history, strict=True):
        assert row[2] == str(entry["weighted"]["score"])
        points = ["–" if points is None else str(points) for points in entry["weighted"]["points"].values()]
        assert row[4:13] == points


def test_a_recalculation_tells_its_result_and_enters_the_history(visit: Visit, api: Api) -> None:
    client_id = worst(api, STUDIO)["client_id"]
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open(f"/clients/{client_id}")
    before = len(api.get(f"/clients/{client_id}/history", STUDIO)["items"])
    page.get_by_role("button", name="Recalculate").click()
    expect(page.locator(".toast")).to_contain_text("Recalculated: ")
    visitor.settle()
    after = api.get(f"/clients/{client_id}/history", STUDIO)["items"]
    assert len(after) == before + 1
    assert visitor.rows("History")[0][1] == "Recalculated"
    assert visitor.rows("History")[0][2] == str(after[0]["weighted"]["score"])


def test_an_unknown_client_is_told(lead: Visitor) -> None:
    page = lead.open("/clients/nobody-knows")
    expect(page.get_by_role("heading", name="There is no such client")).to_be_visible()


def test_its_requests_start_together(lead: Visitor, api: Api) -> None:
    """Nothing waits for the card: history and explanation are asked for while it is still on its way."""
    client_id = worst(api)["client_id"]
    page = lead.page
    page.route(f"**/v1/clients/{client_id}/health", lambda _: None)  # is never answered
    with (
        page.expect_response(re.compile(rf"/clients/{client_id}/history\?")) as history,
        page.expect_response(re.compile(rf"/clients/{client_id}/explanation")) as explanation,
    ):
        page.goto(f"{lead.base_url}/clients/{client_id}")
    assert (history.value.status, explanation.value.status) == (200, 200)
    expect(page.get_by_text("Loading the client")).to_be_attached()
