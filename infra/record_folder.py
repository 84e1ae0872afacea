"""Records written as a folder of our own format, one CSV file per type."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chalicelib.importing.fields import LAYOUT_OF, LAYOUTS, Kind, Layout


def write_folder(directory: Path, records: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Write records as an import folder, one file per type among them, in the order given.

    Optional columns that no record uses are left out. An empty text cannot be told from an absent one. The
    folder is made if need be; files of the same names are replaced.

    Returns
    -------
    dict[str, int]
        Rows written per record type.

    Raises
    ------
    KeyError
        A record has no `type` or one that is not known.
    ValueError
        A record has a field that its type has not.
    """
    by_type: dict[str, list[dict[str, str]]] = {}
    for record in records:
        layout = LAYOUT_OF[record["type"]]
        by_type.setdefault(layout.type, []).append(_cells(layout, record))
    directory.mkdir(parents=True, exist_ok=True)
    for layout in LAYOUTS:
        rows = by_type.get(layout.type)
        if rows is None:
            continue
        used = {column for row in rows for column in row}
        columns = [column for column, field in layout.columns().items() if field.required or column in used]
        with (directory / layout.file_name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return {record_type: len(rows) for record_type, rows in by_type.items()}


def _cells(layout: Layout, record: Mapping[str, Any]) -> dict[str, str]:
    kinds = {field.name: field.kind for field in layout.fields}
    cells: dict[str, str] = {}
    for name, value in record.items():
        if name == "type" or value is None:
            continue
        if name == "id":
            cells[layout.id_column] = value
        elif name not in kinds:
            raise ValueError(f"a {layout.type} has no field {name!r}")
        elif kinds[name] is Kind.MONEY:
            cells[f"{name}_amount"] = value["amount"]
            cells[f"{name}_currency"] = value["currency"]
        elif kinds[name] is Kind.BOOLEAN:
            cells[name] = "true" if value else "false"
        else:
            cells[name] = str(value)
    return cells
