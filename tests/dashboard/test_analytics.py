"""Client Health, the health dashboard and the accounts: each shows the API's own numbers."""

from playwright.sync_api import expect

from tests.dashboard.conftest import Api, Visitor

TABLE = "Client Health Details"


def names(rows: list[dict[str, object]]) -> list[object]:
    return [row["name"] for row in rows]


def duration_shown(hours: float | None) -> str:
    """A length of time as the page writes it, in the unit that fits it."""
    if hours is None:
        return "–"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 24 else f"{hours / 24:.1f} days"


def score_shown(account: dict[str, object]) -> str:
    """A score as the list of accounts shows it: too few signals make its data partial, which depends on the client."""
    if account["score"] is None:
        return "–"
    return f"{account['score']} partial data" if account["provisional"] else str(account["score"])


def test_client_health_shows_the_apis_numbers(lead: Visitor, api: Api) -> None:
    found = api.get("/analytics/clients", limit=25)
    page = lead.open("/analytics/clients")
    figures = page.locator(".figures dd .figure-number").all_inner_texts()
    summary = found["summary"]
    assert figures == [str(summary[name]) for name in ("total", "healthy", "at_risk", "critical")]
    expect(page.locator(".donut-number")).to_have_text(f"{found['average_score']:.1f}")
    change = found["average_score_change"]["points"]
    sign = "−" if change < 0 else "+" if change > 0 else ""
    expect(page.locator(".donut-middle .delta")).to_contain_text(f"{sign}{abs(change):.1f}")
    legend = page.locator(".legend-value").all_inner_texts()
    assert legend == [f"{part['count']} {part['share'] * 100:.1f}%" for part in found["distribution"]]

    indicators = page.locator(".indicators > li")
    assert indicators.count() == len(found["risk_indicators"])
    for place, indicator in enumerate(found["risk_indicators"]):
        expect(indicators.nth(place)).to_contain_text(indicator["label"])
        expect(indicators.nth(place).locator(".count")).to_contain_text(str(indicator["count"]))
        assert indicators.nth(place).get_by_role("link").all_inner_texts() == names(indicator["clients"])

    shown = lead.rows(TABLE)
    assert len(shown) == len(found["clients"])
    for row, client in zip(shown, found["clients"], strict=True):
        hours = client["average_first_response_hours"]
        assert row[0] == client["name"]
        assert row[1].upper().replace(" ", "_") == client["status"]
        assert row[2] == str(client["score"])
        assert row[3].split()[0].rstrip(",") == str(client["tickets"])
        assert row[4:6] == [str(client["open_tickets"]), str(client["overdue_tickets"])]
        assert row[6] == duration_shown(hours)
        for money in client["revenue"]:
            assert f"{float(money['amount']):,.2f}" in row[7]
    assert lead.complaints == []


def test_the_period_changes_the_numbers_and_stays_in_the_address(lead: Visitor, api: Api) -> None:
    year = api.get("/analytics/clients", period="12m", limit=25)
    page = lead.open("/analytics/clients")
    page.get_by_label("12 months").check(force=True)
    lead.settle()
    assert lead.address() == "/analytics/clients?period=12m"
    assert [row[0] for row in lead.rows(TABLE)] == names(year["clients"])
    page.reload()
    lead.settle()
    expect(page.get_by_label("12 months")).to_be_checked()
    assert page.locator(".figure-number").first.inner_text() == str(year["summary"]["total"])
    page.go_back()
    lead.settle()
    expect(page.get_by_label("30 days")).to_be_checked()


def test_columns_sort_both_ways(lead: Visitor, api: Api) -> None:
    page = lead.open("/analytics/clients")
    heading = page.get_by_role("columnheader", name="Open")
    for order in ("desc", "asc"):
        heading.get_by_role("button").click()
        lead.settle()
        found = api.get("/analytics/clients", sort="open_tickets", order=order, limit=25)
        assert [row[0] for row in lead.rows(TABLE)] == names(found["clients"])
        assert f"sort=open_tickets&order={order}" in lead.address()
        expect(heading).to_have_attribute("aria-sort", f"{order}ending")


def test_search_and_status_filter_the_rows_only(lead: Visitor, api: Api) -> None:
    found = api.get("/analytics/clients", limit=25)
    word = found["clients"][3]["name"].split()[0]
    page = lead.open("/analytics/clients")
    page.get_by_label("Search clients").fill(word)
    page.wait_for_url("**q=*")
    lead.settle()
    assert [row[0] for row in lead.rows(TABLE)] == names(api.get("/analytics/clients", q=word)["clients"])
    assert page.locator(".figure-number").first.inner_text() == str(found["summary"]["total"])
    page.get_by_label("Search clients").fill("no such client anywhere")
    expect(page.get_by_text("No client matches")).to_be_visible()
    page.get_by_label("Search clients").fill("")
    page.wait_for_url(lambda url: "q=" not in url)
    page.get_by_role("combobox", name="Health").select_option("CRITICAL")
    lead.settle()
    critical = api.get("/analytics/clients", status="CRITICAL", limit=25)["clients"]
    assert [row[0] for row in lead.rows(TABLE)] == names(critical)


