"""How scores went: a client's last 90 days, and the fleet's change over a month (scoring.md, History)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from chalicelib.domain.facts import Day
from chalicelib.domain.history import HistoryEntry
from chalicelib.domain.rounding import decimal_places

TREND_DAYS: Final = 90


def trend(entries: Iterable[HistoryEntry], today: Day) -> list[HistoryEntry]:
    """The 90-day trend, oldest first: one entry per local date, the last of that date; gaps stay gaps."""
    last: dict[Day, HistoryEntry] = {}
    for entry in entries:
        if today - TREND_DAYS < entry.date <= today:
            latest = last.get(entry.date)
            if latest is None or entry.as_of >= latest.as_of:
                last[entry.date] = entry
    return [last[day] for day in sorted(last)]


class MonthChange(NamedTuple):
    """Change of the fleet's mean score against the baseline date's; 0 and no date without one."""

    points: Decimal
    baseline_date: Day | None
    settings_changed: bool


def month_over_month(
    now: tuple[int, int], before: tuple[int, int], baseline_date: Day | None, settings_changed: bool
) -> MonthChange:
    """Mean now less the mean stored for the baseline date, from (count, sum) of either side, rounded once."""
    (count, total), (count_before, total_before) = now, before
    if baseline_date is None or not count or not count_before:
        return MonthChange(Decimal("0.0"), None, False)
    change = total * count_before - total_before * count
    return MonthChange(decimal_places(change, count * count_before, 1), baseline_date, settings_changed)
