"""What an import would do, as the page shows it: each file with its map, some rows as they will be stored, all faults.

Everything here has a bound, so that the document stays small whatever the files hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from chalicelib.importing.clients import NoClient
from chalicelib.importing.faults import shown
from chalicelib.importing.files import FileImport, SourceFile
from chalicelib.importing.maps import ImportMap
from chalicelib.importing.recognition import Suggestion, suggest
from chalicelib.importing.rows import BadRow, Mapped, Record, Skipped
from chalicelib.importing.run import FileCounts, ImportRun
from chalicelib.importing.tables import Row, TableReader

SHOWN_ROWS: Final = 20
MOST_FILES_SHOWN: Final = 20
"""With rows and columns; of further ones only the counts."""
MOST_COLUMNS: Final = 100
MOST_VALUES: Final = 3
MOST_SUGGESTIONS: Final = 5
MOST_FAULTS: Final = 100
MOST_CLIENTS: Final = 200
LONGEST: Final = 200
_ROWS_LOOKED_AT: Final = 200

Ids = Mapping[tuple[str, str, str], str | NoClient]


def preview_document(
    run: ImportRun, files: Sequence[SourceFile], known: Sequence[ImportMap], *, checked: bool
) -> dict[str, Any]:
    """`checked`: the faults are those of all rows, not of the first ones alone."""
    read = {file.name: file for file in run.files}
    suggestions = iter(range(MOST_SUGGESTIONS))
    groups = list(run.report.faults)
    created = run.resolution.created
    return {
        "checked": checked,
        "blocked": run.report.refused or not run.files,
        "files": [
            _read_file(read[file.name], run, with_rows=place < MOST_FILES_SHOWN)
            if file.name in read
            else _unread_file(file, known, suggests=next(suggestions, None) is not None)
            for place, file in enumerate(files)
        ],
        "faults": [
            {
                "file": group.file,
                "column": group.column,
                "reason": group.reason[: 2 * LONGEST],
                "count": group.count,
                "places": [{"line": place.line, "value": place.value} for place in group.places],
            }
            for group in groups[:MOST_FAULTS]
        ],
        "faults_total": len(groups),
        "new_clients": [
            {"id": each.id, "name": each.name, "since": None if each.since is None else each.since.isoformat()}
            for each in created[:MOST_CLIENTS]
        ],
        "new_clients_total": len(created),
        "remarks": run.report.remarks[: MOST_VALUES * 10],
    }


def _read_file(file: FileImport, run: ImportRun, *, with_rows: bool) -> dict[str, Any]:
    told, notes = run.report.files.get(file.name, FileCounts()), dict(file.notes)
    # The sample is read last: it counts its own notes.
    return {
        "name": file.name,
        "map": {
            "name": file.map.name,
            "title": file.map.title or file.map.name,
            "note": file.map.note,
            "type": file.map.layout.type,
            "ours": file.map.ours,
            "document": dict(file.map.document) if file.map.document else None,
        },
        "rows": file.rows,
        "taken": told.taken,
        "rejected": told.rejected,
        "left_out": told.left_out,
        "columns": list(_columns(file.file, file.map)) if with_rows else [],
        "sample": list(_sample(file, run.resolution.ids)) if with_rows else [],
        "notes": [{"note": note, "count": count} for note, count in sorted(notes.items())],
        "suggestion": None,
    }


def _unread_file(file: SourceFile, known: Sequence[ImportMap], *, suggests: bool) -> dict[str, Any]:
    """A file that no map is for, with a first map to edit."""
    found = None
    if suggests:
        try:
            found = suggest(file, known)
        except ValueError:
            found = None
    suggestion = None
    if isinstance(found, Suggestion):
        suggestion = {
            "document": found.document,
            "remarks": found.remarks,
            "words": [
                {"field": field, "words": [{"word": word, "count": count} for word, count in words]}
                for field, words in found.words.items()
            ],
        }
    return {
        "name": file.name,
        "map": None,
        "rows": 0,
        "taken": 0,
        "rejected": 0,
        "left_out": 0,
        "columns": list(_columns(file, None)),
        "sample": [],
        "notes": [],
        "suggestion": suggestion,
    }


def _columns(file: SourceFile, import_map: ImportMap | None) -> Iterator[dict[str, Any]]:
    """Each column with its first values."""
    read = (import_map.encoding, import_map.delimiter) if import_map is not None else (None, None)
    table = TableReader(file.open, encoding=read[0], delimiter=read[1])
    rows = [row for row in islice(table.rows(), _ROWS_LOOKED_AT) if isinstance(row, Row)]
    for place, name in enumerate(table.header[:MOST_COLUMNS]):
        cells = (row.cells[place].strip() for row in rows if place < len(row.cells))
        values = list(dict.fromkeys(shown(cell) for cell in cells if cell))
        yield {"name": name[:LONGEST], "values": values[:MOST_VALUES]}


def _sample(file: FileImport, ids: Ids) -> Iterator[dict[str, Any]]:
    """The first rows, each as the record that it will be, or why it is none."""
    for read in islice(file.outcomes(ids), SHOWN_ROWS):
        match read.outcome:
            case Mapped(line, record):
                yield {"line": line, "record": _short(record), "faults": []}
            case Skipped(line, why):
                yield {"line": line, "record": None, "faults": [f"left out: {why}"]}
            case BadRow(line, faults):
                told = [each.reason if each.column is None else f"{each.column}: {each.reason}" for each in faults]
                yield {"line": line, "record": None, "faults": [each[: 2 * LONGEST] for each in told[:MOST_VALUES]]}


def _short(record: Record) -> dict[str, Any]:
    return {name: value[:LONGEST] if isinstance(value, str) else value for name, value in record.items()}
