"""A fleet of decoded facts, and the same as plain tables for engines that read columns.

The domain's own values all through: instants in seconds, days as ordinals, money in ten-thousandths, numbers of at most
two decimals in hundredths. Local days, which the engines cannot tell, are given to them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.workload import NIGHT, ZONE
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import NEVER, Facts, Instant
from chalicelib.domain.history import Scores, Snapshot
from chalicelib.domain.moment import SECONDS_PER_DAY, Moment, local_day
from chalicelib.domain.roster import SEATS_PER_PAGE, scores_of, stamp_of
from chalicelib.domain.settings import SOURCES, Settings
from chalicelib.domain.text import industry_key, name_key
from chalicelib.domain.time_zones import ZoneInfo

HUNDREDTHS: Final = 100
SETTINGS: Final = Settings()
LOCAL: Final = ZoneInfo(ZONE)
MOMENT: Final = Moment.at(Instant(NIGHT), LOCAL)
EARLIER: Final = Moment.at(Instant(NIGHT - 30 * SECONDS_PER_DAY), LOCAL)


@dataclass(frozen=True)
class Fleet:
    """The clients' facts by seat, and the snapshots of 30 days before by page."""

    facts: Sequence[Facts]
    baselines: Sequence[Snapshot]

    @classmethod
    def of(cls, facts: Sequence[Facts], before: Sequence[Scores | None]) -> "Fleet":
        """Clients by seat, and the scores that each had 30 days earlier."""
        stamp = stamp_of(SETTINGS, SOURCES)
        baselines = []
        for first in range(0, len(facts), SEATS_PER_PAGE):
            page = enumerate(before[first : first + SEATS_PER_PAGE], start=first)
            scores = {seat: held for seat, held in page if held is not None}
            baselines.append(Snapshot(EARLIER.today, EARLIER.as_of, stamp, scores))
        return cls(facts, baselines)

    def baseline_scores(self) -> Iterable[tuple[int, Scores]]:
        for snapshot in self.baselines:
            yield from snapshot.scores.items()


def scores_before(facts: Facts) -> Scores | None:
    """What the rules say of a client 30 days earlier; None where it was not scored."""
    evaluation = evaluate(facts, SOURCES, SETTINGS.scoring, EARLIER)
    return None if evaluation is None else scores_of(evaluation)


COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "client": ("client", "name", "industry", "client_since"),
    "ticket": ("client", "priority", "created", "first_response", "closed", "due", "created_day"),
    "contract": ("client", "status", "start_day", "end_day"),
    "invoice": ("client", "status", "issued", "due_day", "paid_day", "amount"),
    "survey": ("client", "kind", "score", "responded"),
    "billable_month": ("client", "id", "month", "hours", "budget"),
    "qbr": ("client", "held", "status", "decision_maker"),
    "touchpoint": ("client", "occurred", "occurred_day", "decision_maker"),
    "assessment": ("client", "id", "completed", "score"),
    "reconciliation": ("client", "id", "completed", "contracted", "used"),
    "headcount": ("client", "id", "recorded", "employees"),
    "baseline": ("client", "deduction", *(f"b{signal}" for signal in range(1, 10))),
}
TEXT: Final = frozenset({"name", "industry", "status", "kind", "id"})

Rows = list[tuple[Any, ...]]


def tables(fleet: Fleet) -> dict[str, Rows]:
    """The fleet as rows by table; only clients that are scored, as all of B1 are."""
    found: dict[str, Rows] = {name: [] for name in COLUMNS}
    for seat, facts in enumerate(fleet.facts):
        client = facts.client
        assert client.is_scored(MOMENT.today)
        found["client"].append((seat, name_key(client.name), industry_key(client.industry), client.client_since))
        for name, rows in _fact_rows(facts).items():
            found[name] += [(seat, *row) for row in rows]
    found["baseline"] = [(seat, scores.deduction, *scores.signal_points) for seat, scores in fleet.baseline_scores()]
    return found


def _fact_rows(facts: Facts) -> dict[str, Rows]:
    tickets = facts.tickets
    absent: Callable[[int], int | None] = lambda instant: None if instant == NEVER else instant  # noqa: E731
    return {
        "ticket": [
            (priority, created, absent(answered), absent(closed), absent(due), local_day(created, LOCAL))
            for priority, created, answered, closed, due in zip(
                tickets.priority, tickets.created, tickets.first_response, tickets.closed, tickets.due, strict=True
            )
        ],
        "contract": [(c.status, c.start, c.end) for c in facts.contracts],
        "invoice": [(i.status, i.issued, i.due, i.paid, i.amount) for i in facts.invoices],
        "survey": [(s.kind, s.score, s.responded) for s in facts.surveys],
        "billable_month": [
            (m.id, m.month, scaled(m.hours), None if m.budget is None else scaled(m.budget))
            for m in facts.billable_months
        ],
        "qbr": [(q.held, q.status, q.decision_maker) for q in facts.qbrs],
        "touchpoint": [(t.occurred, local_day(t.occurred, LOCAL), t.decision_maker) for t in facts.touchpoints],
        "assessment": [(a.id, a.completed, scaled(a.score)) for a in facts.assessments],
        "reconciliation": [(r.id, r.completed, scaled(r.contracted), scaled(r.used)) for r in facts.reconciliations],
        "headcount": [(h.id, h.recorded, h.employees) for h in facts.headcounts],
    }


def scaled(number: Any) -> int:
    """A number in hundredths; more decimals would be lost, and B1 has none."""
    hundredths = number * HUNDREDTHS
    assert hundredths == int(hundredths)
    return int(hundredths)
