"""What is wrong with files, rows and cells, grouped: equal faults are one, with a count and their first places."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

SHOWN_PLACES: Final = 3
MOST_GROUPS: Final = 500
"""Distinct faults that are kept per file; of more only the count."""
_LONGEST_VALUE: Final = 60


class Fault(NamedTuple):
    """What is wrong with a file (no line), a row (no column) or a cell; `line` is where the row starts, from 1."""

    file: str
    line: int | None
    column: str | None
    reason: str
    value: str | None = None


class Place(NamedTuple):
    line: int
    value: str | None


@dataclass(slots=True)
class FaultGroup:
    """Equal faults: how many, and the first places with their values."""

    file: str
    column: str | None
    reason: str
    count: int = 0
    places: list[Place] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [place.line for place in self.places]
        where = self.file if len(lines) != 1 or self.count > 1 else f"{self.file}:{lines[0]}"
        said = f"{where}: {self.reason}" if self.column is None else f"{where}: {self.column}: {self.reason}"
        values = list(dict.fromkeys(place.value for place in self.places if place.value))
        if values:
            said += f" ({', '.join(repr(value) for value in values)}{', …' if self.count > len(self.places) else ''})"
        if self.count > 1 and lines:
            more = ", …" if self.count > len(lines) else ""
            said += f" – {self.count} rows: lines {', '.join(map(str, lines))}{more}"
        return said


class FaultGroups:
    """Faults as they are found, grouped by file, column and reason. Memory is bounded: of a file's faults only so many
    kinds are kept, the others counted."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str | None, str], FaultGroup] = {}
        self._kinds: dict[str, int] = {}

    def add(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            group = self._group(fault)
            group.count += 1
            if len(group.places) < SHOWN_PLACES and fault.line is not None:
                group.places.append(Place(fault.line, None if fault.value is None else shown(fault.value)))

    def _group(self, fault: Fault) -> FaultGroup:
        key = (fault.file, fault.column, fault.reason)
        found = self._groups.get(key)
        if found is None:
            kinds = self._kinds.get(fault.file, 0)
            if kinds >= MOST_GROUPS:
                key = (fault.file, None, "other faults")
                return self._groups.setdefault(key, FaultGroup(*key))
            self._kinds[fault.file] = kinds + 1
            found = self._groups[key] = FaultGroup(*key)
        return found

    def __iter__(self) -> Iterator[FaultGroup]:
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)


def shown(cell: str) -> str:
    """A value as a message shows it: on one line, not too long."""
    text = "".join(letter if letter.isprintable() else " " for letter in cell)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
