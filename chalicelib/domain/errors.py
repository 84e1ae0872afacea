"""What the service refuses to do, raised once and mapped to HTTP once (`api/errors.py`).

ClientHealthError
├── InvalidIdError          an id that is not of the contract's form
├── NotFoundError           unknown here, or another tenant's: the same
├── ConflictError           the state does not allow it
│   └── NotScoredError      the client has no score and gets none
├── NotAllowedError         another may do it, or could have earlier
├── StaleVersionError       If-Match names a version that is no longer the newest
└── InvalidError            well-formed but wrong; carries every fault
"""

from collections.abc import Sequence
from typing import NamedTuple


class ClientHealthError(Exception):
    """Base of all errors that a caller can do something about; `str()` is the detail to show."""


class InvalidIdError(ClientHealthError, ValueError):
    """An id does not have the form that the contract fixes."""


class NotFoundError(ClientHealthError):
    """There is no such thing in this tenant."""


class ConflictError(ClientHealthError):
    """The present state does not allow what was asked."""


class NotScoredError(ConflictError):
    """The client is none of those who are scored."""

    def __init__(self) -> None:
        super().__init__("This client is not scored: it is archived, not active, or not yet a client.")


class NotAllowedError(ClientHealthError):
    """This caller may not do that here and now."""


class StaleVersionError(ClientHealthError):
    """The settings were changed since the version that the caller saw."""


class Fault(NamedTuple):
    """One thing wrong with an input: a JSON pointer to it and what to do about it."""

    pointer: str
    message: str


class InvalidError(ClientHealthError):
    """The input is well-formed but wrong; `faults` lists all that is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)
