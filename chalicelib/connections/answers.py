"""What an answer of another system says: its body, or which error it is."""

from email.utils import parsedate_to_datetime
from typing import Any

from chalicelib.domain.outbound import Answer, BusyError, RefusedError, UnreachableError, UnreadableError


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
    try:
        until = int(parsedate_to_datetime(text).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
    return None if answer.at is None else until - answer.at


def listed(body: Any, name: str | None = None) -> list[dict[str, Any]]:
    """The objects of a list, or of the list that an object has under a name."""
    found = body.get(name) if name is not None and isinstance(body, dict) else body
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnreadableError("The system answered without the list that its documents describe.")
    return found
