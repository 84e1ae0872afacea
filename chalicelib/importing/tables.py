"""Reading a table from bytes, as a stream: encodings, separators, rows of several lines, bounds.

Nothing here holds more than a chunk, a line and a row. What is wrong with the file as a whole is collected in
`TableReader.faults` while its rows are read on, so that one round tells everything; only where rows begin and end can
no longer be known the reading stops.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

Open = Callable[[], Iterable[bytes]]
"""Gives the bytes of a file from their start, in chunks of any size."""

LONGEST_LINE: Final = 1_000_000
"""Characters of a physical line."""
MOST_COLUMNS: Final = 2_000

SEPARATORS: Final = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=([^\r\n]?)\"?[,;\t|]*\s*\Z", re.IGNORECASE)
_NOT_TEXT = re.compile("[\udc00-\udcff]")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CALLED: Final = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "windows-1252": "Windows-1252"}
OR_A_MAP: Final = ", or name its encoding in the map"
_NO_1252: Final = frozenset(b"\x81\x8d\x8f\x90\x9d")


_ESCAPED: Final = "import-escaped"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Bytes that an encoding does not know, each as a lone surrogate: `surrogateescape` gives up on those below 0x80,
    which UTF-16 and the encodings of East Asia may meet."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_ESCAPED, _escaped)


class Row(NamedTuple):
    """A row with the line it starts in, from 1."""

    line: int
    cells: list[str]


class BrokenRow(NamedTuple):
    """A line that is no row, and why."""

    line: int
    reason: str


class FileFault(NamedTuple):
    """What is wrong with the file as a whole, from which line on."""

    line: int | None
    reason: str
    value: str | None = None


class UnreadableError(Exception):
    """Where rows begin and end can no longer be known."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class Lines(Iterator[str]):
    """The physical lines of a file as text; `number` is that of the line given last.

    Bytes that the encoding does not know become lone surrogates, and the first is told by `fault`.
    """

    def __init__(self, chunks: Iterable[bytes], encoding: str | None) -> None:
        self._chunks = iter(chunks)
        head = b""
        for chunk in self._chunks:
            head += chunk
            if len(head) >= 4_096:
                break
        self.mark = next((name for mark, name in _MARKS if head.startswith(mark)), None)
        self._asked = encoding is None and self.mark is None
        found = self.mark or encoding or "utf-8"
        self.encoding = "utf-16-le" if found == "utf-16" else found
        self._is_unknown_utf16 = self._asked and b"\x00" in head[:100]
        self._decoder = codecs.getincrementaldecoder(self.encoding)(_ESCAPED)
        text = self._decoder.decode(head)
        self._lone_returns = "\r" in text and "\n" not in text[:-1]
        self._ready: Iterator[str] = iter(())
        self._pending = ""
        self._ended = False
        self.number = 0
        self._bad: tuple[int, int] | None = None
        self._fits_1252 = True
        self._take(text.removeprefix("\ufeff"))

    def __next__(self) -> str:
        while True:
            line = next(self._ready, None)
            if line is not None:
                break
            self._more()
        self.number += 1
        if not line.isascii() and (found := _NOT_TEXT.search(line)) is not None:
            if self._bad is None:
                self._bad = self.number, ord(found[0]) - 0xDC00
            self._fits_1252 = self._fits_1252 and not any(
                ord(letter) - 0xDC00 in _NO_1252 for letter in _NOT_TEXT.findall(line)
            )
        return line

    @property
    def fault(self) -> FileFault | None:
        """That what was read so far is not of the encoding."""
        if self._is_unknown_utf16:
            return FileFault(1, 'looks like UTF-16 without its mark: set encoding = "utf-16-le" in the map')
        if self._bad is None:
            return None
        line, byte = self._bad
        called = _CALLED.get(self.encoding, self.encoding)
        advice = f"save the file as UTF-8{OR_A_MAP}"
        if self._asked and self._fits_1252:
            advice = 'if it was written on Windows, set encoding = "windows-1252" in the map; or save the file as UTF-8'
        return FileFault(line, f"not {called} (byte 0x{byte:02x}); {advice}")

    def _more(self) -> None:
        """The lines of another chunk; StopIteration at the end."""
        if self._ended:
            raise StopIteration
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            rest = self._pending + self._decoder.decode(b"", final=True)
            self._pending = ""
            self._ready = iter([rest] if rest else [])
        else:
            self._take(self._decoder.decode(chunk))

    def _take(self, text: str) -> None:
        if self._lone_returns:
            text = text.replace("\r", "\n")
        lines = text.split("\n")
        lines[0] = self._pending + lines[0]
        self._pending = lines.pop()
        self._ready = self._ended_lines(lines)
        if not lines and len(self._pending) > LONGEST_LINE:
            raise UnreadableError(self.number + 1, _too_long())

    def _ended_lines(self, lines: list[str]) -> Iterator[str]:
        for line in lines:
            if len(line) > LONGEST_LINE:
                raise UnreadableError(self.number + 1, _too_long())
            yield f"{line}\n"
        if len(self._pending) > LONGEST_LINE:
            raise UnreadableError(self.number + 1, _too_long())


