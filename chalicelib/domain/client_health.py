"""The Client Health page: the scored clients in a period, and the risk indicators that hold for them."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from chalicelib.domain.deduction import (
    INDICATOR_LABELS,
    Activity,
    Standing,
    Status,
    risk_indicators,
    status_of,
)
from chalicelib.domain.facts import Client
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.text import name_key

INDICATOR_CLIENTS: Final = 5


class ClientHealthRow(NamedTuple):
    """A scored client on the Client Health page, in the selected period."""

    row: CurrentRow
    score: int
    standing: Standing
    activity: Activity
    indicators: tuple[str, ...]

    @property
    def status(self) -> Status:
        return status_of(self.score)


def client_health_rows(rows: Iterable[CurrentRow], period_index: int) -> list[ClientHealthRow]:
    """The scored clients, lowest score first, then name, then id."""
    listed = []
    for row in rows:
        if row.evaluation is not None:
            activity = row.evaluation.activities[period_index]
            score = row.evaluation.deduction(period_index).score
            indicators = risk_indicators(activity, row.evaluation.standing)
            listed.append(
                ClientHealthRow(
                    row=row, score=score, standing=row.evaluation.standing, activity=activity, indicators=indicators
                )
            )
    listed.sort(key=lambda each: (each.score, name_key(each.row.client.name), each.row.client.id))
    return listed


class Indicator(NamedTuple):
    """A risk indicator with the count of all clients it holds for, and the first few of them."""

    code: str
    label: str
    affected: int
    clients: tuple[Client, ...]


def indicators(rows: Sequence[ClientHealthRow]) -> list[Indicator]:
    """The indicators that hold for anybody, in the order of the panel; `rows` lowest score first."""
    listed = []
    for code, label in INDICATOR_LABELS.items():
        affected = [row.row.client for row in rows if code in row.indicators]
        if affected:
            listed.append(Indicator(code, label, len(affected), tuple(affected[:INDICATOR_CLIENTS])))
    return listed
