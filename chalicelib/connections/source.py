"""What a connection needs of a system: how to ask it for rows, page by page, and what a row says in our terms.

A source is a small class over `answers.Send`; what its rows mean is a plain function of plain values.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from chalicelib.connections import values
from chalicelib.connections.mapping import Mapped
from chalicelib.connections.records import NewClient, SourceRecord
from chalicelib.domain.facts import Instant

Row: TypeAlias = Mapping[str, Any]
"""An object as a system sends it."""

MOST_PICKED: Final = 200
"""Entries of a picklist that are kept."""

LONGEST_PICKED: Final = 60
"""Characters that are kept of an entry's name."""


class Skip(NamedTuple):
    """A row that is no record, and why; the reason names no value of the row. `gone`: a ticket, which is taken away
    where one of its id is held."""

    id: str
    reason: str
    gone: bool = False


class Page(NamedTuple):
    """Some rows of a stream, the cursor of the page that follows (None: that was the last), the source's own time
    when it answered (None: it did not say), and how many calls it still allows (None: likewise)."""

    rows: Sequence[Row]
    cursor: str | None
    at: Instant | None = None
    calls_left: int | None = None


class Since(NamedTuple):
    """What a run is to read: what changed since an instant (None: everything); `first`: nothing was read before, so
    that what is unfinished counts however long ago it changed."""

    at: Instant | None
    first: bool = False


class Choice(NamedTuple):
    """An entry of a system's own list: its id there, its name, and what we take it for (None: nobody can tell)."""

    id: str
    name: str
    meaning: str | None = None


class Tested(NamedTuple):
    """What a test found out: who answered, and how many rows the source has of what is read, where it says so."""

    who: str
    counts: Mapping[str, int]


class Source(Protocol):
    """A system, with the credentials of one connection."""

    @property
    def streams(self) -> Sequence[str]:
        """Names of what is read, in the order of reading: clients before what is of them."""

    @property
    def swept(self) -> Mapping[str, str]:
        """The streams whose deletions no feed tells, each with the type of its records."""

    def existing(self, stream: str, ids: Sequence[str]) -> Collection[str]:
        """Those of some ids that there still are, at most `deletions.ASKED_AT_ONCE`. Raises OutboundError."""

    def test(self) -> Tested:
        """Asks who answers. Raises OutboundError."""

    def picklists(self) -> Mapping[str, Sequence[Choice]]:
        """The system's own lists of what the mapping needs, by the name that they have there. Raises OutboundError."""

    def page(self, stream: str, since: Since, cursor: str | None) -> Page:
        """What changed: the first page of a run, or the one that a cursor leads to.

        A row that changes while pages are read is on this page, a later one, or in the next run. Raises OutboundError.
        """

    def records(self, stream: str, row: Row, mapping: Mapped) -> "SourceRecord | NewClient | Skip":
        """What a row says. Plain: no I/O, the same whenever it is asked. Raises nothing for any row."""


Said = TypeVar("Said")


def by_id(name: str) -> Callable[[Callable[[str, Row, Mapped], Said]], Callable[[Row, Mapped], Said | Skip]]:
    """Makes what rows say, with their ids, from a function of the id (the field `name`), the row and the mapping.

    A row with a field that is missing or not of its documented form is skipped.
    """

    def decorated(say: Callable[[str, Row, Mapped], Said]) -> Callable[[Row, Mapped], Said | Skip]:
        @wraps(say)
        def said(row: Row, mapping: Mapped) -> Said | Skip:
            own_id = str(row.get(name, ""))
            try:
                own_id = values.needed(values.text(row, name), name)
                return say(own_id, row, mapping)
            except values.BadValueError as error:
                return Skip(own_id[:64], f"its {error} is missing or cannot be read")

        return said

    return decorated
