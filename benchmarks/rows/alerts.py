"""Row 13: a page of the alerts of one status, of 100,000, beside an earlier build."""

from typing import Final

from benchmarks import alert_fleet
from benchmarks.earlier import BASELINE, in_both_builds
from benchmarks.figures import Figure, Part
from benchmarks.session import Session

ALERTS: Final = 100_000

CALLS: Final = 1 + 1 + 20 + 1
"""The tenant, the rows, twenty queries of what is passed over, the alerts of the page."""


def measure(session: Session) -> Part:
    with session.report.step(f"lists of {ALERTS:,} alerts, both builds", 2) as done:
        ours, theirs = in_both_builds(alert_fleet, str(ALERTS), done=done)
    figures = []
    for name, new in ours.items():
        what, old = f"alerts {name}, of {ALERTS:,}", theirs[name]
        figures += [
            Figure("13", f"{what}: AWS calls of a page", new["calls"], BASELINE, old["calls"], CALLS),
            Figure("13", f"{what}: read units of a page", new["read units"], BASELINE, old["read units"]),
        ]
    return Part(figures, [], {"ours": ours, "theirs": theirs})
