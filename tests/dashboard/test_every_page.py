"""What holds for every page: it can be used by everybody, on every screen, and says so when it has nothing to show."""

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Response, expect

from tests.dashboard.conftest import EMPTY, Api, Visit, Visitor, problems

PAGES = {
    "client-health": "/analytics/clients",
    "health-dashboard": "/analytics/health",
    "accounts": "/accounts",
    "client": "/clients/{client}",
    "client-deduction": "/clients/{client}?model=deduction",
    "workload": "/analytics/workload",
    "alerts": "/alerts",
    "tasks": "/tasks",
    "import": "/import",
    "settings-health-score": "/settings/health-score",
    "settings-versions": "/settings/versions",
    "settings-business-hours": "/settings/business-hours",
    "settings-workflows": "/settings/workflows",
    "settings-links": "/settings/links",
    "settings-account-managers": "/settings/account-managers",
    "settings-api-keys": "/settings/api-keys",
}
# Themes differ in their colours alone, and a narrow screen in everything else.
AXE_OPTIONS: dict[tuple[str, int], dict[str, object]] = {
    ("light", 1280): {"resultTypes": ["violations"]},
    ("dark", 1280): {"resultTypes": ["violations"], "runOnly": ["color-contrast"]},
    ("light", 380): {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}},
}
FIRST_VIEW_BYTES = 150_000
CHARTS_BYTES = 70_000
NO_JUMP = 0.1
"""Cumulative layout shift that counts as good (web.dev/cls)."""


@pytest.mark.parametrize(("theme", "width"), list(AXE_OPTIONS))
def test_pages_are_usable_by_everybody(
    visit: Visit, api: Api, axe: str, screenshots: Path, theme: str, width: int
) -> None:
    """No serious fault by axe, nothing wider than the screen, no complaint in the console; a picture of each."""
    client = api.get("/clients", sort="score", limit=1)["items"][0]["client_id"]
    visitor = visit(width=width, theme=theme)
    page = visitor.open("/")
    page.screenshot(path=screenshots / f"sign-in-{theme}-{width}.png")
    faults = {}
    for name, path in [("sign-in", None), *PAGES.items()]:
        if path is not None:
            if name == "client-health":
                visitor.sign_in()
            visitor.open(path.format(client=client))
            page.screenshot(path=screenshots / f"{name}-{theme}-{width}.png", full_page=True)
        page.evaluate(axe)
        found = page.evaluate("options => axe.run(document, options)", AXE_OPTIONS[theme, width])
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if (said := problems(found)) != "[]":
            faults[name] = said
        if wider > 0:
            faults[f"{name}, width"] = f"{wider} px wider than the screen"
    assert not faults, "\n".join(f"{name}: {said}" for name, said in faults.items())
    assert visitor.complaints == []


@pytest.mark.parametrize("path", ["/analytics/clients", "/analytics/health", "/accounts", "/settings/health-score"])
def test_nothing_jumps_while_it_loads(lead: Visitor, path: str) -> None:
    page = lead.page
    page.add_init_script(
        """window.shifted = 0;
        new PerformanceObserver(list => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
        }).observe({type: 'layout-shift', buffered: true});"""
    )
    lead.open(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < NO_JUMP


def test_the_first_view_is_small(visit: Visit) -> None:
    """Everything up to Client Health with its numbers, charts apart, as CloudFront sends it: compressed."""
    visitor = visit()
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if "/v1/" not in response.url and "/demo/" not in response.url:
            sizes[response.url] = len(gzip.compress(response.body(), 6))

    visitor.page.on("response", weigh)
    visitor.sign_in(click=True).settle()
    visitor.page.wait_for_load_state("networkidle")
    charts = sum(size for url, size in sizes.items() if "/charts-" in url)
    assert 0 < charts < CHARTS_BYTES
    assert sum(sizes.values()) - charts < FIRST_VIEW_BYTES, sizes
    assert len(sizes) >= 4


def test_a_page_without_a_chart_does_without_the_charts(lead: Visitor) -> None:
    """Chart.js is a file of its own, which only a page with a chart fetches."""
    fetched: list[str] = []
    lead.page.on("request", lambda request: fetched.append(request.url))
    lead.open("/accounts")
    lead.page.wait_for_load_state("networkidle")
    assert fetched
    assert not [url for url in fetched if "/charts-" in url]
    lead.open("/analytics/health")
    assert len([url for url in fetched if "/charts-" in url]) == 1


def test_an_empty_tenant_is_told_what_comes(visit: Visit) -> None:
    visitor = visit().sign_in(tenant=EMPTY)
    page = visitor.page
    for path, text in (
        ("/analytics/clients", "First steps"),
        ("/analytics/health", "No nightly run yet"),
        ("/accounts", "No clients yet"),
        ("/alerts", "No open alerts"),
        ("/tasks", "No open tasks"),
        ("/settings/account-managers", "No account managers yet"),
        ("/settings/api-keys", "No keys yet"),
    ):
        visitor.open(path)
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    assert visitor.complaints == []


def test_a_failure_is_told_and_can_be_tried_again(lead: Visitor) -> None:
    page = lead.page
    problem = {"title": "Internal Server Error", "status": 500, "detail": "Something went wrong.", "request_id": "r-1"}
    page.route("**/v1/analytics/portfolio*", lambda route: route.fulfill(status=500, json=problem))
    lead.open("/analytics/health")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Something went wrong.")
    expect(alert).to_contain_text("r-1")
    page.unroute("**/v1/analytics/portfolio*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Average score by industry")).to_be_visible()


def test_no_connection_is_told(lead: Visitor) -> None:
    page = lead.page
    page.route("**/v1/clients?*", lambda route: route.abort())
    lead.open("/accounts")
    expect(page.get_by_role("alert")).to_contain_text("No connection")


def test_it_is_used_by_keyboard_alone(lead: Visitor) -> None:
    page = lead.open("/analytics/clients")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("button", name="Client", exact=True).focus()
    page.keyboard.press("Enter")
    lead.settle()
    assert "sort=name" in lead.address()
    page.get_by_label("30 days").focus()
    page.keyboard.press("ArrowRight")
    lead.settle()
    assert "period=90d" in lead.address()


def test_on_a_narrow_screen_the_menu_opens_and_closes(visit: Visit) -> None:
    page = visit(width=380).sign_in().open("/alerts")
    menu = page.get_by_role("button", name="Menu")
    expect(page.get_by_role("link", name="Clients", exact=True)).to_be_hidden()
    menu.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Clients", exact=True)).to_be_hidden()
    menu.click()
    page.get_by_role("link", name="Clients", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clients")
    expect(page.get_by_role("link", name="Portfolio")).to_be_hidden()


def test_on_a_narrow_screen_what_opens_fits(visit: Visit) -> None:
    visitor = visit(width=380).sign_in()
    page = visitor.open("/accounts")
    page.get_by_text("Columns", exact=True).click()
    box = page.get_by_role("group", name="Columns shown").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 380
    visitor.open("/settings/health-score")
    page.get_by_label("“Healthy” from").fill("90")
    page.get_by_role("button", name="Review and publish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("into another band")
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


def test_the_theme_is_chosen_and_kept(lead: Visitor) -> None:
    page = lead.open("/alerts")
    page.get_by_label("Theme").select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_an_address_that_leads_nowhere_is_told(lead: Visitor) -> None:
    page = lead.open("/no/such/page")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
