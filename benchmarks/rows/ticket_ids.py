"""Row 12: new tickets by kind of id and order, beside an earlier build: calls, and write units with the directory's."""

from typing import Any, Final

from benchmarks import ticket_ids
from benchmarks.earlier import BASELINE, in_both_builds
from benchmarks.figures import Figure, Part
from benchmarks.session import Session

CALLS: Final = {"by client": 0.35, "random": 1.1}
"""The most that a ticket may take, whatever the kind of its id."""

UNITS: Final = {"by creation": 1.1, "by client": 1.5}
"""How many times the earlier build's write units a ticket may take at most; UUIDs in order of creation more."""

UUIDS_BY_CREATION: Final = 1.25


def measure(session: Session) -> Part:
    with session.report.step("new tickets by kind of id, both builds", 2) as done:
        ours, theirs = in_both_builds(ticket_ids, str(session.clients), done=done)
    return Part([*_figures(ours, theirs)], [], {"ours": ours, "theirs": theirs})


def _figures(ours: Any, theirs: Any) -> list[Figure]:
    found = []
    for kind in ticket_ids.KINDS:
        for order in ticket_ids.ORDERS:
            new, old = ours[kind][order], theirs[kind][order]
            what = f"new tickets, {kind}, {order}"
            most = UUIDS_BY_CREATION if (kind, order) == ("UUIDs", "by creation") else UNITS.get(order)
            found += [
                Figure("12", f"{what}: AWS calls per ticket", new["calls"], BASELINE, old["calls"], CALLS.get(order)),
                Figure(
                    "12",
                    f"{what}: write units per ticket",
                    new["write units"],
                    BASELINE,
                    old["write units"],
                    at_most=most,
                ),
            ]
    return found
