"""The JSON schema of a map, and a check by it: the part of JSON Schema that it uses, without a library."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from chalicelib.domain.ids import SOURCE_PATTERN
from chalicelib.importing.fields import LAYOUTS

LONGEST_NAME: Final = 64
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_COLUMNS: Final = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 10}
_TARGETS: Final = sorted({target for layout in LAYOUTS for target in layout.targets()})


def _columns_of(description: str, *names: str) -> dict[str, Any]:
    """Some columns, each named by what it is for."""
    columns = dict.fromkeys(names, _TEXT)
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "required": list(names),
        "properties": columns,
    }


ENCODINGS: Final = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "windows-1250", "windows-1251", "windows-1252", "windows-1253"),
    *("windows-1254", "windows-1257", "iso-8859-1", "iso-8859-2", "iso-8859-15", "shift_jis", "gb18030", "big5"),
)

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "ImportMap",
    "description": "How the table of another system becomes records of one type.",
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "columns"],
    "properties": {
        "type": {"description": "The type of the records.", "enum": [layout.type for layout in LAYOUTS]},
        "title": {"description": "What people call such a file.", **_TEXT},
        "note": {
            "description": "Where this map comes from, and what to know of it.",
            "type": "string",
            "maxLength": 2000,
        },
        "source": {
            "description": "The system's short name: it stands before each id, and clients' aliases are kept by it.",
            "type": "string",
            "pattern": SOURCE_PATTERN,
        },
        "match": {
            "description": "Which files it is for: a pattern of the file's name, columns that are all there.",
            "type": "object",
            "additionalProperties": False,
            "properties": {"file": _TEXT, "header": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 50}},
        },
        "encoding": {"description": "Of a file that is not UTF-8 and has no byte-order mark.", "enum": list(ENCODINGS)},
        "delimiter": {
            "description": "What separates cells, where it is not to be found out.",
            "enum": [",", ";", "\t", "|"],
        },
        "columns": {
            "description": "Our field → their column, or several of which the first that is filled counts.",
            "type": "object",
            "additionalProperties": {"anyOf": [_TEXT, _COLUMNS]},
            "propertyNames": {"enum": _TARGETS},
            "maxProperties": 40,
        },
        "ignore_other_columns": {
            "description": "Whether columns that the map does not name are passed over.",
            "type": "boolean",
        },
        "constants": {
            "description": "Our field → what it is where its column is missing or empty.",
            "type": "object",
            "additionalProperties": {"anyOf": [_TEXT, {"type": "number"}, {"type": "boolean"}]},
            "propertyNames": {"enum": _TARGETS},
            "maxProperties": 40,
        },
        "id": {
            "description": "For rows without an id of their own: the columns that tell them apart.",
            "type": "object",
            "additionalProperties": False,
            "required": ["hash_of"],
            "properties": {"hash_of": _COLUMNS},
        },
        "time_zone": {"description": "Of local times (default: the tenant's).", **_TEXT},
        "date_formats": {
            "description": "Forms of dates, in the directives of strptime.",
            "type": "array",
            "items": _TEXT,
            "minItems": 1,
            "maxItems": 20,
        },
        "values": {
            "description": "Our field → their word → ours; `*` is any other word, an empty one an empty cell.",
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {"anyOf": [_TEXT, {"type": "number"}, {"type": "boolean"}]},
                "maxProperties": 500,
            },
            "propertyNames": {"enum": _TARGETS},
            "maxProperties": 20,
        },
        "skip": {
            "description": "Their column → words: rows with one of them are left out, and counted.",
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string", "maxLength": 200}, "maxItems": 50},
            "maxProperties": 10,
        },
        "null": {
            "description": "What says as little as an empty cell.",
            "type": "array",
            "items": {"type": "string", "maxLength": 200},
            "maxItems": 50,
        },
        "decimal": {"description": "The mark before decimals.", "enum": [".", ","]},
        "client": {
            "description": "Which column tells the client, and how it is found.",
            "type": "object",
            "additionalProperties": False,
            "required": ["from", "by"],
            "properties": {
                "from": {"anyOf": [_TEXT, _COLUMNS]},
                "by": {"enum": ["id", "name", "alias"]},
                "create": {"type": "boolean"},
            },
        },
        "one_row_per": _columns_of("Of a log of changes the newest row of each key counts.", "key", "last_by"),
        "sum_lines": _columns_of(
            "Rows of one key are lines of one record: their amounts are added up.", "key", "amount"
        ),
        "exported_at": {
            "description": "When the file was exported, as RFC 3339 (default: when it was last changed).",
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$",
        },
        "advice": {
            "description": "Our field (or `client`) → how the other system is made to export it.",
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 500},
            "propertyNames": {"enum": ["client", *_TARGETS]},
            "maxProperties": 40,
        },
    },
}


class SchemaFault(NamedTuple):
    """A fault of a document: a JSON pointer and what to send."""

    pointer: str
    message: str


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
}
_CALLED: Final = {
    "object": "a table",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "number": "a number",
}


def check(document: Any, schema: dict[str, Any] = SCHEMA, at: str = "") -> Iterator[SchemaFault]:
    """All faults of a document."""
    if "anyOf" in schema:
        tried = [list(check(document, each, at)) for each in schema["anyOf"]]
        if all(tried):
            yield min(tried, key=len)[0]
        return
    if "enum" in schema and (document not in schema["enum"] or isinstance(document, bool)):
        yield SchemaFault(at, f"Send one of {', '.join(map(repr, schema['enum']))}.")
        return
    kind = schema.get("type")
    if kind is not None and (
        not isinstance(document, _TYPES[kind]) or (isinstance(document, bool) and kind != "boolean")
    ):
        yield SchemaFault(at, f"Send {_CALLED[kind]}.")
        return
    if isinstance(document, str):
        yield from _check_text(document, schema, at)
    elif isinstance(document, list):
        yield from _check_list(document, schema, at)
    elif isinstance(document, dict):
        yield from _check_object(document, schema, at)


def _check_text(text: str, schema: dict[str, Any], at: str) -> Iterator[SchemaFault]:
    if len(text) < schema.get("minLength", 0):
        yield SchemaFault(at, "Send at least 1 character.")
    if len(text) > schema.get("maxLength", len(text)):
        yield SchemaFault(at, f"Send at most {schema['maxLength']} characters.")
    pattern = schema.get("pattern")
    if pattern is not None and not re.search(pattern.replace("$", r"\Z"), text):
        yield SchemaFault(at, f"Send {_WANTED[pattern]}.")


_WANTED: Final = {
    SOURCE_PATTERN: "1 to 20 letters, digits, hyphens and underscores, the first no hyphen",
    SCHEMA["properties"]["exported_at"]["pattern"]: "an RFC 3339 instant such as 2026-11-22T09:30:00Z",
}


def _check_list(items: list[Any], schema: dict[str, Any], at: str) -> Iterator[SchemaFault]:
    if len(items) < schema.get("minItems", 0):
        yield SchemaFault(at, "Send at least 1 entry.")
    if len(items) > schema.get("maxItems", len(items)):
        yield SchemaFault(at, f"Send at most {schema['maxItems']} entries.")
    for place, item in enumerate(items):
        yield from check(item, schema["items"], f"{at}/{place}")


def _check_object(document: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[SchemaFault]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", False)
    names = schema.get("propertyNames")
    for name in schema.get("required", ()):
        if name not in document:
            yield SchemaFault(f"{at}/{name}", "This field is required.")
    if len(document) > schema.get("maxProperties", len(document)):
        yield SchemaFault(at, f"Send at most {schema['maxProperties']} entries.")
    for name, value in document.items():
        here = f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if name in properties:
            yield from check(value, properties[name], here)
        elif others is False:
            yield SchemaFault(here, f"This field is unknown; known are {', '.join(properties)}.")
        elif names is not None and any(check(name, names)):
            yield SchemaFault(here, "This is no field that a map fills.")
        else:
            yield from check(value, others, here)
