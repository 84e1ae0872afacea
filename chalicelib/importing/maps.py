"""Maps: how the table of another system becomes records. Our own format is one of them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.domain.time_zones import is_time_zone
from chalicelib.domain.times import parse_timestamp
from chalicelib.importing.dates import read_format
from chalicelib.importing.fields import LAYOUT_OF, LAYOUTS, Kind, Layout
from chalicelib.importing.schema import SchemaFault, check

NULLS: Final = ("", "null", "NULL", "\\N", "n/a", "N/A", "?", "-")
MOST_BYTES: Final = 100_000
OTHER: Final = "*"
"""Stands for any other word in the values of a field."""


class MapError(Exception):
    """A map that is none; `faults` are all of them."""

    def __init__(self, faults: Sequence[SchemaFault], name: str = "map") -> None:
        super().__init__("\n".join(f"{name}: {fault.pointer or '/'}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class ClientRule:
    """Which columns tell the client (the first that is filled counts), and how it is found."""

    columns: tuple[str, ...]
    by: str
    create: bool = False


@dataclass(frozen=True, slots=True)
class OneRowPer:
    key: str
    last_by: str


@dataclass(frozen=True, slots=True)
class SumLines:
    key: str
    amount: str


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A checked map. `ours`: cells are as our contract writes them, read to the letter and sent as they are."""

    name: str
    layout: Layout
    columns: Mapping[str, tuple[str, ...]]
    title: str = ""
    note: str = ""
    source: str = ""
    file: str | None = None
    header: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    ignore_other_columns: bool = True
    constants: Mapping[str, Any] = field(default_factory=dict)
    hash_of: tuple[str, ...] = ()
    time_zone: str | None = None
    date_formats: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nulls: frozenset[str] = frozenset(NULLS)
    decimal: str = "."
    client: ClientRule | None = None
    one_row_per: OneRowPer | None = None
    sum_lines: SumLines | None = None
    exported_at: str | None = None
    advice: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    """What it was read from."""
    ours: bool = False


def read_toml(text: str, name: str = "map") -> ImportMap:
    """A map of its TOML. Raises MapError."""
    if len(text.encode()) > MOST_BYTES:
        raise MapError([SchemaFault("", f"Send at most {MOST_BYTES} bytes.")], name)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MapError([SchemaFault("", f"This is not TOML: {error}.")], name) from error
    return read_map(document, name)


def read_map(document: Any, name: str = "map") -> ImportMap:
    """A map of its document. Raises MapError with all faults."""
    faults = list(check(document))
    if not faults:
        faults = list(_contradictions(document))
    if faults:
        raise MapError(faults, name)
    match = document.get("match", {})
    client = document.get("client")
    return ImportMap(
        name=name,
        layout=LAYOUT_OF[document["type"]],
        columns={field: _columns(told) for field, told in document["columns"].items()},
        title=document.get("title", ""),
        note=document.get("note", ""),
        source=document.get("source", ""),
        file=match.get("file"),
        header=tuple(match.get("header", ())),
        encoding=document.get("encoding"),
        delimiter=document.get("delimiter"),
        ignore_other_columns=document.get("ignore_other_columns", True),
        constants=document.get("constants", {}),
        hash_of=tuple(document.get("id", {}).get("hash_of", ())),
        time_zone=document.get("time_zone"),
        date_formats=tuple(document.get("date_formats", ())),
        values=document.get("values", {}),
        skip={column: tuple(words) for column, words in document.get("skip", {}).items()},
        nulls=frozenset(document.get("null", NULLS)) | {""},
        decimal=document.get("decimal", "."),
        client=None
        if client is None
        else ClientRule(_columns(client["from"]), client["by"], client.get("create", False)),
        one_row_per=OneRowPer(**document["one_row_per"]) if "one_row_per" in document else None,
        sum_lines=SumLines(**document["sum_lines"]) if "sum_lines" in document else None,
        exported_at=document.get("exported_at"),
        advice=document.get("advice", {}),
        document=document,
    )


def _columns(told: str | list[str]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)


def _contradictions(document: dict[str, Any]) -> list[SchemaFault]:
    """What a schema cannot say."""
    layout = LAYOUT_OF[document["type"]]
    targets = layout.targets()
    faults = [
        SchemaFault(f"/{part}/{name}", f"A {layout.type} has no such field; it has {', '.join(targets)}.")
        for part in ("columns", "constants", "values")
        for name in document.get(part, {})
        if name not in targets
    ]
    for name, words in document.get("values", {}).items():
        codes = targets[name].codes if name in targets else ()
        faults += [
            SchemaFault(f"/values/{name}/{word}", f"Send one of {', '.join(codes)}.")
            for word, ours in words.items()
            if codes and ours not in codes
        ]
    for name, value in document.get("constants", {}).items():
        codes = targets[name].codes if name in targets else ()
        if codes and value not in codes:
            faults.append(SchemaFault(f"/constants/{name}", f"Send one of {', '.join(codes)}."))
    for place, text in enumerate(document.get("date_formats", ())):
        try:
            read_format(text)
        except ValueError as error:
            faults.append(SchemaFault(f"/date_formats/{place}", f"{error}."))
    if "time_zone" in document and not is_time_zone(document["time_zone"]):
        faults.append(SchemaFault("/time_zone", "Send an IANA time zone such as Europe/Rome."))
    if "exported_at" in document:
        try:
            parse_timestamp(document["exported_at"])
        except ValueError as error:
            faults.append(SchemaFault("/exported_at", str(error)))
    client = document.get("client")
    if client is None and layout.is_fact:
        faults.append(SchemaFault("/client", "Say which column tells the client, and how it is found."))
    if client is not None and layout.type == "account_manager":
        faults.append(SchemaFault("/client", "An account manager belongs to no client."))
    if client is not None and client.get("create") and client["by"] != "name":
        faults.append(SchemaFault("/client/create", "Only clients that are found by their names can be created."))
    if client is not None and client["by"] in {"name", "alias"} and not document.get("source"):
        faults.append(SchemaFault("/source", "Names and aliases of clients are kept per system: name it."))
    if "id" in document and "id" in document["columns"]:
        faults.append(SchemaFault("/id", "Rows have a column of ids already: take this or columns.id out."))
    if "one_row_per" in document and "sum_lines" in document:
        faults.append(SchemaFault("/sum_lines", "Rows are lines of a record, or versions of one, not both."))
    if "sum_lines" in document and not any(field.kind is Kind.MONEY for field in layout.fields):
        faults.append(SchemaFault("/sum_lines", f"A {layout.type} has no amount to add up."))
    return faults


def _own(layout: Layout) -> ImportMap:
    columns = {target: (column,) for column, target in _own_columns(layout)}
    return ImportMap(
        name=layout.file_name.removesuffix(".csv"),
        layout=layout,
        columns=columns,
        title=f"our own {layout.file_name}",
        file=layout.file_name,
        encoding="utf-8",
        delimiter=",",
        ignore_other_columns=False,
        nulls=frozenset({""}),
        client=ClientRule(("client_id",), "id") if layout.is_fact else None,
        ours=True,
    )


def _own_columns(layout: Layout) -> list[tuple[str, str]]:
    return [
        (column, "id" if column == layout.id_column else column)
        for column in layout.columns()
        if column != "client_id" or not layout.is_fact
    ]


OWN_MAPS: Final = tuple(map(_own, LAYOUTS))
"""Our own format: a file per record type, in the order of import."""
