"""Failures at the edges of the services: what only another try can mend, and credentials or cursors that are not good.

TryAgainError               safe to repeat: the queue or the caller is to come again
├── TooBusyError            other writers kept coming first
├── OverloadedError         AWS throttles, or does not answer in time
└── OutOfTimeError          what is left does not fit; what was done is kept
AheadOfClockError           a night of the future: nothing was written, and no other try mends it
BadTokenError               not an ID token of the issuer for this audience, or expired
BadCursorError              not given by this list, or expired
"""


class TryAgainError(Exception):
    """The work is not done and safe to repeat."""


class TooBusyError(TryAgainError):
    """Other writers kept coming first."""


class OverloadedError(TryAgainError):
    """AWS takes no more just now, or did not answer in time; what was asked for may have happened."""


class OutOfTimeError(TryAgainError):
    """What is left does not fit into the time that is left; what was done is kept."""


class AheadOfClockError(Exception):
    """A night's `as_of` lies too far ahead of the clock; nothing was written."""


class BadTokenError(Exception):
    """The token is not an ID token of the issuer for this audience, or it has expired."""


class BadCursorError(ValueError):
    """A cursor that this list did not give, or that has expired."""
