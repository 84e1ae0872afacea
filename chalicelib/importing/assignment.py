"""Which file of an import is read by which map, and what is wrong where none fits."""

from collections.abc import Mapping, Sequence
from typing import Final

from chalicelib.importing.faults import Fault
from chalicelib.importing.files import SourceFile, missing
from chalicelib.importing.maps import ImportMap
from chalicelib.importing.recognition import Header, fits, header_of, recognised
from chalicelib.importing.rows import Columns


def assigned(
    files: Sequence[SourceFile], own: Mapping[str, ImportMap], wanted: Sequence[ImportMap], known: Sequence[ImportMap]
) -> tuple[list[tuple[SourceFile, ImportMap]], list[Fault]]:
    """Each file with its map (its own by name, one that was asked for, one that knows its header), and what is wrong
    with files that no map is for.
    """
    found: list[tuple[SourceFile, ImportMap]] = []
    faults: list[Fault] = []
    used: set[str] = set()
    for file in files:
        if file.name in own:
            found.append((file, own[file.name]))
            continue
        header = header_of(file)
        asked = [each for each in wanted if fits(each, header)]
        if not asked and len(files) == 1 and wanted:
            asked = [wanted[0]]  # its own header faults say best why it is not for this file
            others = [each for each in recognised(header, known) if each is not wanted[0]]
            if others:
                faults.append(Fault(file.name, None, None, _another(wanted[0], others[0], header)))
        chosen = asked or recognised(header, known)
        if chosen:
            used.add(chosen[0].name)
            found.append((file, chosen[0]))
        else:
            faults.append(Fault(file.name, 1, None, _unknown(header)))
    for each in wanted:
        if each.name not in used:
            lacks = " and ".join(" or ".join(names) or target for target, names in _lacking(each, files))
            reason = f"the map {each.name} is for none of the files" + (f": they lack {lacks}" if lacks else "")
            faults.append(Fault(each.name, None, None, reason))
    return found, faults


def _lacking(import_map: ImportMap, files: Sequence[SourceFile]) -> list[tuple[str, tuple[str, ...]]]:
    """What a map needs and the file that comes nearest lacks."""
    lacking = [missing(import_map, Columns(import_map, header_of(file).columns)) for file in files]
    return min(lacking, key=len, default=[])


def _another(wanted: ImportMap, other: ImportMap, header: Header) -> str:
    lacks = missing(wanted, Columns(wanted, header.columns))
    told = " and ".join(" or ".join(names) or target for target, names in lacks)
    why = f" (this one lacks {told})" if told else ""
    return f"the map {wanted.name} is for another file{why}: this looks like {other.name}"


NO_MAP: Final = "no map knows its columns"


def _unknown(header: Header) -> str:
    if not header.columns:
        return "is empty, or no table"
    shown = ", ".join(header.columns[:12])
    more = ", …" if len(header.columns) > 12 else ""
    return f"{NO_MAP} ({shown}{more}): make one for it"