def test_pages_follow_each_other_and_can_be_linked(lead: Visitor, api: Api) -> None:
    first = api.get("/analytics/clients", limit=25)
    second = api.get("/analytics/clients", limit=25, cursor=first["next_cursor"])
    page = lead.open("/analytics/clients")
    page.get_by_role("button", name="Next").click()
    lead.settle()
    assert lead.address() == "/analytics/clients?page=2"
    assert [row[0] for row in lead.rows(TABLE)] == names(second["clients"])
    page.reload()
    lead.settle()
    assert [row[0] for row in lead.rows(TABLE)] == names(second["clients"])
    page.get_by_role("button", name="Previous").click()
    lead.settle()
    assert [row[0] for row in lead.rows(TABLE)] == names(first["clients"])


def test_the_health_dashboard_shows_the_apis_numbers(lead: Visitor, api: Api) -> None:
    found = api.get("/analytics/portfolio")
    page = lead.open("/analytics/health")
    figures = page.locator(".figure-number").all_inner_texts()
    assert figures == [f"{found['average_score']:.1f}", *(str(band["count"]) for band in found["bands"])]
    industries = page.locator("section", has=page.get_by_role("heading", name="Average score by industry"))
    averages = {row["industry"]: f"{row['average_score']:.1f}" for row in found["average_by_industry"]}
    for place in range(industries.locator("li").count()):
        row = industries.locator("li").nth(place)
        assert row.locator("strong").inner_text() == averages[row.locator(".breakdown-name").inner_text()]
    assert industries.locator("li").count() == len(averages)
    if found["fastest_declining"]:
        shown = [[row[0], row[1], row[3]] for row in lead.rows("Fastest declining")]
        expected = found["fastest_declining"]
        assert shown == [[row["name"], str(row["score"]), str(row["projected_score"])] for row in expected]
    for currency in {row["currency"] for row in found["revenue_by_band"]}:
        revenue = page.get_by_role("region", name=f"Revenue in {currency}").locator("li strong").all_inner_texts()
        rows = [row for row in found["revenue_by_band"] if row["currency"] == currency]
        assert [text.lstrip("€£$") for text in revenue] == [
            f"{float(row['monthly_recurring_revenue']):,.2f}" for row in rows
        ]
    expect(page.get_by_role("img", name="Average score over 90 days")).to_be_visible()

    page.get_by_label("Ticket health").check(force=True)
    lead.settle()
    deduction = api.get("/analytics/portfolio", model="deduction")
    assert page.locator(".figure-number").first.inner_text() == f"{deduction['average_score']:.1f}"
    assert lead.complaints == []


def test_accounts_hide_the_score_trend_until_it_is_asked_for(lead: Visitor, api: Api) -> None:
    page = lead.open("/accounts")
    expect(page.get_by_role("columnheader", name="Score Trend")).to_have_count(0)
    accounts = api.get("/clients", limit=25)["items"]
    assert [row[:2] for row in lead.rows("Clients")] == [[row["name"], score_shown(row)] for row in accounts]
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("Score Trend").check()
    lead.settle()
    expect(page.get_by_role("columnheader", name="Score Trend")).to_be_visible()
    page.reload()
    lead.settle()
    expect(page.get_by_role("columnheader", name="Score Trend")).to_be_visible()
    trends = [row["score_trend"] for row in api.get("/clients", limit=25, columns="score_trend")["items"]]
    assert any(trends)
    shown = [row[3] for row in lead.rows("Clients")]
    for text, trend in zip(shown, trends, strict=True):
        assert (text == "–") == (trend is None)
        assert trend is None or str(abs(trend["points"])) in text


def test_accounts_filter_by_account_manager_and_band(lead: Visitor, api: Api) -> None:
    manager = api.get("/account-managers")["items"][0]
    page = lead.open("/accounts")
    page.get_by_role("combobox", name="Account manager").select_option(manager["id"])
    lead.settle()
    mine = api.get("/clients", account_manager_id=manager["id"], limit=25)["items"]
    assert [row[0] for row in lead.rows("Clients")] == names(mine)
    assert f"manager={manager['id']}" in lead.address()
