"""What a path holds to import: CSV files, spreadsheets, ZIPs of them, folders.

ImportSourceError    the path cannot be imported as it is; raised before anything is sent
"""

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path, PurePosixPath
from struct import unpack
from typing import IO, Any, NamedTuple

from chalicelib.importing.dates import instant_text
from chalicelib.importing.faults import Fault
from chalicelib.importing.files import SourceFile
from chalicelib.importing.tables import csv_line

TABLES = (".csv", ".txt", ".tsv")
SPREADSHEETS = (".xlsx", ".xlsm")
SIDECAR = ".map.toml"
"""A map that lies beside a file and is that file's."""

MOST_FILES = 100
MOST_UNPACKED = 1_000_000_000
MOST_SPREADSHEET = 50_000_000
MOST_SHEET_ROWS = 200_000
_MOST_SHEET_UNPACKED = 400_000_000
_CHUNK = 65_536
_END_OF_ZIP = b"PK\x05\x06"


class ImportSourceError(Exception):
    """The path cannot be imported as it is. `faults` lists everything that was found, not only the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(f"{fault.file}: {fault.reason}" for fault in faults))
        self.faults = tuple(faults)


class Given(NamedTuple):
    """The files of a path, maps that lie beside them by the files' names, what was passed over, and what is no file
    that can be imported."""

    files: list[SourceFile]
    sidecars: dict[str, str]
    ignored: list[str]
    faults: list[Fault]


def _refused(name: str, reason: str) -> ImportSourceError:
    return ImportSourceError([Fault(name, None, None, reason)])


@contextmanager
def given(path: Path, now: datetime) -> Iterator[Given]:
    """The files of a folder, a ZIP, or one file; spreadsheets are CSV for as long as this lasts.

    Raises ImportSourceError where there is nothing to import at all.
    """
    with tempfile.TemporaryDirectory(prefix="import-") as scratch:
        found = Given([], {}, [], [])
        faults = found.faults
        try:
            paths = [path]
            if path.is_dir():
                paths = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
        except OSError as error:
            raise _refused(str(path), f"cannot be read: {error.strerror}") from error
        if not path.exists():
            raise _refused(str(path), "does not exist")
        for each in paths:
            try:
                _take(each, found, Path(scratch), now, alone=not path.is_dir())
            except ImportSourceError as error:
                faults += error.faults
        if len(found.files) > MOST_FILES:
            faults.append(Fault(str(path), None, None, f"holds more than {MOST_FILES} files: import it in parts"))
        if not found.files and not faults:
            faults.append(Fault(str(path), None, None, "holds no CSV file, spreadsheet or ZIP to import"))
        if not found.files:
            raise ImportSourceError(faults)
        yield found


def _take(path: Path, found: Given, scratch: Path, now: datetime, *, alone: bool) -> None:
    suffix = path.suffix.lower()
    changed = min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)
    if path.name.endswith(SIDECAR):
        found.sidecars[path.name.removesuffix(SIDECAR)] = path.read_text("utf-8", errors="replace")
    elif suffix in TABLES:
        found.files.append(SourceFile(path.name, _reading(path), instant_text(changed)))
    elif suffix in SPREADSHEETS:
        found.files.append(_spreadsheet(path, path.name, instant_text(changed), scratch, len(found.files)))
    elif suffix == ".zip":
        _unzip(path, found, scratch, changed)
    elif alone:
        raise _refused(path.name, f"is none of {', '.join((*TABLES, *SPREADSHEETS, '.zip'))}: save it as CSV")
    else:
        found.ignored.append(path.name)


def _reading(path: Path) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    return read


# --- ZIPs ---


def _unzip(path: Path, found: Given, scratch: Path, now: datetime) -> None:
    try:
        with path.open("rb") as stream:
            _refuse_many(path, stream)
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise _refused(path.name, f"is no ZIP that can be read: {error}") from error
    faults: list[Fault] = []
    wanted = []
    for member in members:
        name = member.filename
        if member.is_dir() or name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("."):
            continue
        reason = _refusal(member)
        if reason is not None:
            faults.append(Fault(f"{path.name}/{name}", None, None, reason))
        elif PurePosixPath(name).suffix.lower() in (*TABLES, *SPREADSHEETS):
            wanted.append(member)
        else:
            found.ignored.append(f"{path.name}/{name}")
    if sum(member.file_size for member in wanted) > MOST_UNPACKED:
        faults.append(Fault(path.name, None, None, "unpacks to more than 1 GB: import it in parts"))
    if len(wanted) > MOST_FILES:
        faults.append(Fault(path.name, None, None, f"holds more than {MOST_FILES} files: import it in parts"))
    if faults:
        raise ImportSourceError(faults)  # of such a ZIP nothing is touched
    for member in wanted:
        # The times in a ZIP have no zone: an hour too early is safe, a time to come is not.
        written = _member_time(member, now)
        if PurePosixPath(member.filename).suffix.lower() in TABLES:
            found.files.append(SourceFile(member.filename, _reading_member(path, member), written))
        else:
            unpacked = scratch / f"{len(found.files)}.xlsx"
            with unpacked.open("wb") as stream:
                for chunk in _reading_member(path, member)():
                    stream.write(chunk)
            found.files.append(_spreadsheet(unpacked, member.filename, written, scratch, len(found.files)))


def _refuse_many(path: Path, stream: IO[bytes]) -> None:
    """Refuses what would fill memory by its list of members alone."""
    stream.seek(0, 2)
    stream.seek(max(0, stream.tell() - 66_000))
    tail = stream.read()
    at = tail.rfind(_END_OF_ZIP)
    if at >= 0 and len(tail) >= at + 12 and unpack("<H", tail[at + 10 : at + 12])[0] > 10 * MOST_FILES:
        raise _refused(path.name, f"holds more than {MOST_FILES} files: import it in parts")


def _refusal(member: zipfile.ZipInfo) -> str | None:
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name.split("/")[0]:
        return "has a name that leads out of the ZIP"
    if member.flag_bits & 0x1:
        return "is encrypted: unpack it first"
    if PurePosixPath(name).suffix.lower() in {".zip", ".gz", ".7z", ".rar", ".tar", ".tgz"}:
        return "is packed itself: unpack it first"
    return None


def _member_time(member: zipfile.ZipInfo, now: datetime) -> str:
    try:
        return instant_text(min(datetime(*member.date_time, tzinfo=UTC), now))
    except ValueError:
        return instant_text(now)


def _reading_member(path: Path, member: zipfile.ZipInfo) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        try:
            with zipfile.ZipFile(path) as packed, packed.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
            raise _refused(f"{path.name}/{member.filename}", f"cannot be unpacked: {error}") from error

    return read


# --- spreadsheets ---


def _spreadsheet(path: Path, name: str, changed: str, scratch: Path, number: int) -> SourceFile:
    """The first sheet that shows something, as CSV. Formulas count by what they last gave."""
    import python_calamine

    if path.stat().st_size > MOST_SPREADSHEET:
        raise _refused(name, "has more than 50 MB: save it as CSV")
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
        if unpacked > _MOST_SHEET_UNPACKED:
            raise _refused(name, "unpacks to more than 400 MB: save it as CSV")
        with python_calamine.load_workbook(str(path)) as book:
            visible = python_calamine.SheetVisibleEnum.Visible
            names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == visible]
            for sheet_name in names:
                sheet = book.get_sheet_by_name(sheet_name)
                if sheet.height:
                    break
            else:
                raise _refused(name, "has no sheet with anything in it")
            if sheet.height > MOST_SHEET_ROWS + 1:
                raise _refused(name, f"has more than {MOST_SHEET_ROWS:,} rows: save it as CSV")
            target = scratch / f"{number}.csv"
            with target.open("w", encoding="utf-8", newline="") as stream:
                for row in sheet.iter_rows():
                    stream.write(csv_line(list(map(_cell, row))))
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        raise _refused(name, f"is no spreadsheet that can be read: {error}") from error
    return SourceFile(name, _reading(target), changed)


def _cell(value: Any) -> str:
    """A cell as CSV would hold it; a whole number without a fraction."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)
