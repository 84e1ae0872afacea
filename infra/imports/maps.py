"""Maps on the command line: by name or file, saved ones, and the TOML of one to edit."""

from collections.abc import Sequence
from pathlib import Path

import tomli_w

from chalicelib.importing.faults import Fault
from chalicelib.importing.files import FileImport, SourceFile
from chalicelib.importing.maps import ImportMap, MapError, read_toml
from chalicelib.importing.ready_maps import ready_maps
from chalicelib.importing.recognition import Suggestion, suggest
from chalicelib.imports.sources import ImportSourceError


class MapShelf:
    """The maps that an import may take: those that were saved, and the ready-made ones."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where maps are saved."""
        self._folder = folder

    def all(self) -> list[ImportMap]:
        """Saved maps first; a saved one that is broken is passed over, until it is asked for by name."""
        found = []
        for path in sorted(self._folder.glob("*.toml")) if self._folder.is_dir() else ():
            try:
                found.append(_read(path))
            except MapError:
                continue
        return [*found, *ready_maps()]

    def named(self, told: str) -> ImportMap:
        """A map by its file or name. Raises MapError, ImportSourceError."""
        path = Path(told)
        if told.endswith(".toml") or path.is_file():
            if not path.is_file():
                raise ImportSourceError([Fault(told, None, None, "is no file of a map")])
            return _read(path)
        saved = self._folder / f"{told}.toml"
        if saved.is_file():
            return _read(saved)
        for each in ready_maps():
            if each.name == told:
                return each
        names = [path.stem for path in sorted(self._folder.glob("*.toml"))] if self._folder.is_dir() else []
        known = ", ".join([*names, *(each.name for each in ready_maps())])
        raise ImportSourceError(
            [Fault(told, None, None, f"is neither a file nor the name of a map; those are {known}")]
        )

    def save(self, name: str, used: Sequence[ImportMap]) -> list[Path]:
        """Keeps the maps that an import took: one by the name, several by the name and their own."""
        chosen = {each.name: each for each in used if not each.ours}
        written = []
        for own, each in chosen.items():
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / (f"{name}.toml" if len(chosen) == 1 else f"{name}-{own}.toml")
            path.write_text(tomli_w.dumps(each.document), encoding="utf-8")
            written.append(path)
        return written


def _read(path: Path) -> ImportMap:
    return read_toml(path.read_text("utf-8", errors="replace"), path.name.removesuffix(".toml"))


def suggestion_toml(file: SourceFile, shelf: MapShelf) -> str:
    """A map for a file, to edit. Raises ValueError."""
    found = suggest(file, shelf.all())
    if isinstance(found, Suggestion):
        remarks = [f"A first map for {file.name}: check every line, then import with --map FILE.", *found.remarks]
        for target, words in found.words.items():
            remarks.append(f"{target}: " + ", ".join(f"{word!r} {count}×" for word, count in words))
        return _commented(remarks) + tomli_w.dumps(found.document)
    remarks = [f"{file.name} is known: {found.title or found.name}.", *([found.note] if found.note else [])]
    if found.ours:
        return _commented([*remarks, "Our own format needs no map."])
    checked = FileImport(file, found, None, None)
    checked.scan()
    remarks += [f"{fault.column + ': ' if fault.column else ''}{fault.reason}" for fault in checked.faults]
    return _commented(remarks) + tomli_w.dumps(found.document)


def _commented(remarks: Sequence[str]) -> str:
    return "".join(f"# {' '.join(remark.split())}\n" for remark in remarks) + "\n"
