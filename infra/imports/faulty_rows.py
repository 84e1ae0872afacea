"""The rows that could not be imported, as CSV with a reason: mended, they can be imported as they stand."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import tomli_w

from chalicelib.importing.files import FileImport
from chalicelib.importing.rows import REASON_COLUMN
from chalicelib.importing.tables import csv_line
from chalicelib.imports.sources import SIDECAR


class FaultyRows:
    """Writes a CSV per file, and beside it the map by which its rows are read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._streams: dict[str, IO[str]] = {}
        self.written: list[Path] = []

    def add(self, file: FileImport, rows: Sequence[Sequence[str]], reason: str) -> None:
        stream = self._streams.get(file.name) or self._open(file)
        width = len(file.header)
        for cells in rows:
            padded = [*cells[:width], *[""] * (width - len(cells))]
            stream.write(csv_line([*padded, reason]))

    def _open(self, file: FileImport) -> IO[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = file.name.replace("/", "-").replace("\\", "-")
        path = self.folder / (name if name.lower().endswith(".csv") else f"{name}.csv")
        stream = self._streams[file.name] = path.open("w", encoding="utf-8", errors="replace", newline="")
        stream.write(csv_line([*file.header, REASON_COLUMN]))
        self.written.append(path)
        if not file.map.ours:
            sidecar = self.folder / f"{path.name}{SIDECAR}"
            exported_at = file.map.exported_at or file.file.exported_at
            sidecar.write_text(tomli_w.dumps(file.mended(exported_at)), encoding="utf-8")
        return stream

    def close(self) -> None:
        for stream in self._streams.values():
            stream.close()
