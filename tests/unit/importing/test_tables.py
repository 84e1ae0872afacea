"""Reading tables: encodings, separators, rows of several lines, and bounds that hold whatever comes."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.importing.schema import ENCODINGS
from chalicelib.importing.tables import LONGEST_LINE, BrokenRow, Row, TableReader, csv_line, sniffed
from tests.unit.importing.tables import source


def read(content: str | bytes, **options: str) -> tuple[list[str], list[Row | BrokenRow], list[str]]:
    table = TableReader(source(content).open, **options)
    rows = list(table.rows())
    return table.header, rows, [f"{fault.line}: {fault.reason}" for fault in table.faults]


@pytest.mark.parametrize(
    "raw",
    [
        "Firma,Ort\nMüller,Köln\n".encode(),
        "\ufeffFirma,Ort\r\nMüller,Köln\r\n".encode(),
        "Firma,Ort\nMüller,Köln".encode("utf-16"),
        "\ufeffFirma,Ort\nMüller,Köln\n".encode("utf-16-be"),
        "\ufefffirma,Ort\nMüller,Köln\n".replace("f", "F").encode("utf-32-le"),
        "sep=,\nFirma,Ort\nMüller,Köln\n".encode(),
        "sep=\r\nFirma,Ort\r\nMüller,Köln\r\n".encode(),
        b"sep=;\r\nFirma;Ort\r\nM\xc3\xbcller;K\xc3\xb6ln\r\n",
        "Firma\tOrt\nMüller\tKöln\n".encode(),
        "\n\nFirma|Ort\nMüller|Köln\n\n".encode(),
        "Firma,Ort\rMüller,Köln\r".encode(),
    ],
    ids=["utf-8", "mark", "utf-16", "utf-16-be", "utf-32", "sep", "sep=", "sep=;", "tabs", "bars", "returns"],
)
def test_what_programs_write(raw: bytes) -> None:
    header, rows, faults = read(raw)
    assert (header, [row.cells for row in rows if isinstance(row, Row)], faults) == (
        ["Firma", "Ort"],
        [["Müller", "Köln"]],
        [],
    )


def test_windows_1252_is_suggested_where_the_bytes_allow_it() -> None:
    raw = "a,b\nx,y\nx,EXAMPLE \u2013 TEXT\n".encode("cp1252")
    _, rows, (fault,) = read(raw)
    assert len(rows) == 2
    assert fault.startswith("3: not UTF-8 (byte 0x96); ")
    assert 'encoding = "windows-1252"' in fault
    assert read(raw, encoding="windows-1252")[2] == []


def test_and_not_where_they_do_not() -> None:
    _, _, (fault,) = read(b"a,b\nx,\x96\nx,\x81\n")
    assert "windows-1252" not in fault


def test_bytes_that_a_stated_encoding_has_not() -> None:
    _, _, (fault,) = read(b"a,b\nx,\x81\n", encoding="windows-1252")
    assert fault.startswith("2: not Windows-1252 (byte 0x81)")


def test_utf_16_without_its_mark_is_asked() -> None:
    _, _, faults = read("a,b\nx,y\n".encode("utf-16-le"))
    assert any("utf-16-le" in fault for fault in faults)


def test_rows_of_several_lines_are_at_their_first() -> None:
    _, rows, _ = read('a,b\n1,"one\ntwo, three\n"\n\n2,x\n')
    assert rows == [Row(2, ["1", "one\ntwo, three\n"]), Row(6, ["2", "x"])]


def test_only_line_ends_end_lines() -> None:
    _, rows, _ = read("a,b\n1,x\u2028y\x85z\x0bw\n")
    assert rows == [Row(2, ["1", "x\u2028y\x85z\x0bw"])]


def test_bad_quotes_within_a_line_spoil_that_row_alone() -> None:
    _, rows, faults = read('a,b\n1,"x" y\n2,z\n')
    assert [type(row) for row in rows] == [BrokenRow, Row]
    assert faults == []


def test_a_quote_left_open_is_told_where_it_opens() -> None:
    _, rows, (fault,) = read('a,b\n1,x\n2,"y\n3,z\n')
    assert len(rows) == 1
    assert fault.startswith("3: not CSV from here on")


def test_a_cell_that_is_too_long_spoils_its_row_alone() -> None:
    _, rows, faults = read(f"a,b\n1,{'x' * 200_000}\n2,z\n")
    assert [type(row) for row in rows] == [BrokenRow, Row]
    assert faults == []


@pytest.mark.parametrize("start", ["a,b\n1,2\n", "", 'a,b\n1,2\n3,"'], ids=["a row", "the header", "in quotes"])
def test_a_line_of_50_megabytes_is_refused_in_bounded_memory(start: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield start.encode()
        for _ in range(800):
            yield b"x" * 65_536

    tracemalloc.start()
    try:
        table = TableReader(chunks)
        rows = list(table.rows())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(rows) == start.startswith("a,b")
    (fault,) = table.faults
    assert f"more than {LONGEST_LINE:,} characters" in fault.reason
    assert peak < 12_000_000


def test_an_empty_file_has_an_empty_header() -> None:
    for content in ("", "\n\n", "\ufeff", "sep=;\n", ",,,\n"):
        assert read(content)[:2] == ([], [])


def test_the_separator_is_the_one_that_makes_most_columns() -> None:
    assert sniffed('"a,b,c";d;e\n') == ";"
    assert sniffed("only\n") == ","


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2).filter(any), min_size=1, max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_is_written_is_read(rows: list[list[str]], encoding: str, separator: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *rows])
    content = ("\ufeff" if encoding == "utf-16-be" else "") + text.getvalue()
    header, found, faults = read(content.encode(encoding))
    assert (header, faults) == (["first", "second"], [])
    assert [row.cells for row in found if isinstance(row, Row)] == rows


MARKS = st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\xef\xbb\xbf"])


@given(MARKS, st.binary(max_size=300), st.none() | st.sampled_from(ENCODINGS))
@example(b"\xff\xfe", b"a\x00,\x00b", None)
@example(b"", b"a,b\n\x81\x20,x", "shift_jis")
def test_any_bytes_are_a_table_or_a_fault(mark: bytes, raw: bytes, encoding: str | None) -> None:
    table = TableReader(source(mark + raw).open, encoding=encoding)
    for row in table.rows():
        assert row.line > 0
    assert all(fault.reason for fault in table.faults)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_a_line_that_is_written_is_one_row(cells: list[str]) -> None:
    assert next(csv.reader(io.StringIO(csv_line(cells), newline=""))) == cells
