"""Chromium in front of a deployed local stack: one of each per session, a page of its own for every test.

All tests of this folder form one xdist group. ``CLIENT_HEALTH_STATE_DIR`` names a running stack with a seeded demo
tenant to use instead of a new one, which makes working on the page quick; the tests leave their marks in it.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from chalicelib.domain.time_zones import ZoneInfo
from infra import dashboard
from infra.deployment.packaging import ROOT
from infra.local import client, identity, runs, seeding
from infra.local.demo_data import write_demo_data
from infra.local.errors import UnknownTenantError
from infra.local.state import Stack, StateDirectory
from tests.e2e.conftest import run_cli

_HERE = Path(__file__).parent
_GET_CHROMIUM = "Chromium is missing: apt-get install chromium"
_OPTIONS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--lang=en-GB",
)
# Nights enough for a trend, a baseline 30 days back and a first alert; all 120 would take most of the suite's time.
_NIGHTS_AGO = (60, 31, 30, 14, 7, 1, 0)

# The page lives on the day of the tests: its clock is moved as theirs is, and goes on.
_SAME_DAY = """
Date = class extends Date {
  constructor(...parts) { parts.length ? super(...parts) : super(Date.now()) }
  static now() { return super.now() + apart }
}"""

_SESSION = "client-health.demo"  # where the page keeps its session, in sessionStorage

OTHER = "other-tenant"
EMPTY = "empty-tenant"
STUDIO = "studio-tenant"
"""Where tests change things: settings, scores. The demo tenant's numbers stay as they are."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("dashboard"))


@dataclass(frozen=True)
class Api:
    """The API as the page calls it: what the page shows is compared with this."""

    stack: Stack
    tokens: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, tenant: str = seeding.TENANT, **query: object) -> Any:
        """A GET below ``/v1``."""
        if tenant not in self.tokens:
            self.tokens[tenant] = identity.id_token(self.stack, tenant)
        parameters = {name: str(value) for name, value in query.items()}
        return client.call(self.stack, "GET", f"/v1{path}", self.tokens[tenant], query=parameters)


