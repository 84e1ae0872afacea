"""The account manager's day: own clients first, what is open of a client, keys, and a page to take along."""

import re

from playwright.sync_api import expect

from tests.dashboard.conftest import Api, Visit, Visitor

GRACE = "am-3"


def test_an_account_manager_begins_with_their_own_clients(visit: Visit, api: Api, axe: str) -> None:
    mine = api.get("/clients", account_manager_id=GRACE, sort="score", columns="worklist", limit=200)
    visitor = visit().sign_in("account manager", click=True)
    page = visitor.open("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("My clients")
    rows = visitor.rows("Worklist")
    assert [(row[0].splitlines()[0], row[1]) for row in rows] == [
        (each["name"], str(each["score"])) for each in mine["items"]
    ]
    assert mine["items"][0]["main_cost"]["sentence"] in rows[0][4]
    page.evaluate(axe)
    assert page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations.length") == 0

    # All lists begin with them, too; the choice of all stays for the next page.
    visitor.open("/accounts")
    assert len(visitor.rows("Clients")) == min(25, mine["total"])
    page.get_by_text("All", exact=True).click()
    visitor.settle()
    assert "clients=all" in visitor.address()
    page.get_by_role("link", name="Portfolio").click()
    expect(page.get_by_role("radio", name="All", exact=True)).to_be_checked()
    assert visitor.complaints == []


def test_who_has_own_clients_alone_meets_no_others(visit: Visit, api: Api) -> None:
    everybody = api.get("/clients", limit=200)["items"]
    stranger = next(each for each in everybody if each["account_manager_id"] not in (GRACE, None))
    visitor = visit().sign_in("manager of own clients", click=True)
    page = visitor.open("/accounts")
    expect(page.get_by_role("group", name="Whose clients")).to_have_count(0)
    own = api.get("/clients", account_manager_id=GRACE)["total"]
    assert len(visitor.rows("Clients")) == min(25, own)
    for path in ("/analytics/clients", "/analytics/health", "/alerts?status=all", "/tasks?status=all"):
        visitor.open(path)
        assert stranger["name"] not in page.locator("main").inner_text()
    visitor.open(f"/clients/{stranger['client_id']}")
    expect(page.get_by_role("heading", name="There is no such client")).to_be_visible()


def test_the_clients_page_begins_with_what_is_open(lead: Visitor, api: Api) -> None:
    followed = {task["client_id"]: task for task in api.get("/tasks", status="OPEN")["items"]}
    alert = next(each for each in api.get("/alerts", status="OPEN")["items"] if each["client_id"] in followed)
    task = followed[alert["client_id"]]
    page = lead.open(f"/clients/{alert['client_id']}")
    strip = page.get_by_role("region", name="Open alerts and task")
    expect(strip).to_contain_text(alert["sentence"])
    page.get_by_role("button", name=f"Change: {task['title']}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("They move in May.")
    dialog.get_by_label("Assigned to").select_option(label="Henrik Lund")
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and "/v1/tasks/" in answer.url):
        dialog.get_by_role("button", name="Save").click()
    expect(strip).to_contain_text("They move in May.")
    (changed,) = [each for each in api.get("/tasks", status="OPEN")["items"] if each["id"] == task["id"]]
    assert (changed["note"], changed["assigned"]) == ("They move in May.", True)
    expect(page.locator(".facts")).to_contain_text("Contract")
    assert lead.complaints == []


def test_a_client_is_reached_by_keys(lead: Visitor, api: Api) -> None:
    client = api.get("/clients", limit=1)["items"][0]
    page = lead.open("/alerts")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('li') === document.querySelectorAll('.alert-list > li')[1]")
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Name of the client").fill(client["name"])
    expect(page.get_by_role("list", name="Clients").get_by_role("button")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(client["name"])
    lead.open("/accounts")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search clients")).to_be_focused()


def test_a_client_prints_on_one_page_without_what_is_internal(lead: Visitor, api: Api) -> None:
    alert = api.get("/alerts", status="OPEN")["items"][0]
    page = lead.open(f"/clients/{alert['client_id']}")
    for whom in ("us", "client"):
        page.evaluate("whom => { document.documentElement.dataset.print = whom }", whom)
        pages = re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))
        assert len(pages) == 1, whom
    page.emulate_media(media="print")
    expect(page.get_by_text("Current score")).to_be_visible()
    for internal in ("Path to Healthy", "Peer comparison", "Journal", "Monthly revenue"):
        expect(page.get_by_text(internal).first).to_be_hidden()
    expect(page.get_by_role("region", name="Open alerts and task")).to_be_hidden()


def test_clients_are_assigned_several_at_once(visit: Visit, api: Api) -> None:
    rows = api.get("/clients", account_manager_id="none")["items"][:2]
    visitor = visit().sign_in()
    page = visitor.open("/accounts?manager=none")
    for row in rows:
        page.get_by_role("checkbox", name=f"Choose {row['name']}").check()
    page.get_by_role("button", name="Assign to…").click()
    page.get_by_role("dialog").get_by_label("Account manager").select_option(value="am-1")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    expect(page.locator(".toast")).to_contain_text("2 clients assigned")
    for row in rows:
        assert api.get(f"/clients/{row['client_id']}")["account_manager_id"] == "am-1"
