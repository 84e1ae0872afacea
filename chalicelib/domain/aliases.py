"""What a client is called in another system."""

from typing import NamedTuple

from chalicelib.domain.ids import RecordId


class Alias(NamedTuple):
    """What a client is called in another system, by an id or a name; one client per source and folded value."""

    client_id: RecordId
    source: str
    value: str
