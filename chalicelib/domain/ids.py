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

TENANT_SHARDS: Final = 16
"""Over how many shards tenants are spread: of the registry, and of due marks."""

MOST_PAGES: Final = 60_000
"""Of one tenant: a night's run names each page that is done, in one item."""

TicketKey = str | int
"""What finds a ticket in the directory of ids: its id, or a hash of it (`ticket_copies.ticket_key`)."""

_TENANT_ID = re.compile(TENANT_ID_PATTERN.replace("$", r"\Z"))
_RECORD_ID = re.compile(RECORD_ID_PATTERN.replace("$", r"\Z"))


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
