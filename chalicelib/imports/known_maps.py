"""Maps as services know them: by name and document, with the faults of one that is sent."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.errors import Fault
from chalicelib.importing.maps import MapError, read_map
from chalicelib.importing.ready_maps import ready_maps
from chalicelib.services.imports import ReadyMap


def ready() -> list[ReadyMap]:
    """The maps that come with the service."""
    return [ReadyMap(each.name, each.document) for each in ready_maps()]


def map_faults(document: Any) -> Sequence[Fault]:
    """What keeps a document from being a map."""
    try:
        read_map(document)
    except MapError as error:
        return [Fault(fault.pointer, fault.message) for fault in error.faults]
    return ()
