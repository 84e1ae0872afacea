"""The results of the benchmarks: as JSON, and as the tables of README.md."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import Figure, Part, number

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results.json"
README: Final = HERE / "README.md"
START, END = "<!-- results -->\n", "<!-- end of results -->\n"

ROUTE: Final = "GET "
"""What the figures of a route begin with; they have a table of their own."""

HEADINGS: Final = ("row", "what", "ours", "beside", "theirs", "ratio (spread)", "target", "verdict")
ORDER: Final = ("1", "2", "3", "", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "growth")


def cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.row,
        figure.what,
        number(figure.ours),
        figure.beside,
        "" if figure.theirs is None else number(figure.theirs),
        _ratio(figure),
        figure.target(),
        figure.verdict,
    )


def _ratio(figure: Figure) -> str:
    """Theirs ÷ ours; where the target is a share of theirs, ours ÷ theirs."""
    ratio = figure.ratio
    if ratio is None:
        return ""
    if figure.at_most is not None:
        spread = figure.spread and (1 / figure.spread[1], 1 / figure.spread[0])
        return f"{1 / ratio:.2f}× of it{_spread(spread)}"
    return f"{ratio:.1f}×{_spread(figure.spread)}" if ratio >= 1 else f"{ratio:.2f}×{_spread(figure.spread)}"


def _spread(spread: tuple[float, float] | None) -> str:
    return f" ({spread[0]:.2f}–{spread[1]:.2f})" if spread else ""


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def figures_of(results: Mapping[str, Any]) -> list[Figure]:
    """All recorded figures, by row."""
    fields = Figure._fields
    found = [
        Figure(**{name: _tuple(value) for name, value in held.items() if name in fields})
        for part in results["parts"].values()
        for held in part["figures"]
    ]
    return sorted(found, key=lambda figure: ORDER.index(figure.row))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def write(found: Mapping[str, Part], seconds: Mapping[str, float], whole: float | None) -> None:
    """results.json with the parts that were measured replaced.

    `whole` are the seconds of a run of all parts, None for another run.
    """
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    parts = {**results.get("parts", {})} if "machine" in results else {}
    for name, part in found.items():
        parts[name] = {
            "seconds": round(seconds[name], 1),
            "figures": [{**_plain(figure), "verdict": figure.verdict} for figure in part.figures],
            "values": [list(value) for value in part.values],
            "detail": part.detail,
        }
    took = results.get("seconds") if whole is None else round(whole)
    results = {"machine": machine(), "seconds": took, "parts": parts}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def _plain(figure: Figure) -> dict[str, Any]:
    return {
        name: round(value, 4)
        if isinstance(value, float)
        else [round(v, 4) for v in value]
        if isinstance(value, tuple)
        else value
        for name, value in figure._asdict().items()
        if value is not None and value != ""
    } | {"row": figure.row}


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def with_tables(text: str, results: Mapping[str, Any]) -> str:
    """The text with the tables of the results between its marks."""
    before, rest = text.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{tables(results)}\n{END}{after}"


def tables(results: Mapping[str, Any]) -> str:
    held, figures = results["machine"], figures_of(results)
    of_routes = [figure for figure in figures if figure.what.startswith(ROUTE)]
    missed = [
        f"{figure.what} (beside {figure.beside or 'its limit'})" for figure in figures if figure.verdict == "MISSED"
    ]
    lost = [f"{figure.what} (beside {figure.beside})" for figure in figures if figure.verdict == "LOSS"]
    took = results["seconds"] or sum(part["seconds"] for part in results["parts"].values())
    return "\n".join(
        [
            f"The last run of everything took {took / 60:.1f} minutes, on {held['cores']} cores "
            f"({held['architecture']}, {held['system']}), Python {held['python']}; single rows may be newer.\n",
            f"**Targets missed:** {'; '.join(missed) or 'none'}.\n",
            f"**Comparisons lost, without a target:** {'; '.join(lost) or 'none'}.\n",
            markdown(HEADINGS, [cells(figure) for figure in figures if figure not in of_routes]),
            "Row 7, what each GET route costs when warm (DynamoDB calls / read units):\n",
            markdown(*_routes(of_routes)),
            markdown(("value", ""), [value for part in results["parts"].values() for value in part["values"]]),
        ]
    )


def _routes(figures: Sequence[Figure]) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """One line per route, one column per size of fleet."""
    found: dict[str, dict[str, list[Figure]]] = {}
    for figure in figures:
        path, _, rest = figure.what.removeprefix(ROUTE).partition(", ")
        found.setdefault(path, {}).setdefault(rest.partition(":")[0], []).append(figure)
    sizes = list(next(iter(found.values()), {}))
    lines = []
    for path, by_size in found.items():
        every = [figure for held in by_size.values() for figure in held]
        verdict = {False: "MISSED", True: "met"}.get(all(f.met for f in every if f.met is not None), "")
        costs = [" / ".join(number(figure.ours) for figure in by_size[size]) for size in sizes]
        lines.append((f"`{path}`", *costs, verdict if any(f.met is not None for f in every) else ""))
    return ("route", *sizes, "verdict"), lines
