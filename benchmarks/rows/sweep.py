"""Row 10: one sweep of 10,000 tenants of which one in a hundred has something due, beside the walk over all of them."""

from typing import Final

from benchmarks import sweep_fleet
from benchmarks.earlier import BASELINE, in_both_builds, run_script
from benchmarks.figures import Figure, Part
from benchmarks.session import Session

TENANTS: Final = 10_000
FEWER: Final = 20
"""How many times less a sweep is to read and to call."""

CALL_SECONDS: Final = 0.005
RUN_SECONDS: Final = 110
"""What a run has of its 120 seconds, and how long it waits for a call within the region."""


def measure(session: Session) -> Part:
    with session.report.step("a sweep of many tenants, and the walk of an earlier build", 3) as done:
        ours, theirs = in_both_builds(sweep_fleet, str(TENANTS), done=done)
        quiet = run_script(sweep_fleet, "1")
        done(1)
    assert ours["messages"] == theirs["messages"] == ours["due"], "each due tenant is looked at"
    calls, per_due = ours["calls"], (ours["calls"] - quiet["calls"]) / max(1, ours["due"] - quiet["due"])
    seconds = calls * CALL_SECONDS
    beside = f"the walk of {BASELINE}"
    of = f"sweep of {TENANTS:,} tenants, {ours['due']} due"
    figures = [
        Figure("10", f"{of}: AWS calls", calls, beside, theirs["calls"], at_least=FEWER),
        Figure("10", f"{of}: read units", ours["read_units"], beside, theirs["read_units"], at_least=FEWER),
        Figure("10", f"{of}: write units", ours["write_units"], beside, theirs["write_units"]),
        Figure("10", f"{of}: seconds at 5 ms a call", seconds, beside, theirs["calls"] * CALL_SECONDS, RUN_SECONDS),
        Figure("10", "sweep: due tenants that fit a run", RUN_SECONDS / CALL_SECONDS / per_due),
    ]
    return Part(figures, [], {"ours": ours, "one tenant, due": quiet, "theirs": theirs})