def _too_long() -> str:
    return f"the line has more than {LONGEST_LINE:,} characters: is this a table?"


class TableReader:
    """A table: its header, then its rows.

    `faults` are the file's own; they are complete once the rows are read. A file without any row at all has an empty
    header.
    """

    def __init__(self, open_file: Open, *, encoding: str | None = None, delimiter: str | None = None) -> None:
        self.faults: list[FileFault] = []
        self.header: list[str] = []
        self.header_line = 1
        self.told: str | None = None
        """What a first line `sep=` says."""
        self._reader: Iterator[list[str]] = iter(())
        try:
            self.lines = Lines(open_file(), encoding)
        except UnreadableError as error:
            self.faults.append(FileFault(error.line, error.reason))
            self.lines = Lines((), None)
            return
        self._read_header(delimiter)

    def _read_header(self, delimiter: str | None) -> None:
        try:
            first = next(self.lines, "")
            if (match := _SEPARATOR_LINE.match(first)) is not None:
                self.told = match[1] or ","
                first = next(self.lines, "")
            while first and not first.strip(" \t\r\n,;|"):
                first = next(self.lines, "")
            self.header_line = max(self.lines.number, 1)
            if not first:
                return
            self.delimiter = self.told or delimiter or sniffed(first)
            self._reader = csv.reader(_chained(first, self.lines), delimiter=self.delimiter, strict=True)
            self.header = next(self._reader, [])
        except UnreadableError as error:
            self.faults.append(FileFault(error.line, error.reason))
        except csv.Error as error:
            self.faults.append(FileFault(self.header_line, f"the header is not CSV: {error}"))
            self._reader = iter(())
        while self.header and not self.header[-1].strip():
            self.header.pop()
        if len(self.header) > MOST_COLUMNS:
            self.faults.append(FileFault(self.header_line, f"has more than {MOST_COLUMNS:,} columns"))
            self.header, self._reader = [], iter(())

    def rows(self) -> Iterator[Row | BrokenRow]:
        """The rows below the header, those without any content left out."""
        lines, reader = self.lines, self._reader
        line = 1
        try:
            while True:
                line = lines.number + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    break
                except csv.Error as error:
                    # Inside one line a fault is that row's alone. After several, where the next starts is a guess.
                    if lines.number > line:
                        reason = f"not CSV from here on ({error}): is a quote left open?"
                        self.faults.append(FileFault(line, reason))
                        break
                    yield BrokenRow(line, f"not a CSV row: {error}")
                else:
                    if any(cells):
                        yield Row(line, cells)
        except UnreadableError as error:
            reason = error.reason if lines.number + 1 == line else f"not CSV from here on: {error.reason}"
            self.faults.append(FileFault(line, reason))
        if (fault := lines.fault) is not None:
            self.faults.append(fault)


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def sniffed(header: str) -> str:
    """What separates the cells of a header: of the usual marks the one that makes most columns."""

    def columns(separator: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=separator)))
        except (csv.Error, StopIteration):
            return 0

    return max(SEPARATORS, key=columns)


class _Written:
    """What a csv.writer writes, as text."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def csv_line(cells: Sequence[str]) -> str:
    """A row as a line of CSV (RFC 4180; with a shorter line end Python would leave a lone return unquoted)."""
    written = _Written()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.text
