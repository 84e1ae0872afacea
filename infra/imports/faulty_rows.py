"""Files of faulty rows on the command line: beside each the map by which its rows are read again."""

from pathlib import Path

import tomli_w

from chalicelib.importing.files import FileImport
from chalicelib.imports import faulty_rows
from chalicelib.imports.sources import SIDECAR


class FaultyRows(faulty_rows.FaultyRows):
    """With a map for each file, also for those that a ready-made one read: the order of its dates is proven."""

    def opened(self, file: FileImport, path: Path) -> None:
        if not file.map.ours:
            sidecar = self.folder / f"{path.name}{SIDECAR}"
            exported_at = file.map.exported_at or file.file.exported_at
            sidecar.write_text(tomli_w.dumps(file.mended(exported_at)), encoding="utf-8")
