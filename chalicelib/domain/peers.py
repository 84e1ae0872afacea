"""How a client's score stands among the other clients' (scoring.md, History)."""

from collections.abc import Mapping
from decimal import Decimal
from operator import mul
from typing import NamedTuple

from chalicelib.domain.rounding import mean, round_half_away


class Peers(NamedTuple):
    """How a score stands among others: means with their n, and the share of others that are strictly lower."""

    industry_average: Decimal | None
    industry_n: int
    all_average: Decimal | None
    n: int
    percentile: int | None


def peers(score: int | None, histogram: Mapping[int, int], industry: tuple[int, int] | None, own: int | None) -> Peers:
    """A client among the clients of the last fleet summary.

    `histogram` counts clients per score, `industry` is (count, sum) of the client's industry, None for a client without
    one; `own` is the client's own entry in both (None: it has none), for which its current score stands in. Without a
    score it is in no average.
    """
    counts = dict(histogram)
    if own is not None:
        counts[own] = counts.get(own, 0) - 1
    others = sum(counts.values())
    mine = 0 if score is None else 1
    total = sum(map(mul, counts, counts.values())) + (score or 0)
    industry_n, industry_total = industry if industry is not None else (0, 0)
    if own is not None and industry_n:
        industry_n, industry_total = industry_n - 1, industry_total - own
    if industry is not None:
        industry_n, industry_total = industry_n + mine, industry_total + (score or 0)
    percentile = None
    if score is not None and others:
        lower = sum([count for value, count in counts.items() if value < score])
        percentile = round_half_away(100 * lower, others)
    return Peers(
        industry_average=mean(industry_n, industry_total),
        industry_n=industry_n,
        all_average=mean(others + mine, total),
        n=others + mine,
        percentile=percentile,
    )
