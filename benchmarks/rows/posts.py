"""Row 11: one request of 500 new tickets of 500 clients, beside an earlier build and as many bare puts."""

from statistics import median
from typing import Final

from benchmarks import posts
from benchmarks.earlier import BASELINE, earlier_tree
from benchmarks.figures import Figure, Part
from benchmarks.session import Session

FASTER: Final = 6
"""How many times faster than the earlier build it is to be."""


def measure(session: Session) -> Part:
    with session.report.step("requests of 500 tickets of 500 clients, both builds"), earlier_tree() as tree:
        found = posts.measured(session.clients, tree)
    what = f"one request of {posts.TICKETS} new tickets, each of another client: seconds"
    figures = []
    for beside, name, at_least in ((BASELINE, "theirs", FASTER), (f"{posts.TICKETS} bare puts", "bare", None)):
        ratios = sorted(theirs / ours for theirs, ours in zip(found[name], found["ours"], strict=True))
        figures.append(
            Figure(
                "11",
                what,
                median(found["ours"]),
                beside,
                median(found[name]),
                at_least=at_least,
                paired=median(ratios),
                spread=(ratios[0], ratios[-1]),
            )
        )
    return Part(figures, [], dict(found))