class Visitor:
    """Somebody in front of the page."""

    def __init__(self, page: Page, base_url: str, held: dict[tuple[str, str | None], str]) -> None:
        self.page = page
        self.base_url = base_url
        self._held = held
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def sign_in(self, role: str = "service lead", tenant: str | None = None, *, click: bool = False) -> "Visitor":
        """Sign in on the demo's sign-in page, or hold what the tab of an earlier test held; then ``open`` a page.

        ``click`` insists on the sign-in page.
        """
        held = self._held.get((role, tenant))
        if held is not None and not click:
            # Once: a tab that signed out stays signed out.
            self.page.add_init_script(
                f"if (!window.name) {{ window.name = 'tab'; sessionStorage.setItem('{_SESSION}', {json.dumps(held)}) }}"
            )
        else:
            self.page.goto(f"{self.base_url}/")
            if tenant is not None:
                self.page.get_by_text("Another tenant").click()
                self.page.get_by_label("Tenant id").fill(tenant)
            self.page.get_by_role("button", name=f"Sign in as {role}").click()
            self.page.locator("#navigation").wait_for(state="attached")
            self._held[role, tenant] = self.page.evaluate(f"sessionStorage.getItem('{_SESSION}')")
        return self

    def open(self, path: str) -> Page:
        """Go to a path of the page and wait until it has all it shows."""
        self.page.goto(f"{self.base_url}{path}")
        self.settle()
        return self.page

    def settle(self) -> None:
        expect(self.page.locator("h1, h2").first).to_be_attached()
        expect(self.page.locator(".skeleton, .loading, .stale, [aria-busy=true]")).to_have_count(0, timeout=15_000)

    def address(self) -> str:
        """The address without its origin."""
        return self.page.url.removeprefix(self.base_url)

    def rows(self, table: str) -> list[list[str]]:
        """The texts of a table's body."""
        cells = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        found: list[list[str]] = self.page.get_by_role("table", name=table).locator("tbody tr").evaluate_all(cells)
        return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip(_GET_CHROMIUM)
    # Under faketime it would hang; its pages have the day of the tests from a script.
    environment: dict[str, str | float | bool] = {
        name: value for name, value in os.environ.items() if name != "LD_PRELOAD"
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_OPTIONS), env=environment)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stack(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the built page, the demo tenant, another tenant and an empty one."""
    assert dashboard.build(), "the page cannot be built; the line above says why"
    held = os.environ.get("CLIENT_HEALTH_STATE_DIR")
    if held:
        stack = StateDirectory(Path(held)).running()
        _tenants(stack, Path(held), tmp_path_factory.mktemp("portfolio"))
        yield stack
        return
    state_dir = tmp_path_factory.mktemp("stack")
    try:
        run_cli(state_dir, "up", "--detach", "--port", "0", seconds=300)
        stack = StateDirectory(state_dir).running()
        folder = tmp_path_factory.mktemp("portfolio")
        client.create_tenant(stack, seeding.TENANT, name="Demo", time_zone=seeding.TIME_ZONE, currency="EUR")
        seeding.switch_workflow_on(stack, seeding.TENANT)
        _tenants(stack, state_dir, folder)
        _portfolio(stack, state_dir, seeding.TENANT, folder / "demo", clients=56, nights_ago=_NIGHTS_AGO)
        seeding.refresh_rows(stack, seeding.TENANT, folder / "demo")
        _wait_for_trends(Api(stack))
        yield stack
    finally:
        run_cli(state_dir, "down")


def _tenants(stack: Stack, state_dir: Path, folder: Path) -> None:
    for tenant in (OTHER, EMPTY, STUDIO):
        try:
            identity.tenant_settings(stack, tenant)
        except UnknownTenantError:
            client.create_tenant(stack, tenant, name=tenant, time_zone=seeding.TIME_ZONE, currency="EUR")
            if tenant == OTHER:
                _one_client(stack)
            if tenant == STUDIO:
                _portfolio(stack, state_dir, tenant, folder / tenant, clients=12, nights_ago=(31, 30, 0))


def _one_client(stack: Stack) -> None:
    record = {"type": "client", "id": "c-other", "name": "Somebody Else Ltd", "status": "ACTIVE"}
    token = identity.id_token(stack, OTHER)
    client.call(stack, "POST", "/v1/records", token, body={"records": [record], "backfill": True})


def _portfolio(
    stack: Stack, state_dir: Path, tenant: str, folder: Path, *, clients: int, nights_ago: Sequence[int]
) -> None:
    zone = ZoneInfo(seeding.TIME_ZONE)
    folder.mkdir()
    write_demo_data(folder, today=datetime.now(zone).date(), clients=clients)
    run_cli(state_dir, "import", str(folder), "--tenant", tenant)
    last = seeding.latest_night(datetime.now(UTC))
    for _ in runs.score_dates(stack, tenant, zone, [last - timedelta(days=ago) for ago in nights_ago]):
        pass


def _wait_for_trends(api: Api) -> None:
    """The refresh gathers what comes in for two seconds; then most clients have a score of 30 days ago."""
    deadline = time.monotonic() + 30
    while not any(row["score_trend"] for row in api.get("/clients", columns="score_trend")["items"]):
        assert time.monotonic() < deadline, "the rows were not refreshed"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def api(stack: Stack) -> Api:
    return Api(stack)


Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[str, str | None], str]:
    """What the page held after signing in, by role and tenant: signing in is tested where it is the subject."""
    return {}


@pytest.fixture
def visit(stack: Stack, chromium: Browser, sessions: dict[tuple[str, str | None], str]) -> Iterator[Visit]:
    """Opens the page in a browser context of its own: ``visit(width=380, theme="dark")``."""
    contexts: list[BrowserContext] = []

    def opened(width: int = 1280, theme: str = "light") -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        context.add_init_script(f"const apart = {time.time() * 1000:.0f} - Date.now();{_SAME_DAY}")
        contexts.append(context)
        return Visitor(context.new_page(), stack.url, sessions)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def lead(visit: Visit) -> Visitor:
    """A service lead of the demo tenant, signed in."""
    return visit().sign_in()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds what keeps people from using a page."""
    return (ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


Hold = Callable[[Page, str], None]


@pytest.fixture
def hold(axe: str, screenshots: Path) -> Hold:
    """No serious fault by axe in either theme, nothing wider than the screen; a picture of each."""

    def held(page: Page, name: str) -> None:
        faults = {}
        for theme in ("dark", "light"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(path=screenshots / f"{name}-{theme}.png", full_page=True)
            page.evaluate(axe)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            if (said := problems(found)) != "[]":
                faults[theme] = said
        assert faults == {}, name
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name

    return held


def problems(found: dict[str, Any]) -> str:
    """What axe found, for a failed assertion."""
    return json.dumps(
        [
            {"rule": each["id"], "impact": each["impact"], "at": [node["target"] for node in each["nodes"]][:4]}
            for each in found["violations"]
            if each["impact"] in {"serious", "critical"}
        ],
        indent=1,
    )
