"""What every engine must answer: each client's scores, points, velocities and peers, and the fleet's figures."""

from collections.abc import Sequence
from typing import NamedTuple


class ClientAnswer(NamedTuple):
    """One client. Revenue of 30 days in ten-thousandths; the industry's mean score in tenths."""

    client: int
    d7: int
    d30: int
    d90: int
    d12m: int
    r30: int
    p1: int | None
    p2: int | None
    p3: int | None
    p4: int | None
    p5: int | None
    p6: int | None
    p7: int | None
    p8: int | None
    p9: int | None
    coverage: int
    weighted: int | None
    deduction_velocity: int | None
    weighted_velocity: int | None
    industry_tenths: int | None
    percentile: int | None


class FleetAnswer(NamedTuple):
    """Counts and sums over all clients: the weighted model's, then the deduction model's."""

    n: int
    total: int
    green: int
    yellow: int
    red: int
    deduction_total: int
    healthy: int
    at_risk: int
    critical: int


class Answers(NamedTuple):
    """All clients by seat, the fleet, and the fastest declining clients in order."""

    clients: Sequence[ClientAnswer]
    fleet: FleetAnswer
    declining: Sequence[int]
