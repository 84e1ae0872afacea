"""Failures at the edges of the services: what only another try can mend, and credentials or cursors that are not good.

TryAgainError               safe to repeat: the queue or the caller is to come again
├── TooBusyError            other writers kept coming first
├── NotSentError            some messages were not taken, all others were
├── DirectoryDamagedError   what the directory of ids lost is being found again
├── OverloadedError         AWS throttles, or does not answer in time
└── OutOfTimeError          what is left does not fit; what was done is kept
AheadOfClockError           a night of the future: nothing was written, and no other try mends it
UnreadableClientError       what is stored of one client cannot be read, and no other try mends it
SharedError                 what a page's clients have in common failed: no client's own failure
LeasedError                 another step of the connection is under way
BadTokenError               not an ID token of the issuer for this audience, or expired
BadCursorError              not given by this list, or expired
"""

from collections.abc import Callable


class TryAgainError(Exception):
    """The work is not done and safe to repeat."""


class TooBusyError(TryAgainError):
    """Other writers kept coming first."""


class DirectoryDamagedError(TryAgainError):
    """What the directory of ids had learned lately could not be read; all pages are taken into it again."""


class OverloadedError(TryAgainError):
    """AWS takes no more just now, or did not answer in time; what was asked for may have happened."""


class NotSentError(TryAgainError):
    """Messages of some tenants were refused again and again; all others were sent."""

    def __init__(self, tenants: frozenset[str]) -> None:
        super().__init__(f"messages of {len(tenants)} tenants could not be sent")
        self.tenants = tenants


class OutOfTimeError(TryAgainError):
    """What is left does not fit into the time that is left; what was done is kept."""


class AheadOfClockError(Exception):
    """A night's `as_of` lies too far ahead of the clock; nothing was written."""


class UnreadableClientError(Exception):
    """What is stored of a client cannot be read; `__cause__` says why."""

    def __init__(self, client: str) -> None:
        super().__init__(f"what is stored of the client {client} cannot be read")
        self.client = client


class SharedError(Exception):
    """What a page's clients have in common could not be read, for the alerts of one of them; `error` says why."""

    def __init__(self, error: Exception) -> None:
        super().__init__("what the clients of a page have in common could not be read")
        self.error = error


class LeasedError(Exception):
    """Another step of a connection is under way."""


class BadTokenError(Exception):
    """The token is not an ID token of the issuer for this audience, or it has expired."""


class BadCursorError(ValueError):
    """A cursor that this list did not give, or that has expired."""


Failed = Callable[[str, Exception], object]
"""Told of a client that could not be read or computed, and why; its neighbours go on."""


def raised(client: str, error: Exception) -> None:
    """For whoever works for one client alone."""
    del client
    raise error


FailedPage = Callable[[int, Exception], object]
"""Told of a page whose current rows cannot be read, and why; the other pages go on."""


def page_raised(page: int, error: Exception) -> None:
    """For whoever cannot do without the page."""
    del page
    raise error


def left_out(client: str, error: Exception) -> None:
    """For whoever goes on without what cannot be read: somebody else reports it."""
    del client, error
