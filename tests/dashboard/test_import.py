"""From an empty tenant to scored clients, in the page alone."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from infra.local import client, seeding
from infra.local.state import Stack
from tests.dashboard.conftest import Hold, Visit, Visitor
from tests.functional.importing import tickets

INVOICES = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,*ItemAmount,Currency\n" + "".join(
    f"{number},Mill {number % 4},10/{number + 12}/2026,11/{number + 12}/2026,{number}.50,EUR\n"
    for number in range(1, 9)
)
DESK = "Nr,Opened,Urgency,Customer\n1,03/04/2026 08:00,hot,Mill 0\n2,04/05/2026 09:00,cold,Mill 9\n"
WORK_MS = 120_000


@pytest.fixture
def newcomer(visit: Visit, stack: Stack) -> Visitor:
    """The administrator of a tenant that has nothing."""
    tenant = f"new-{uuid4().hex[:8]}"
    client.create_tenant(stack, tenant, name=tenant, time_zone=seeding.TIME_ZONE, currency="EUR")
    return visit().sign_in(tenant=tenant)


def choose(page: Page, folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    page.get_by_label("Files to import").set_input_files([folder / f"{name}.csv" for name in files])


def reaches(page: Page, state: str) -> None:
    expect(page.get_by_role("heading", name=state, exact=True)).to_be_visible(timeout=WORK_MS)


def test_an_empty_tenant_comes_to_scored_clients(newcomer: Visitor, hold: Hold, tmp_path: Path) -> None:
    page = newcomer.open("/analytics/clients")
    steps = page.get_by_role("list").filter(has=page.get_by_role("heading", name="Bring your data"))
    expect(steps.get_by_role("listitem")).to_have_count(4)
    expect(page.get_by_text("No risk indicators")).to_have_count(0)
    hold(page, "import-first-steps")

    page.get_by_role("link", name="Import an export").click()
    odd = tickets(40, clients=4).replace("\n7,Printer,Closed,Urgent", "\n7,Printer,Closed,Odd")
    choose(page, tmp_path, tickets=odd, invoices=INVOICES)
    reaches(page, "Ready to import")
    expect(page.get_by_role("heading", name="tickets.csv: Freshdesk tickets")).to_be_visible()
    expect(page.get_by_role("heading", name="invoices.csv: QuickBooks invoices")).to_be_visible()
    expect(page.get_by_text("48 rows were checked: 47 can be imported, 1 cannot")).to_be_visible()
    expect(page.get_by_role("heading", name="4 new clients")).to_be_visible()
    hold(page, "import-preview")

    page.get_by_role("button", name="Import", exact=True).click()
    reaches(page, "Imported")
    expect(page.get_by_text("rows rejected")).to_be_visible()
    hold(page, "import-done")
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download the rejected rows of tickets.csv").click()
    rejected = Path(loading.value.path()).read_text()
    assert ",Odd," in rejected

    # What was mended goes in again, and finds its clients.
    page.get_by_role("button", name="Import more").click()
    choose(page, tmp_path, mended=rejected.replace(",Odd,", ",Urgent,"))
    reaches(page, "Ready to import")
    expect(page.get_by_role("heading", name="new clients")).to_have_count(0)
    page.get_by_role("button", name="Import", exact=True).click()
    reaches(page, "Imported")

    # A minute after the import the scores are there; the first night has made the portfolio.
    page = newcomer.open("/analytics/clients")
    expect(page.get_by_role("table", name="Client Health Details").locator("tbody tr")).to_have_count(4, timeout=90_000)
    newcomer.open("/analytics/health")
    for _ in range(60):
        if page.get_by_text("No nightly run yet").count() == 0:
            break
        page.wait_for_timeout(1000)
        newcomer.open("/analytics/health")
    expect(page.get_by_text("No nightly run yet")).to_have_count(0)
    assert newcomer.complaints == []


def test_a_file_that_nobody_knows_is_matched_once(newcomer: Visitor, hold: Hold, tmp_path: Path) -> None:
    page = newcomer.open("/import")
    choose(page, tmp_path, desk=DESK)
    expect(page.get_by_role("heading", name="desk.csv: not known yet")).to_be_visible(timeout=WORK_MS)
    page.get_by_label("Ticket number (needed)").select_option("Nr")
    page.get_by_label("Created (needed)").select_option("Opened")
    page.get_by_label(re.compile("^hot")).select_option("P1")
    page.get_by_label("Keep this under a name").fill("our desk")
    hold(page, "import-map")
    page.get_by_role("button", name="Read the file this way").click()
    page.get_by_role("button", name="3 April: day first").click(timeout=WORK_MS)
    expect(page.get_by_text("2026-04-03T06:00:00Z")).to_be_visible(timeout=WORK_MS)
    newcomer.open("/import")
    choose(page, tmp_path, later=DESK.replace("03/04", "23/04"))
    expect(page.get_by_role("heading", name="later.csv: our-desk")).to_be_visible(timeout=WORK_MS)
    assert newcomer.complaints == []
