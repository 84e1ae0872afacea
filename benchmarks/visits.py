"""How soon a page is ready on its first visit, this build beside an earlier one: ``python -m benchmarks.visits``.

Both builds of the page stand before the same running local stack, in the same Chromium, and take turns. Every visit is
the first of its document: the landing page is opened and left to become quiet, then the page's link is clicked. Ready
is the first frame in which nothing loads any more and all charts are drawn. Writes ``visits.json`` and the table of
``visits.md``; exit code 1 when a target is missed. The stack must run and be seeded: ``python -m infra.local up
--detach``, then ``seed``.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from benchmarks.earlier import BASELINE, earlier_tree
from benchmarks.figures import Figure, number
from infra import dashboard
from infra.local.emulator import free_port
from infra.local.state import Stack, StateDirectory

HERE: Final = Path(__file__).parent
RUNS: Final = 10
FIRST_VIEW_BYTES: Final = 200_000
LANDING: Final = "/analytics/clients"
SESSION: Final = "client-health.demo"

LATE: Final = {
    "/analytics/health": 2.5,
    "/accounts": 2.5,
    "/alerts": 2.5,
    "/settings/health-score": 2.5,
    "/settings/business-hours": 2.5,
    "/settings/workflows": 2.5,
    "/settings/versions": 2.5,
    "/settings/account-managers": 2.5,
    "/settings/api-keys": 2.5,
    "/clients/": 2.0,
}
"""The pages that the earlier build loads late, and how many times sooner they are to be ready."""

NO_SLOWER: Final = 0.9
"""What the others must keep: medians of the same build differ by some percent."""

PAGES: Final = (LANDING, *LATE, "/tasks")
VIA: Final = {"/tasks": "/alerts"}
"""Where the link to a page is, if not on the landing page."""

BUSY: Final = ".skeleton, .loading, .stale, [aria-busy=true]"
"""What a page shows while something loads."""

_READY: Final = f"""(before, began) => new Promise(ready => {{
  const look = () => {{
    const heading = document.querySelector('h1');
    if (heading && heading !== before && !document.querySelector('{BUSY}')) ready(performance.now() - began);
    else requestAnimationFrame(look);
  }};
  requestAnimationFrame(look);
}})"""
_SETTLED: Final = f"() => ({_READY})(null, 0)"
_CLICKED: Final = f"""link => {{
  const before = document.querySelector('h1'), began = performance.now();
  link.click();
  return ({_READY})(before, began);
}}"""
_OPENED: Final = f"addEventListener('DOMContentLoaded', () => {{ window.ready = ({_READY})(null, 0) }})"


class Build(NamedTuple):
    """A build of the page, as it is served."""

    name: str
    url: str


class Sizes(NamedTuple):
    """Compressed bytes of the first view."""

    all: int
    charts: int


@contextmanager
def builds(stack: Stack, state_dir: Path, commit: str) -> Iterator[tuple[Build, Build]]:
    """This build and that of a commit, each behind a front server of the stack."""
    assert dashboard.build(), "the page cannot be built; the line above says why"
    with ExitStack() as opened:
        tree = opened.enter_context(earlier_tree(commit)) / "dashboard"
        for arguments in (("ci", "--no-audit", "--no-fund", "--prefer-offline"), ("run", "types"), ("run", "build")):
            run = dashboard.npm(*arguments, directory=tree)
            if run.returncode:
                raise RuntimeError(f"the build of {commit}: {run.stdout}{run.stderr}")
        ours = opened.enter_context(_served(stack, state_dir, dashboard.DASHBOARD / "dist"))
        theirs = opened.enter_context(_served(stack, state_dir, tree / "dist"))
        yield Build("this build", ours), Build(commit, theirs)


@contextmanager
def _served(stack: Stack, state_dir: Path, page: Path) -> Iterator[str]:
    port = free_port()
    stage = stack.outputs["ApiUrl"].rpartition("/")[2]
    upstream = f"{stack.endpoint}/restapis/{stack.outputs['RestAPIId']}/{stage}/_user_request_"
    command = [sys.executable, "-m", "infra.local.front", "--port", str(port), "--upstream", upstream]
    command += ["--dashboard", str(page), "--state-dir", str(state_dir)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as front:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url)
            yield url
        finally:
            front.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urlopen(f"{url}/config.json", timeout=5):  # noqa: S310
                return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Visits:
    """Visits of one build in one browser."""

    def __init__(self, browser: Browser, build: Build) -> None:
        self._browser, self.build = browser, build
        self._session, self.sizes = self._sign_in()

    def _sign_in(self) -> tuple[str, Sizes]:
        context = self._browser.new_context()
        page = context.new_page()
        sizes: dict[str, int] = {}

        def weigh(response: Response) -> None:
            if "/v1/" not in response.url and "/demo/" not in response.url:
                sizes[response.url] = len(gzip.compress(response.body(), 6))

        page.on("response", weigh)
        page.goto(f"{self.build.url}/")
        page.get_by_role("button", name="Sign in as service lead").click()
        page.locator("#navigation").wait_for(state="attached")
        self._settle(page)
        held: str = page.evaluate(f"sessionStorage.getItem('{SESSION}')")
        context.close()
        charts = sum(size for url, size in sizes.items() if "/charts" in url or "/engine" in url)
        return held, Sizes(sum(sizes.values()), charts)

    def landing(self) -> float:
        """Milliseconds from the start of the landing page to all its numbers, with an empty cache."""
        context, page = self._open()
        page.goto(self.build.url + LANDING)
        found: float = page.evaluate("window.ready")
        context.close()
        return found

    def first(self, path: str) -> float:
        """Milliseconds from the click on the link to a page until it is ready."""
        context, page = self._open()
        page.goto(self.build.url + VIA.get(path, LANDING))
        self._settle(page)
        link = page.locator(f"main a[href^='{path}']" if path in {"/clients/", "/tasks"} else f"nav a[href='{path}']")
        found: float = link.first.evaluate(_CLICKED)
        context.close()
        return found

    def _open(self) -> tuple[BrowserContext, Page]:
        context = self._browser.new_context(viewport={"width": 1360, "height": 900}, locale="en-GB")
        page = context.new_page()
        page.add_init_script(f"sessionStorage.setItem('{SESSION}', {json.dumps(self._session)});{_OPENED}")
        return context, page

    @staticmethod
    def _settle(page: Page) -> None:
        page.evaluate(_SETTLED)
        page.wait_for_load_state("networkidle")


def measure(browser: Browser, pair: tuple[Build, Build], runs: int) -> dict[str, Any]:
    """The times of every page in both builds, which take turns."""
    ours, theirs = (Visits(browser, build) for build in pair)
    times: dict[str, dict[str, list[float]]] = {}
    for path in PAGES:
        found: dict[str, list[float]] = {ours.build.name: [], theirs.build.name: []}
        for run in range(runs):
            for visits in (ours, theirs) if run % 2 else (theirs, ours):
                taken = visits.landing() if path == LANDING else visits.first(path)
                found[visits.build.name].append(round(taken, 1))
        times[path] = found
        print(f"{path}: {median(found[ours.build.name]):.0f} ms beside {median(found[theirs.build.name]):.0f} ms")
    return {
        "commit": theirs.build.name,
        "runs": runs,
        "cores": os.cpu_count(),
        "first_view_bytes": {visits.build.name: visits.sizes._asdict() for visits in (ours, theirs)},
        "milliseconds": times,
    }


def figures(found: Mapping[str, Any]) -> list[Figure]:
    """What was found, with its targets."""
    ours, theirs = "this build", found["commit"]
    sizes = found["first_view_bytes"]
    listed = [
        Figure(
            "visits",
            "first view without charts: compressed bytes",
            sizes[ours]["all"] - sizes[ours]["charts"],
            theirs,
            sizes[theirs]["all"] - sizes[theirs]["charts"],
            limit=FIRST_VIEW_BYTES,
        ),
        Figure("visits", "first view with charts: compressed bytes", sizes[ours]["all"], theirs, sizes[theirs]["all"]),
    ]
    for path, times in found["milliseconds"].items():
        mine, others = sorted(times[ours]), sorted(times[theirs])
        listed.append(
            Figure(
                "visits",
                f"{path}{'…' if path.endswith('/') else ''}{', opened' if path == LANDING else ''}: ms",
                median(mine),
                theirs,
                median(others),
                at_least=LATE.get(path, NO_SLOWER),
                spread=(others[0] / mine[-1], others[-1] / mine[0]),
            )
        )
    return listed


def table(listed: list[Figure]) -> str:
    """The figures for people."""
    lines = [
        "| what | this build | beside | theirs | ratio | target | verdict |",
        "| --- | ---: | --- | ---: | ---: | --- | --- |",
    ]
    for figure in listed:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}×"
        theirs = "" if figure.theirs is None else number(figure.theirs)
        cells = [figure.what, number(figure.ours), figure.beside, theirs, ratio, figure.target(), figure.verdict]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.visits", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"visits of each page, 1 to 50 (default: {RUNS})")
    parser.add_argument("--commit", default=BASELINE, help=f"the build beside this one (default: {BASELINE})")
    parser.add_argument("--state-dir", type=Path, default=Path(".local"), help="of the running stack (default: .local)")
    parser.add_argument("--dry", action="store_true", help="print the figures, record nothing")
    options = parser.parse_args()
    if not 1 <= options.runs <= 50:
        parser.error("--runs 1 to 50")
    executable = shutil.which("chromium")
    if executable is None:
        parser.error("Chromium is missing: apt-get install chromium")
    stack = StateDirectory(options.state_dir).running()
    arguments = ["--no-sandbox", "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with builds(stack, options.state_dir, options.commit) as pair, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        found = measure(browser, pair, options.runs)
        browser.close()
    listed = figures(found)
    print(table(listed))
    if not options.dry:
        (HERE / "visits.json").write_text(json.dumps(found, indent=1) + "\n")
        page = HERE / "visits.md"
        head = page.read_text().partition("<!-- figures -->")[0]
        page.write_text(f"{head}<!-- figures -->\n\n{table(listed)}\n")
    return 1 if any(figure.met is False for figure in listed) else 0


if __name__ == "__main__":
    sys.exit(main())
