"""An import of files: what it is made of, and which states it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from chalicelib.domain.facts import Instant

WAITING: Final = "WAITING"
READING: Final = "READING"
READY: Final = "READY"
IMPORTING: Final = "IMPORTING"
PAUSED: Final = "PAUSED"
DONE: Final = "DONE"
FAILED: Final = "FAILED"

STATES: Final = (WAITING, READING, READY, IMPORTING, PAUSED, DONE, FAILED)
NOBODY: Final = Instant(0)
"""Until when nobody works at an import."""

AT_WORK: Final = (READING, IMPORTING)


class ImportFile(NamedTuple):
    """A file that is uploaded: its name and bytes, and when it was last changed, as RFC 3339."""

    name: str
    size: int
    exported_at: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `maps`: which map reads which file, a map's name or its document; files without one are recognised.

    `rows` and `handled` say how far it came, `batches` and `refused` from where it goes on. `working_until`: whoever
    works at it says so again before then. `version` is that of the stored item, 0 before there is one.
    """

    id: str
    created_at: Instant
    created_by: str
    files: tuple[ImportFile, ...]
    maps: Mapping[str, Any] = field(default_factory=dict)
    state: str = WAITING
    message: str = ""
    blocked: bool = False
    """The preview found what keeps everything out."""
    rows: int = 0
    handled: int = 0
    batches: int = 0
    refused: tuple[int, ...] = ()
    accepted: int = 0
    unchanged: int = 0
    rejected: int = 0
    left_out: int = 0
    created: int = 0
    faulty: tuple[str, ...] = ()
    """Names of the files of which rows were rejected, in the order of their files of faulty rows."""
    first_night: bool = False
    working_until: Instant = NOBODY
    version: int = 0


class SavedMap(NamedTuple):
    """A map of an import under its name, with the version of the stored item and the instant of its last change."""

    name: str
    document: Mapping[str, Any]
    version: int
    changed_at: Instant


class Upload(NamedTuple):
    """Where a file is to be sent, by PUT, within a quarter of an hour."""

    url: str
    headers: Mapping[str, str]
