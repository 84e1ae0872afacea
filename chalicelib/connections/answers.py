"""What is asked of other systems and what they answer: plain values, and the errors that an answer may be.

SourceError            the source did not give what was asked; nothing of ours is lost by it
├── BusyError          it wants to be left alone for a while
├── RefusedError       it does not take the credentials, or they may not read this: no other try mends it
├── UnreadableError    it answered what is not of its documented form: a page for people, too much, no JSON
└── UnreachableError   it cannot be reached, broke off, or failed
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.domain.facts import Instant

LONGEST_WAIT: Final = 3_600
"""Seconds that a source may ask to be left alone for; one that asks for more is asked again after these."""


class SourceError(Exception):
    """The source did not give what was asked; `str()` is what the user is told: no body, no address, no secret."""

    code = "failed"


class BusyError(SourceError):
    """The source wants to be left alone for `wait` seconds (None: it did not say how long)."""

    code = "busy"

    def __init__(self, wait: int | None) -> None:
        super().__init__("The system allows no more requests right now.")
        self.wait = None if wait is None else min(max(wait, 1), LONGEST_WAIT)


class RefusedError(SourceError):
    """The credentials are wrong, have expired, or may not read what was asked."""

    code = "refused"


class UnreadableError(SourceError):
    """The answer is not what this system's documents describe."""

    code = "unreadable"


class UnreachableError(SourceError):
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


def checked(answer: Answer, *, refused: frozenset[int] = frozenset({401, 403})) -> Any:
    """The body of a good answer. `refused`: statuses by which this system refuses credentials."""
    if answer.status in {429, 503}:
        raise BusyError(wait_of(answer))
    if answer.status in refused:
        raise RefusedError(
            "The system does not take these credentials: they are wrong, have expired, or may not read this."
        )
    if answer.status >= 500 or answer.status == 408:
        raise UnreachableError(f"The system failed: it answered {answer.status}.")
    if answer.status >= 300:
        raise UnreadableError(f"The system answered {answer.status} to a request of its documents.")
    if answer.body is None:
        raise UnreadableError("The system answered with a page for people, or nothing: is the address that of its API?")
    return answer.body


def wait_of(answer: Answer) -> int | None:
    """The seconds of `Retry-After`; a date counts from the answer's own."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:6])
    return None


def listed(body: Any, name: str | None = None) -> list[dict[str, Any]]:
    """The objects of a list, or of the list that an object has under a name."""
    found = body.get(name) if name is not None and isinstance(body, dict) else body
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnreadableError("The system answered without the list that its documents describe.")
    return found
