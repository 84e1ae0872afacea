"""The same rules in pandas: whole columns at a time, integers throughout."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.engines.answers import Answers, ClientAnswer, FleetAnswer
from benchmarks.engines.tables import COLUMNS, MOMENT, SETTINGS, Rows
from chalicelib.domain.moment import PERIODS, SECONDS_PER_DAY

Frame = Any
Column = Any

SURVEY_DAYS: Final = (90, 180, 365)
CSAT: Final = ((95, 100), (85, 85), (75, 65), (60, 40))
NPS: Final = ((50, 100), (30, 85), (0, 65), (-30, 40))
SIGNALS: Final = tuple(f"p{n}" for n in range(1, 10))


class Pandas:
    """Data frames by table; nullable columns are floats with NaN, which hold these integers exactly."""

    name = "pandas"

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self._tables = {name: pd.DataFrame(rows, columns=list(COLUMNS[name])) for name, rows in tables.items()}
        self._found: Frame = None

    def compute(self) -> None:
        held = self._tables
        client = held["client"].set_index("client")
        found = pd.concat([_deduction(held, client), _signals(held, client)], axis=1)
        self._found = _peers(_combined(found, held["baseline"].set_index("client")), client)

    def answers(self) -> Answers:
        found = self._found
        weighted, deduction = found["weighted"].dropna(), found["d30"]
        falling = found[(found["weighted_velocity"] < 0) & found["weighted"].notna()].reset_index()
        order = falling.sort_values(["weighted_velocity", "weighted", "name", "client"])
        rows = found.reset_index()[list(ClientAnswer._fields)].astype("Int64").astype(object)
        return Answers(
            [ClientAnswer._make(None if v is pd.NA else v for v in row) for row in rows.itertuples(index=False)],
            FleetAnswer(
                *map(int, (len(weighted), weighted.sum(), *_bands(weighted), deduction.sum(), *_bands(deduction)))
            ),
            order["client"].head(5).tolist(),
        )


def _bands(scores: Column) -> tuple[Any, Any, Any]:
    return (scores >= 70).sum(), ((scores >= 40) & (scores < 70)).sum(), (scores < 40).sum()


def _tiers(value: Column, *tiers: tuple[Any, int], beyond: int = 0) -> Column:
    """The points of the first condition that holds; NaN where the value is missing."""
    points = np.select([condition for condition, _ in tiers], [points for _, points in tiers], default=beyond)
    return pd.Series(points, index=value.index).where(value.notna())


def _sums(frame: Frame, index: Any) -> Frame:
    """Per client; 0 for those that have nothing."""
    return frame.groupby("client").sum().reindex(index, fill_value=0)


# --- model deduction ---


def _deduction(held: Mapping[str, Frame], client: Frame) -> Frame:
    tickets = held["ticket"][held["ticket"]["created"] < MOMENT.as_of]
    still_open = tickets[~(tickets["closed"] < MOMENT.as_of)].groupby("client")
    opened = still_open.size().reindex(client.index, fill_value=0)
    overdue = still_open["due"].agg(lambda due: (due < MOMENT.as_of).sum()).reindex(client.index, fill_value=0)
    last = tickets.groupby("client")["created_day"].max().reindex(client.index)
    inactive = (MOMENT.today - last).fillna(MOMENT.today - client["client_since"]).fillna(0)
    contracts = held["contract"]
    in_force = (contracts["start_day"] <= MOMENT.today) & (contracts["end_day"] >= MOMENT.today)
    active = client.index.isin(contracts[in_force & (contracts["status"] == "ACTIVE")]["client"])
    standing = (
        100
        - 5 * overdue
        - _tiers(opened, (opened > 10, 15), (opened > 5, 10), (opened > 2, 5))
        - _tiers(inactive, (inactive > 90, 20), (inactive > 60, 10), (inactive > 30, 5))
        + 5 * active
    )
    windows = _windows(tickets, client.index)
    found = {f"d{period.removesuffix('d')}": _window_score(standing, windows, period) for period in PERIODS}
    return pd.DataFrame({**found, "r30": _revenue(held["invoice"], client.index)["30d"]})


def _windows(tickets: Frame, index: Any) -> Frame:
    """Per client and period: tickets (n), those of the window before (m), answered (a) and their seconds (s)."""
    created, answered = tickets["created"], tickets["first_response"] < MOMENT.as_of
    seconds = (tickets["first_response"] - created).clip(lower=0).where(answered, 0)
    columns = {"client": tickets["client"]}
    for period, window in MOMENT.windows.items():
        within = created >= window.start
        columns[f"n{period}"] = within
        columns[f"m{period}"] = (created >= window.previous_start) & ~within
        columns[f"a{period}"] = within & answered
        columns[f"s{period}"] = seconds.where(within, 0)
    return _sums(pd.DataFrame(columns), index)


def _window_score(standing: Column, windows: Frame, period: str) -> Column:
    n, m, a, s = (windows[f"{letter}{period}"] for letter in "nmas")
    volume = _tiers(n, (n <= m, 0), (m == 0, 5), (100 * n > 150 * m, 15), (100 * n > 125 * m, 10), beyond=5)
    response = _tiers(s, (s > 86400 * a, 20), (s > 28800 * a, 10), (s > 14400 * a, 5))
    return (standing - volume - response).clip(0, 100)


def _revenue(invoices: Frame, index: Any) -> Frame:
    """Of all four periods, as the service computes it."""
    paid = invoices[invoices["status"].isin(["PAID", "PARTIAL"])]
    columns = {"client": paid["client"]}
    for period, window in MOMENT.windows.items():
        columns[period] = paid["amount"].where(paid["issued"].between(window.first_day, window.last_day), 0)
    return _sums(pd.DataFrame(columns), index)


# --- model weighted ---


def _signals(held: Mapping[str, Frame], client: Frame) -> Frame:
    qbrs = held["qbr"]
    qbrs = qbrs[(qbrs["status"] == "COMPLETED") & (qbrs["held"] <= MOMENT.today)]
    touched = held["touchpoint"]
    touched = touched[touched["decision_maker"] & (touched["occurred"] < MOMENT.as_of)]
    met = pd.concat(
        [qbrs[qbrs["decision_maker"]].set_index("client")["held"], touched.set_index("client")["occurred_day"]]
    )
    return pd.DataFrame(
        {
            "p1": _urgent(held["ticket"], client.index),
            "p2": _surveys(held["survey"]),
            "p3": _billable(held["billable_month"]),
            "p4": _days(qbrs.groupby("client")["held"].max(), client, ((89, 100), (120, 70), (180, 40)), 10),
            "p5": _days(met.groupby(level=0).max(), client, ((30, 100), (60, 75), (90, 45)), 15),
            "p6": _standardization(held["assessment"]),
            "p7": _payment(held["invoice"]),
            "p8": _variance(held["reconciliation"]),
            "p9": _growth(held["headcount"]),
        },
        index=client.index,
    )


def _urgent(tickets: Frame, index: Any) -> Column:
    still_open = (tickets["created"] < MOMENT.as_of) & ~(tickets["closed"] < MOMENT.as_of) & (tickets["priority"] <= 2)
    by_client = tickets[still_open].groupby("client")["created"].agg(["size", "min"])
    count, oldest = by_client["size"], by_client["min"]
    points = _tiers(count, (count == 1, 80), (count == 2, 60), beyond=30) - 20 * (MOMENT.as_of - oldest > 604800)
    return points.reindex(index, fill_value=100)


def _surveys(surveys: Frame) -> Column:
    answered = surveys[surveys["responded"] < MOMENT.as_of]
    score, responded, csat = answered["score"], answered["responded"], answered["kind"] == "CSAT"
    opinion = pd.Series(np.where(csat, score >= 4, (score >= 9).astype(int) - (score <= 6)), index=score.index)
    columns = {"client": answered["client"], "kind": answered["kind"]}
    for days in SURVEY_DAYS:
        start = MOMENT.as_of - days * SECONDS_PER_DAY
        within, before = responded >= start, (responded >= start - days * SECONDS_PER_DAY) & (responded < start)
        columns |= {f"n{days}": within, f"v{days}": opinion.where(within, 0)}
        columns |= {f"m{days}": before, f"w{days}": opinion.where(before, 0)}
    sums = pd.DataFrame(columns).groupby(["client", "kind"]).sum()
    enough = [sums[f"n{days}"] >= 3 for days in SURVEY_DAYS]
    chosen = {letter: np.select(enough, [sums[f"{letter}{days}"] for days in SURVEY_DAYS]) for letter in "nvmw"}
    levels = pd.DataFrame(chosen, index=sums.index)
    levels = levels[levels["n"] >= 3].reset_index()
    levels["points"] = _survey_points(levels)
    by_client = levels.groupby("client")["points"].agg(["sum", "size"])
    return (2 * by_client["sum"] + by_client["size"]) // (2 * by_client["size"])


def _survey_points(levels: Frame) -> Column:
    n, v, m, w = (levels[letter] for letter in "nvmw")
    csat = levels["kind"] == "CSAT"
    by_kind = [
        _tiers(n, *((100 * v >= bound * n, points) for bound, points in tiers), beyond=10) for tiers in (CSAT, NPS)
    ]
    tier = by_kind[0].where(csat, by_kind[1])
    change, scale = 100 * (v * m - w * n), n * m
    step, fall = np.where(csat, 5, 10), np.where(csat, 15, 30)
    trend = _tiers(
        n, (m < 3, 0), (change >= step * scale, 10), (change <= -fall * scale, -30), (change <= -step * scale, -15)
    )
    return (tier + trend).clip(0, 100)


def _billable(months: Frame) -> Column:
    recent = months[(months["month"] >= MOMENT.month - 3) & (months["month"] < MOMENT.month)]
    latest = recent.sort_values("id").groupby(["client", "month"]).last().reset_index()
    sums = latest[latest["budget"] > 0].groupby("client")[["hours", "budget"]].sum()
    over, budget = 100 * (sums["hours"] - sums["budget"]), sums["budget"]
    return _tiers(budget, (over <= 10 * budget, 100), (over <= 25 * budget, 60), beyond=20)


def _days(last: Column, client: Frame, tiers: tuple[tuple[int, int], ...], beyond: int) -> Column:
    elapsed = MOMENT.today - last.reindex(client.index).fillna(client["client_since"])
    return _tiers(elapsed, *((elapsed <= bound, points) for bound, points in tiers), beyond=beyond).fillna(beyond)


def _newest(frame: Frame, day: str) -> Frame:
    done = frame[frame[day] <= MOMENT.today]
    return done.sort_values(["client", day, "id"]).drop_duplicates("client", keep="last").set_index("client")


def _standardization(assessments: Frame) -> Column:
    newest = _newest(assessments, "completed")
    return ((2 * newest["score"] + 100) // 200).where(MOMENT.today - newest["completed"] <= 365)


def _payment(invoices: Frame) -> Column:
    billed = invoices[invoices["status"].isin(["SENT", "PARTIAL", "PAID"]) & (invoices["issued"] <= MOMENT.today)]
    unpaid = billed["status"].isin(["SENT", "PARTIAL"]) | (billed["paid_day"] > MOMENT.today)
    due = billed["due_day"].where(unpaid & (billed["due_day"] < MOMENT.today))
    late = (MOMENT.today - due.groupby(billed["client"]).min()).fillna(0)
    return _tiers(late, (late <= 0, 100), (late <= 30, 75), (late <= 60, 45), (late <= 90, 20), beyond=0)


def _variance(reconciliations: Frame) -> Column:
    newest = _newest(reconciliations, "completed")
    contracted, used = newest["contracted"].where(newest["contracted"] != 0), newest["used"]
    over = 100 * (used - contracted)
    return _tiers(
        contracted,
        ((over >= 0) & (over <= 10 * contracted), 100),
        ((over >= 0) & (over <= 25 * contracted), 60),
        (over >= 0, 20),
        (-over <= 10 * contracted, 100),
        (-over <= 33 * contracted, 70),
        beyond=30,
    )


def _growth(headcounts: Frame) -> Column:
    known = headcounts[headcounts["recorded"] <= MOMENT.today]
    known = known.sort_values("id").drop_duplicates(["client", "recorded"], keep="last").set_index("client")
    newest = known["recorded"].groupby(level=0).max()
    age = newest.reindex(known.index) - known["recorded"]
    base = known["recorded"].where(age >= 365).groupby(level=0).max()
    base = base.fillna(known["recorded"].where(age >= 90).groupby(level=0).min())
    counts = known.set_index("recorded", append=True)["employees"]
    before = counts.reindex(pd.MultiIndex.from_arrays([base.index, base])).set_axis(base.index)
    now = counts.reindex(pd.MultiIndex.from_arrays([newest.index, newest])).set_axis(newest.index)
    before = before.where((MOMENT.today - newest <= 400) & (before > 0))
    change = now - before
    growth = 100 * change
    tiers = [(growth >= 10 * before, 100), (growth >= 2 * before, 85)]
    tiers += [(growth > bound * before, points) for bound, points in ((-2, 70), (-10, 45), (-25, 20))]
    return _tiers(before, (change.abs() <= 1, 70), *tiers, beyond=5)


# --- combination, velocity, peers ---


def _combined(found: Frame, baseline: Frame) -> Frame:
    weights = np.array(SETTINGS.scoring.weights)
    points = found[list(SIGNALS)].to_numpy(dtype=float)
    before = baseline.reindex(found.index)[[f"b{n}" for n in range(1, 10)]].to_numpy(dtype=float)
    present = ~np.isnan(points)
    both = present & ~np.isnan(before)
    found["coverage"] = present @ weights
    found["weighted"] = _scores(points, present, weights, found.index)
    change = _scores(points, both, weights, found.index) - _scores(before, both, weights, found.index)
    found["weighted_velocity"] = change
    found["deduction_velocity"] = found["d30"] - baseline["deduction"].reindex(found.index)
    return found


def _scores(points: Any, counts: Any, weights: Any, index: Any) -> Column:
    total = np.where(counts, points, 0).astype(np.int64) @ weights
    weight = counts @ weights
    scores = (2 * total + weight) // np.maximum(2 * weight, 1)
    return pd.Series(scores, index=index).where(weight >= 4000)


def _peers(found: Frame, client: Frame) -> Frame:
    found["name"] = client["name"]
    weighted = found["weighted"]
    industry = weighted.groupby(client["industry"])
    n, total = industry.transform("count"), industry.transform("sum")
    found["industry_tenths"] = ((20 * total + n) // (2 * n)).where(weighted.notna())
    others = weighted.count() - 1
    lower = weighted.rank(method="min") - 1
    found["percentile"] = (200 * lower + others) // (2 * others) if others > 0 else np.nan
    return found
