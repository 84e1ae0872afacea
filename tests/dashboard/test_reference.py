"""The API's reference for people, at `/docs`."""

from playwright.sync_api import Response, expect

from tests.dashboard.conftest import EMPTY, Hold, Visit

WORK_MS = 30_000


def test_the_reference_is_read_without_a_session_under_the_pages_policy(visit: Visit, hold: Hold) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.base_url}/docs")
    expect(page.get_by_role("heading", name="API reference")).to_be_visible()
    records = page.get_by_role("link", name="Records", exact=True)
    expect(records).to_be_visible(timeout=WORK_MS)
    hold(page, "reference")  # an operation of Swagger UI has buttons within buttons
    records.click()
    expect(page.get_by_text("/v1/records/ids")).to_be_visible()
    expect(page.get_by_role("button", name="Try it out")).to_have_count(0)
    assert visitor.complaints == []


def test_nobody_else_loads_the_reference(visit: Visit) -> None:
    visitor = visit().sign_in(tenant=EMPTY)
    loaded: list[str] = []

    def listen(response: Response) -> None:
        loaded.append(response.url)

    visitor.page.on("response", listen)
    visitor.open("/settings/api-keys")
    assert not [url for url in loaded if "eferencePage" in url or "swagger" in url]
    expect(visitor.page.get_by_role("link", name="API reference")).to_have_attribute("href", "/docs")
