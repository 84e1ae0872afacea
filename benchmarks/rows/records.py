"""Row 8: records coming in: ticket upserts into a table that holds B1, sorted by client and in random order."""

from benchmarks import upserts
from benchmarks.figures import Figure, Part
from benchmarks.rows.units import cost_document
from benchmarks.session import Session
from infra.meter import Cost


def measure(session: Session) -> Part:
    assert session.night
    found: dict[upserts.Order, Cost] = {}
    with session.report.step("ticket upserts", len(upserts.TARGETS)) as done:
        for order in upserts.TARGETS:
            found[order] = upserts.counted_upserts(session.stack, session.clients, order)
            done(1)
    tickets = upserts.upserts_for(session.clients)
    units = [
        Figure(
            "8",
            f"ticket upserts, {order}: write units per ticket",
            cost.write / tickets,
            "item per ticket",
            upserts.NAIVE_UNITS,
            upserts.TARGETS[order],
        )
        for order, cost in found.items()
    ]
    calls = [
        Figure("8", f"ticket upserts, {order}: AWS calls per ticket", cost.call_count / tickets, "item per ticket", 1)
        for order, cost in found.items()
    ]
    return Part(units + calls, detail={order: cost_document(cost) for order, cost in found.items()})
