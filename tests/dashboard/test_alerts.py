"""Alerts and tasks: the list, its filter, and the answers."""

from playwright.sync_api import expect

from tests.dashboard.conftest import Api, Visitor


def test_alerts_are_listed_newest_first_with_their_reason(lead: Visitor, api: Api) -> None:
    alerts = api.get("/alerts", limit=25)["items"]
    assert alerts, "the last night raises alerts"
    page = lead.open("/alerts?status=all")
    items = page.locator(".alert-list > li")
    assert items.count() == len(alerts)
    for place in range(3):
        expect(items.nth(place)).to_contain_text(alerts[place]["client_name"])
        expect(items.nth(place)).to_contain_text(alerts[place]["sentence"])
    assert lead.complaints == []


def test_they_filter_by_account_manager(lead: Visitor, api: Api) -> None:
    managers = {row["client_id"]: row["account_manager_id"] for row in api.get("/clients", limit=200)["items"]}
    manager = next(filter(None, (managers.get(alert["client_id"]) for alert in api.get("/alerts")["items"])))
    mine = api.get("/alerts", account_manager_id=manager, limit=25)["items"]
    page = lead.open("/alerts?status=all")
    page.get_by_role("combobox", name="Account manager").select_option(manager)
    lead.settle()
    assert page.locator(".alert-title a").all_inner_texts() == [alert["client_name"] for alert in mine]
    assert f"manager={manager}" in lead.address()


def test_an_alert_is_acknowledged_and_resolved(lead: Visitor, api: Api) -> None:
    alert = api.get("/alerts", status="OPEN", limit=25)["items"][-1]
    manager = alert["account_manager_id"]
    page = lead.open("/alerts?status=OPEN" + (f"&manager={manager}" if manager else ""))
    name = alert["client_name"]
    page.get_by_role("button", name=f"Acknowledge the alert for {name}").click()
    expect(page.locator(".toast")).to_contain_text(f"Alert for {name} acknowledged")
    expect(page.get_by_role("button", name=f"Acknowledge the alert for {name}")).to_have_count(0)
    # The row has left this list; who works by keyboard goes on with the next one.
    if page.locator(".alert-list > li").count():
        expect(page.locator(".alert-list :focus")).to_have_count(1)
    page.get_by_role("combobox", name="Status").select_option("ACKNOWLEDGED")
    # Resolved for good only after a time in which it can be taken back.
    page.get_by_role("button", name=f"Resolve the alert for {name}").click()
    expect(page.locator(".toast").last).to_contain_text(f"Alert for {name} resolved")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Resolve the alert for {name}")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.get_by_role("button", name=f"Resolve the alert for {name}").click()
    assert alert["id"] not in [each["id"] for each in api.get("/alerts", status="ACKNOWLEDGED")["items"]]
    resolved = [each["id"] for each in api.get("/alerts", status="RESOLVED")["items"]]
    assert alert["id"] in resolved


def test_tasks_are_listed(lead: Visitor, api: Api) -> None:
    tasks = api.get("/tasks", limit=25)["items"]
    page = lead.open("/alerts")
    page.get_by_role("link", name="Tasks", exact=True).click()
    page.get_by_role("combobox", name="Status").select_option("all")
    lead.settle()
    assert tasks, "the demo's At-Risk Alert workflow makes them"
    assert [row[0] for row in lead.rows("Tasks")] == [task["title"] for task in tasks]


def test_a_task_is_done_and_opened_again(lead: Visitor, api: Api) -> None:
    task = api.get("/tasks", limit=25, status="OPEN")["items"][-1]
    page = lead.open("/tasks")
    page.get_by_role("button", name=f"Mark as done: {task['title']}").click()
    expect(page.locator(".toast")).to_contain_text("is done")
    assert task["id"] in [each["id"] for each in api.get("/tasks", status="DONE", limit=200)["items"]]
    page.get_by_role("combobox", name="Status").select_option("DONE")
    page.get_by_role("button", name=f"Reopen: {task['title']}").click()
    expect(page.locator(".toast").last).to_contain_text("reopened")
