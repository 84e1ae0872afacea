"""One measured figure: ours, what stands beside it, and what it must keep within."""

from collections.abc import Callable, Sequence
from statistics import median
from time import process_time
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """A figure of a row. Less is better, for ours and theirs alike.

    `limit` is the most that ours may be; `at_least` how many times theirs must be ours; `at_most` how many times ours
    may be theirs. `ratio` is theirs ÷ ours: of counts exactly, of timings the median of paired runs with its `spread`.
    """

    row: str
    what: str
    ours: float
    beside: str = ""
    theirs: float | None = None
    limit: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    paired: float | None = None
    spread: tuple[float, float] | None = None

    @property
    def ratio(self) -> float | None:
        if self.paired is not None:
            return self.paired
        return None if self.theirs is None or not self.ours else self.theirs / self.ours

    @property
    def met(self) -> bool | None:
        """Whether every target is met; None without any."""
        ratio = self.ratio
        kept = []
        if self.limit is not None:
            kept.append(self.ours <= self.limit)
        if self.at_least is not None and ratio is not None:
            kept.append(ratio >= self.at_least)
        if self.at_most is not None and ratio is not None:
            kept.append(1 / ratio <= self.at_most)
        return all(kept) if kept else None

    @property
    def verdict(self) -> str:
        """What a reader should take away: a missed target, or a comparison that is lost, is said in capitals."""
        if self.met is not None:
            return "met" if self.met else "MISSED"
        return "LOSS" if self.ratio is not None and self.ratio < 1 else ""

    def target(self) -> str:
        parts = [
            *([] if self.limit is None else [f"≤ {number(self.limit)}"]),
            *([] if self.at_least is None else [f"≥ {number(self.at_least)}×"]),
            *([] if self.at_most is None else [f"≤ {number(self.at_most)}× of it"]),
        ]
        return ", ".join(parts)

    def without_targets(self) -> "Figure":
        return self._replace(limit=None, at_least=None, at_most=None)


class Part(NamedTuple):
    """What one benchmark found: its figures, further values by name, and everything counted for results.json."""

    figures: list[Figure]
    values: list[tuple[str, str]] = []  # noqa: RUF012
    detail: dict[str, Any] = {}  # noqa: RUF012


def number(value: float) -> str:
    """A figure for people: thousands apart, three significant digits below ten."""
    if value == round(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 10 else f"{value:,.1f}"


def cpu_seconds(run: Callable[[], Any]) -> float:
    """The CPU time of this process, all threads together, that a run takes."""
    started = process_time()
    run()
    return process_time() - started


def paired(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """The fields of a figure of paired runs: medians, the median ratio, the smallest and the largest."""
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {
        "ours": median(ours),
        "theirs": median(theirs),
        "paired": median(ratios),
        "spread": (min(ratios), max(ratios)),
    }
