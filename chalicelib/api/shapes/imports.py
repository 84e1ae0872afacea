"""Answers about imports and their maps."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Count, Day, Id, Instant, one_of
from chalicelib.domain.ids import MAP_NAME_PATTERN
from chalicelib.domain.imports import STATES

MapName = Annotated[str, Field(pattern=MAP_NAME_PATTERN)]
Document = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]


class ListedImportMap(TypedDict):
    """A map in the list."""

    name: MapName
    title: str
    """What people call the files that it is for."""
    type: str
    """The type of the records that rows become."""
    source: str | None
    """The other system's short name: it stands before each id, and clients' aliases are kept by it."""
    note: str | None
    ready_made: bool
    """It comes with the service."""
    changed_at: Instant | None


class ImportMapList(TypedDict):
    """All maps."""

    items: list[ListedImportMap]


class ImportMap(ListedImportMap):
    """A map, whole."""

    version: Count
    """Its version, which is its ETag; 0 for one that comes with the service."""
    document: Document
    """The map itself, as docs/import.md describes it."""


class UploadAddress(TypedDict):
    """Where a file is to be sent."""

    name: str
    url: str
    """Takes one PUT of the file, within 15 minutes."""
    headers: dict[str, str]
    """To be sent with it."""


class CreatedImport(TypedDict):
    """An import that waits for its files."""

    id: str
    upload: list[UploadAddress]
    """In the order of the files."""


class FileOfImport(TypedDict):
    """A file as it was named."""

    name: str
    size: Count


class Import(TypedDict):
    """An import, and how far it came."""

    id: str
    created_at: Instant
    created_by: str
    """Who made it: a person's e-mail address, or an API key's name."""
    state: Annotated[str, one_of(STATES)]
    """`WAITING` for files or a preview, `READING`, `READY` to start, `IMPORTING`, `PAUSED`, `DONE`, `FAILED`: the files
    could not be read, `message` says why."""
    message: str | None
    """Why it failed, or paused without being asked to."""
    stalled: bool
    """Nobody works at it, though somebody should: send the request again."""
    blocked: bool
    """What is wrong with whole files keeps everything out."""
    files: list[FileOfImport]
    rows: Count
    """Rows of all files, once they are read."""
    handled: Count
    """Rows that are read, checked or imported so far."""
    accepted: Count
    """Records that changed something."""
    unchanged: Count
    """Records that were known already."""
    rejected: Count
    """Rows that cannot be imported as they are."""
    left_out: Count
    """Rows that are left out on purpose."""
    new_clients: Count
    """Clients that were created, or would be."""
    first_night: bool
    """The tenant's first night is fired at the end."""


class ImportList(TypedDict):
    """The imports of the last 7 days."""

    items: list[Import]
    offers_first_night: bool
    """No night of the tenant has ever been: `start` may fire it."""


class PreviewedMap(TypedDict):
    """The map that reads a file."""

    name: str
    title: str
    note: str
    type: str
    ours: bool
    """The file is in our own format, which needs no map."""
    document: Document | None


class PreviewedColumn(TypedDict):
    """A column of a file."""

    name: str
    values: list[str]
    """Its first values."""


class PreviewedRow(TypedDict):
    """A row as it will be stored."""

    line: Count
    record: Document | None
    """The record; null where the row is none."""
    faults: list[str]


class RowNote(TypedDict):
    """What was done to rows that is worth knowing."""

    note: str
    count: Count


class CountedWord(TypedDict):
    """A word of the file, and how often it stands there."""

    word: str
    count: Count


class CountedWords(TypedDict):
    """The words of a column that become one of our codes."""

    field: str
    words: list[CountedWord]


class SuggestedMap(TypedDict):
    """A first map for a file that no map is for, to edit."""

    document: Document
    remarks: list[str]
    words: list[CountedWords]


class PreviewedFile(TypedDict):
    """A file, or a member of a ZIP."""

    name: str
    map: PreviewedMap | None
    """Null: no map is for it."""
    rows: Count
    taken: Count
    rejected: Count
    left_out: Count
    columns: list[PreviewedColumn]
    sample: list[PreviewedRow]
    """The first 20 rows."""
    notes: list[RowNote]
    suggestion: SuggestedMap | None


class FaultPlace(TypedDict):
    line: Count
    value: str | None


class GroupedFault(TypedDict):
    """Equal faults as one."""

    file: str
    column: str | None
    reason: str
    count: Count
    places: list[FaultPlace]
    """The first three."""


class ClientToCreate(TypedDict):
    """A client that the files name and nobody knows."""

    id: Id
    name: str
    since: Day | None


class ImportPreview(TypedDict):
    """What an import would do."""

    checked: bool
    """All rows were checked as the import would; false while only the files' first pass is done."""
    blocked: bool
    files: list[PreviewedFile]
    faults: list[GroupedFault]
    """At most 100; `faults_total` counts all."""
    faults_total: Count
    new_clients: list[ClientToCreate]
    """At most 200; `new_clients_total` counts all."""
    new_clients_total: Count
    remarks: list[str]


class FaultyRowsFile(TypedDict):
    """The rows of a file that were rejected, as CSV with a column of reasons."""

    file: str
    url: str
    """Where it can be loaded for 15 minutes."""


class ImportDetails(Import):
    """An import with its preview."""

    preview: ImportPreview | None
    faulty_rows: list[FaultyRowsFile]
    offers_first_night: bool
