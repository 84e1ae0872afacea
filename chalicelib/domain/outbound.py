"""Requests to other people's systems, and what comes of them: plain values, whatever sends them.

OutboundError           the system did not give what was asked; nothing of ours is lost by it
├── BusyError           it wants to be left alone for a while
├── RefusedError        it does not take the credentials, or they may not read this: no other try mends it
├── UnreadableError     it answered what is not of its documented form: a page for people, too much, no JSON
└── UnreachableError    it cannot be reached, broke off, or failed
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.domain.facts import Instant

LONGEST_WAIT: Final = 3_600
"""Seconds that a system may ask to be left alone for; one that asks for more is asked again after these."""


class OutboundError(Exception):
    """The system did not give what was asked; `str()` is what the user is told: no body, no address, no secret."""

    code = "failed"


class BusyError(OutboundError):
    """The system wants to be left alone for `wait` seconds (None: it did not say how long)."""

    code = "busy"

    def __init__(self, wait: int | None) -> None:
        super().__init__("The system allows no more requests right now.")
        self.wait = None if wait is None else min(max(wait, 1), LONGEST_WAIT)


class RefusedError(OutboundError):
    """The credentials are wrong, have expired, or may not read what was asked."""

    code = "refused"


class UnreadableError(OutboundError):
    """The answer is not what the system's documents describe."""

    code = "unreadable"


class UnreachableError(OutboundError):
    """No answer, half an answer, or one that says that the system failed."""

    code = "unreachable"


class Request(NamedTuple):
    """One request: an address with its query, headers, and a body of a form or of JSON."""

    url: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = {}
    form: Sequence[tuple[str, str]] | None = None
    json: Any = None
    method: str = "GET"


class Answer(NamedTuple):
    """An answer: its status, its headers by their names in lower case, its body, and its `Date` (None: without one).

    The body is what its JSON says, numbers with a point as Decimal; None where it is no JSON.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    at: Instant | None = None


Send = Callable[[Request], Answer]
"""Sends a request within all limits of time and size. Raises UnreachableError, UnreadableError."""
