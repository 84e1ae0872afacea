"""What a user says of a system's own words: which priority is which, what counts as closed, what to leave out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.domain.text import folded

SKIP: Final = "skip"
"""What a type of tickets, or a client, is mapped to that is left out."""

MEANINGS: Final[Mapping[str, Sequence[str]]] = {
    "priorities": ("P1", "P2", "P3", "P4", "P5"),
    "statuses": ("open", "resolved", "closed"),
    "types": ("keep", SKIP),
    "clients": ("keep", SKIP),
}
"""What an entry of each list may be mapped to."""

MOST_ENTRIES: Final = 200
"""Of one list."""

LONGEST_ENTRY: Final = 64
"""Characters of an entry's id."""


class Mapped(NamedTuple):
    """A mapping as sources read it: by the id that an entry has in its system."""

    priorities: Mapping[str, int] = {}
    statuses: Mapping[str, str] = {}
    skipped_types: frozenset[str] = frozenset()
    skipped_clients: frozenset[str] = frozenset()
    first_response: str = ""
    """Which of the source's definitions of a first response counts."""


def mapped(document: Mapping[str, Any], first_response: str) -> Mapped:
    """The mapping of a document `{"priorities": {id: "P1"}, "statuses": {id: state}, "types": {id: "skip"},
    "clients": {id: "skip"}}`, of which each part may be missing."""
    return Mapped(
        priorities={key: int(value[1]) for key, value in document.get("priorities", {}).items()},
        statuses=dict(document.get("statuses", {})),
        skipped_types=frozenset(key for key, value in document.get("types", {}).items() if value == SKIP),
        skipped_clients=frozenset(key for key, value in document.get("clients", {}).items() if value == SKIP),
        first_response=first_response,
    )


_PRIORITY_WORDS: Final = (
    ("P1", ("priority 1", "p1", "critical", "emergency", "urgent", "kritisch", "notfall")),
    ("P2", ("priority 2", "p2", "high", "quick", "hoch", "haute")),
    ("P3", ("priority 3", "p3", "medium", "normal", "mittel", "moyenne")),
    ("P4", ("priority 4", "p4", "low", "scheduled", "niedrig", "basse")),
    ("P5", ("priority 5", "p5", "planning", "service request", "none")),
)


def priority_of(name: str) -> str | None:
    """What a priority's name says in words that tools use; None where it says nothing that we know."""
    text = folded(name)
    return next((level for level, words in _PRIORITY_WORDS if any(word in text for word in words)), None)
