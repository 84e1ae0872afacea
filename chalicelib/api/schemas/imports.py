"""Bodies of imports and of their maps."""

import re
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, WithJsonSchema

from chalicelib.api.errors import malformed
from chalicelib.api.schemas.fields import Timestamp, whole
from chalicelib.api.schemas.validation import Schema
from chalicelib.domain.ids import MAP_NAME_PATTERN
from chalicelib.domain.imports import ImportFile
from chalicelib.domain.times import format_timestamp

MOST_FILES: Final = 20
MOST_BYTES: Final = 200_000_000
"""Of a file as it is uploaded."""
ENDINGS: Final = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".zip")

_MAP_NAME = re.compile(MAP_NAME_PATTERN.replace("$", r"\Z"))


def _file_name(name: str) -> str:
    if "/" in name or "\\" in name or name.startswith(".") or not name.isprintable() or len(name.encode()) > 200:
        raise ValueError("Send the name of a file, without folders: at most 200 characters, none of them hidden.")
    if not name.lower().endswith(ENDINGS):
        raise ValueError("Send a CSV file, a spreadsheet (.xlsx) or a ZIP of them; save others as CSV.")
    return name


def _size(size: int) -> int:
    if not 1 <= size <= MOST_BYTES:
        raise ValueError("Send a file of 1 byte to 200 MB: split a larger one, or pack it into a ZIP.")
    return size


def _map(told: Any) -> Any:
    """A map's name or its document."""
    if isinstance(told, str) and _MAP_NAME.match(told):
        return told
    if isinstance(told, dict):
        return plain(told)
    raise ValueError("Send the name of a map, or a map.")


def plain(value: Any) -> Any:
    """A document whose numbers are those of JSON."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return list(map(plain, value))
    return float(value) if isinstance(value, Decimal) else value


Size = Annotated[
    int,
    BeforeValidator(whole),
    AfterValidator(_size),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_BYTES}),
]
FileName = Annotated[
    str, Field(min_length=1), AfterValidator(_file_name), WithJsonSchema({"type": "string", "maxLength": 200})
]
ChosenMap = Annotated[
    Any,
    BeforeValidator(_map),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": MAP_NAME_PATTERN}, {"type": "object", "additionalProperties": True}]}
    ),
]


class SentMap(NamedTuple):
    """A document that is to be a map."""

    document: dict[str, Any]


class MapBody(RootModel[dict[str, Any]]):
    """A map, as docs/import.md describes it: `type`, `columns`, and what else the file needs."""

    @classmethod
    def read(cls, body: Any) -> SentMap:
        """The document. Raises RequestError (400) for what is no object."""
        if not isinstance(body, dict):
            raise malformed("The body is a JSON object.")
        return SentMap(plain(body))


class SentFile(Schema):
    """A file that is going to be uploaded."""

    name: FileName
    """Its name, without folders."""
    size: Size
    """Its bytes: the address that is answered takes a body of just this length."""
    exported_at: Timestamp | None = None
    """When it was last changed: the `updated_at` of rows without one (default: now)."""
    map: ChosenMap | None = None
    """The map that reads it: a name, or a map; left out, the file is recognised."""


def _told_apart(files: list[SentFile]) -> list[SentFile]:
    if len({file.name.casefold() for file in files}) < len(files):
        raise ValueError("Send each file once: two of these have the same name.")
    return files


class ImportBody(Schema):
    """The files of an import."""

    files: Annotated[list[SentFile], Field(min_length=1, max_length=MOST_FILES), AfterValidator(_told_apart)]

    def import_files(self) -> list[ImportFile]:
        return [
            ImportFile(each.name, each.size, None if each.exported_at is None else format_timestamp(each.exported_at))
            for each in self.files
        ]

    def maps(self) -> dict[str, Any]:
        return {each.name: each.map for each in self.files if each.map is not None}


class PreviewRequest(Schema):
    """How the files are to be read."""

    maps: Annotated[dict[str, ChosenMap], Field(max_length=100)] = Field(default_factory=dict)
    """Maps by file, as the preview names it (`export.zip/tickets.csv`): a name, or a map. Others stay as they are."""

    def chosen(self) -> dict[str, Any]:
        return dict(self.maps)


class StartBody(Schema):
    """How the import is to begin."""

    first_night: bool = False
    """Fires the tenant's first night once all is in; only while none has ever been."""
