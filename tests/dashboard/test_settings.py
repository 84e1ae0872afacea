"""Settings: a change goes through the previews to a version with its note, and no fault gets that far."""

from playwright.sync_api import expect

from tests.dashboard.conftest import STUDIO, Api, Visit

CHRISTMAS = "2026-12-25"


def test_weights_block_until_they_sum_to_100(visit: Visit) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/health-score")
    publish = page.get_by_role("button", name="Review and publish")
    expect(publish).to_be_disabled()
    weight = page.get_by_label("Payment health")
    held = weight.input_value()
    weight.fill(f"{float(held) + 0.5:g}")
    expect(page.locator(".weight-sum")).to_contain_text("100.5%")
    expect(page.get_by_text("0.5 over 100%")).to_be_visible()
    expect(publish).to_be_disabled()
    weight.fill("many")
    expect(page.get_by_text("A number from 0 to 100")).to_be_visible()
    page.get_by_label("“Needs attention” from").fill("100")
    expect(page.get_by_text("Must be below “Healthy”")).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    expect(weight).to_have_value(held)


def test_a_change_goes_from_live_preview_over_the_portfolio_to_a_version(visit: Visit, api: Api) -> None:
    before = api.get("/settings/health-score", STUDIO)
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/health-score")
    tickets, growth = page.get_by_label("Open P1/P2 tickets"), page.get_by_label("Employee growth")
    more = 1 if before["weights"]["employee_growth"] >= 1 else -1
    tickets.fill(f"{before['weights']['open_p1_p2_tickets'] + more:g}")
    growth.fill(f"{before['weights']['employee_growth'] - more:g}")
    green = 96 if before["green_threshold"] != 96 else 70
    with page.expect_response("**/preview") as answered:
        page.get_by_label("“Healthy” from").fill(str(green))
    preview = answered.value.json()
    expect(page.locator(".versus-score").nth(1)).to_have_text(str(preview["after"]["score"]))
    expect(page.locator(".versus .badge").nth(1)).to_have_text(
        {"GREEN": "Green · Healthy", "YELLOW": "Yellow · Needs attention", "RED": "Red · At risk"}[
            preview["after"]["band"]
        ]
    )

    with page.expect_response("**/preview") as answered:
        page.get_by_role("button", name="Review and publish").click()
    effect = answered.value.json()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Green threshold")
    crossing = effect["crossing_total"]
    expect(dialog).to_contain_text(f"{crossing} client{'s cross' if crossing != 1 else ' crosses'} into another band")
    for move in effect["crossing"][:3]:
        expect(dialog).to_contain_text(move["name"])
    note = f"Tried on the dashboard, green from {green}"
    dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name="Publish").click()
    expect(page.locator(".toast")).to_contain_text(f"Version {before['version'] + 1} published")
    expect(dialog).to_have_count(0)

    after = api.get("/settings/health-score", STUDIO)
    assert (after["version"], after["green_threshold"]) == (before["version"] + 1, green)
    visitor.open("/settings/versions")
    newest = page.locator(".versions > li").first
    expect(newest).to_contain_text(f"v{after['version']}")
    expect(newest).to_contain_text(note)
    expect(newest).to_contain_text("by you")
    change = newest.locator(".diff > li", has_text="Green threshold")
    expect(change.locator("del")).to_contain_text(str(before["green_threshold"]))
    expect(change.locator("ins")).to_contain_text(str(green))


def test_somebody_elses_version_in_the_meantime_is_told(visit: Visit) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/health-score")
    field = page.get_by_label("Days between alerts")
    field.fill("8" if field.input_value() != "8" else "9")
    stale = {"title": "Precondition Failed", "status": 412, "detail": "stale", "request_id": "r"}
    page.route(
        "**/v1/settings/health-score",
        lambda route: route.fulfill(status=412, json=stale) if route.request.method == "PUT" else route.continue_(),
    )
    page.get_by_role("button", name="Review and publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has published a version")


def test_business_hours_are_saved(visit: Visit, api: Api) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/business-hours")
    page.get_by_label("Count business hours only").check()
    page.get_by_role("button", name="Monday to Friday, 08:00–17:00").click()
    page.get_by_role("button", name="Add an interval to Sunday").click()
    opens = page.get_by_label("Sunday, interval 1, opens")
    opens.fill("9")
    expect(page.get_by_role("button", name="Save business hours")).to_be_disabled()
    opens.fill("09:30")
    page.get_by_label("Day", exact=True).fill(CHRISTMAS)
    page.get_by_role("button", name="Add holiday").click()
    page.get_by_role("button", name="Save business hours").click()
    expect(page.locator(".toast")).to_contain_text("published with these business hours")
    held = api.get("/settings/business-hours", STUDIO)
    assert held["enabled"] is True
    assert held["weekly"]["sun"] == [["09:30", "17:00"]]
    assert held["weekly"]["fri"] == [["08:00", "17:00"]]
    assert CHRISTMAS in held["holidays"]
    visitor.open("/settings/versions")
    expect(page.locator(".versions > li").first).to_contain_text("Business hours › Week › Sunday")


def test_the_workflow_is_switched(visit: Visit, api: Api) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/workflows")
    on = api.get("/settings/workflows", STUDIO)["at_risk_alert"]["enabled"]
    page.get_by_role("button", name="Switch off" if on else "Switch on").click()
    expect(page.locator(".toast")).to_contain_text("is off" if on else "is on")
    assert api.get("/settings/workflows", STUDIO)["at_risk_alert"]["enabled"] is not on


def test_an_api_key_is_shown_once_and_can_be_revoked(visit: Visit, api: Api) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/api-keys")
    page.get_by_label("Name").fill("PSA connector")
    page.get_by_role("button", name="Create key").click()
    secret = page.locator(".secret code").first
    expect(secret).to_contain_text("hk_")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke PSA connector").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator(".toast")).to_contain_text("is revoked")
    assert "PSA connector" not in [key["name"] for key in api.get("/settings/api-keys", STUDIO)["items"]]


def test_a_draft_outlives_its_page(visit: Visit) -> None:
    visitor = visit().sign_in(tenant=STUDIO)
    page = visitor.open("/settings/health-score")
    field = page.get_by_label("Days between alerts")
    held = field.input_value()
    field.fill("33")
    page.get_by_role("link", name="Workflows").click()
    page.get_by_role("link", name="Scoring").click()
    visitor.settle()
    expect(field).to_have_value("33")
    expect(page.get_by_text("Unpublished changes")).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    visitor.open("/settings/health-score")
    expect(field).to_have_value(held)


def test_a_dialog_gives_the_focus_back(visit: Visit) -> None:
    page = visit().sign_in(tenant=STUDIO).open("/settings/account-managers")
    button = page.get_by_role("button", name="Add account manager")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
