"""Ids of tenants and records: strings that have been checked once and cannot be made unchecked."""

import re
from typing import Final

from chalicelib.domain.errors import InvalidIdError

TENANT_ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{1,38}$"
RECORD_ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
SOURCE_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$"
"""The short name of another system."""
MAP_NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""The name under which a map of imports is kept."""
ALERT_ID_PATTERN: Final = r"^\d{8}T\d{6}Z-[0-9a-f]{16}$"
"""Of alerts and of tasks: when, and a hash."""
API_KEY_ID_PATTERN: Final = "^[A-Z2-7]{16}$"
SUBSCRIPTION_ID_PATTERN: Final = "^[0-9a-f]{16}$"
IMPORT_ID_PATTERN: Final = "^[0-9a-f]{16}$"

TENANT_SHARDS: Final = 16
"""Over how many shards tenants are spread: of the registry, and of due marks."""

MOST_PAGES: Final = 60_000
"""Of one tenant: a night's run names each page that is done, in one item."""

MINE: Final = "me"
UNASSIGNED: Final = "none"
NO_MANAGER_IDS: Final = frozenset({MINE, UNASSIGNED})
"""What stands for the caller's own account manager, and for clients without one: no account manager's id."""

NO_MANAGER_ID: Final = "`me` and `none` are no ids of account managers: choose another one."

TicketKey = str | int
"""What finds a ticket in the directory of ids: its id, or a hash of it (`ticket_copies.ticket_key`)."""


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the contract, which has to match all of a text, a line's end included."""
    return re.compile(pattern.replace("$", r"\Z"), re.ASCII)


_TENANT_ID, _RECORD_ID = compiled(TENANT_ID_PATTERN), compiled(RECORD_ID_PATTERN)


class TenantId(str):
    """A tenant's id. Raises InvalidIdError for anything that is not of its form."""

    __slots__ = ()

    def __new__(cls, value: str) -> "TenantId":
        if not isinstance(value, str) or not _TENANT_ID.match(value):
            raise InvalidIdError("A tenant id is 2 to 39 lower-case letters, digits and hyphens.")
        return super().__new__(cls, value)


class RecordId(str):
    """The id of a client or of any other record. Raises InvalidIdError for anything that is not of its form."""

    __slots__ = ()

    def __new__(cls, value: str) -> "RecordId":
        if not isinstance(value, str) or not _RECORD_ID.match(value):
            raise InvalidIdError(
                "An id is 1 to 64 letters, digits, dots, underscores and hyphens, and starts with a letter or digit."
            )
        return super().__new__(cls, value)
