"""Failures that only another try can mend: the queue or the caller is to come again."""


class TryAgainError(Exception):
    """The work is not done and safe to repeat."""


class TooBusyError(TryAgainError):
    """Other writers kept coming first."""


class OutOfTimeError(TryAgainError):
    """What is left does not fit into the time that is left; what was done is kept."""
