"""The rows that could not be imported, as CSV with a reason: mended, they can be imported as they stand."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

from chalicelib.importing.files import FileImport
from chalicelib.importing.rows import REASON_COLUMN
from chalicelib.importing.tables import csv_line


class FaultyRows:
    """`FaultySink` that writes a CSV per file. `written`: by the file's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._streams: dict[str, IO[str]] = {}
        self.written: dict[str, Path] = {}

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
        self.written[file.name] = path
        self.opened(file, path)
        return stream

    def opened(self, file: FileImport, path: Path) -> None:
        """What is to lie beside a file of faulty rows."""

    def close(self) -> None:
        for stream in self._streams.values():
            stream.close()


class NoRows:
    """`FaultySink` for a look at the files: they come in again whole."""

    def add(self, file: FileImport, rows: Sequence[Sequence[str]], reason: str) -> None:
        pass

    def close(self) -> None:
        pass
