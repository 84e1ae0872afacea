"""The results of the counted benchmarks: as JSON, and as the tables of README.md."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results.json"
README: Final = HERE / "README.md"
START, END = "<!-- results -->\n", "<!-- end of results -->\n"


class Row(NamedTuple):
    """One figure beside that of the naive design, and what it must keep within."""

    what: str
    ours: float
    naive: float | None = None
    limit: float | None = None
    ratio: float | None = None
    """By how much the naive figure must exceed ours."""

    @property
    def found_ratio(self) -> float | None:
        return None if self.naive is None or not self.ours else self.naive / self.ours

    @property
    def met(self) -> bool | None:
        """Whether every limit is kept; None without any."""
        found = self.found_ratio
        kept = [
            *([] if self.limit is None else [self.ours <= self.limit]),
            *([] if self.ratio is None or found is None else [found >= self.ratio]),
        ]
        return all(kept) if kept else None

    def target(self) -> str:
        parts = [
            *([] if self.limit is None else [f"≤ {number(self.limit)}"]),
            *([] if self.ratio is None else [f"≥ {number(self.ratio)}×"]),
        ]
        return ", ".join(parts)


HEADINGS: Final = ("what", "ours", "naive", "ratio", "target", "met")


def cells(row: Row) -> tuple[str, ...]:
    ratio = row.found_ratio
    return (
        row.what,
        number(row.ours),
        "" if row.naive is None else number(row.naive),
        "" if ratio is None else f"{ratio:.1f}×",
        row.target(),
        {None: "", True: "yes", False: "NO"}[row.met],
    )


def number(value: float) -> str:
    """A figure for people: thousands apart, no needless decimals."""
    return f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:,.2f}".rstrip("0").rstrip(".")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(results: dict[str, Any], tables: str) -> None:
    """results.json, and the tables between the marks of README.md."""
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    text = README.read_text()
    before, rest = text.split(START)
    _, after = rest.split(END)
    README.write_text(f"{before}{START}\n{tables}\n{END}{after}")
