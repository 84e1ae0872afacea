"""Our own format: what is refused, what is a bad row, and that writing and reading give the same records."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from chalicelib.importing.assignment import assigned
from chalicelib.importing.faults import Fault, shown
from chalicelib.importing.fields import LAYOUTS, Field, Kind, Layout
from chalicelib.importing.files import FileImport
from chalicelib.importing.maps import OWN_MAPS
from chalicelib.importing.rows import BadRow, Mapped, Record
from chalicelib.imports.sources import ImportSourceError, given
from infra.imports.maps import MapShelf
from infra.record_folder import write_folder

Folder = Callable[..., Path]

MANAGERS = "account_manager_id,name,email\n"
CLIENTS = "client_id,name,status\n"
TICKETS = "ticket_id,client_id,priority,created_at\n"
SURVEYS = "survey_id,client_id,kind,score,responded_at\n"
INVOICES = "invoice_id,client_id,status,issued_on,due_on,total_amount,total_currency\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Makes an import folder: the text (or bytes) of each file, by the name without `.csv`."""

    def make(**files: str | bytes) -> Path:
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (tmp_path / f"{name}.csv").write_bytes(raw)
        return tmp_path

    return make


NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Bad(NamedTuple):
    """A bad row, with its faults as text."""

    line: int
    faults: tuple[str, ...]


def imports(directory: Path) -> Iterator[FileImport]:
    """The files of a folder in the order of import, read through once."""
    with given(directory, NOW) as files:
        found, unknown = assigned(files.files, {}, (), MapShelf(directory / "none").all())
        if unknown:
            raise ImportSourceError(unknown)
        for file, own in sorted(found, key=lambda each: OWN_MAPS.index(each[1])):
            each = FileImport(file._replace(exported_at=None), own, None, None)
            each.scan()
            yield each


def rows(directory: Path) -> Iterator[Mapped | Bad]:
    for file in imports(directory):
        assert file.faults == []
        for outcome, _ in file.outcomes({}):
            if isinstance(outcome, Mapped):
                yield outcome
            elif isinstance(outcome, BadRow):
                told = (
                    f"{column + ': ' if column else ''}{repr(shown(value)) + ' ' if value else ''}{reason}"
                    for column, reason, value in outcome.faults
                )
                yield Bad(outcome.line, tuple(f"{file.name}:{outcome.line}: {text}" for text in told))


def records(directory: Path) -> list[Record]:
    found = list(rows(directory))
    assert [row for row in found if isinstance(row, Bad)] == []
    return [row.record for row in found if isinstance(row, Mapped)]


def good_rows(directory: Path) -> list[Record]:
    return [row.record for row in rows(directory) if isinstance(row, Mapped)]


def bad_rows(directory: Path) -> list[str]:
    return [fault for row in rows(directory) if isinstance(row, Bad) for fault in row.faults]


def told(fault: Fault) -> str:
    place = f"{fault.file}:{fault.line}"
    return f"{place}: {fault.column}: {fault.reason}" if fault.column else f"{place}: {fault.reason}"


def refusal(directory: Path) -> tuple[Fault, ...]:
    """Why a folder, or a file of it, is refused."""
    try:
        faults = tuple(fault for file in imports(directory) for fault in file.faults)
    except ImportSourceError as error:
        return error.faults
    assert faults
    return faults


class TestReading:
    def test_every_type_of_the_contract_has_a_file(self) -> None:
        assert [layout.file_name for layout in LAYOUTS] == [
            "account_managers.csv",
            "clients.csv",
            "tickets.csv",
            "contracts.csv",
            "invoices.csv",
            "surveys.csv",
            "billable_months.csv",
            "qbrs.csv",
            "touchpoints.csv",
            "assessments.csv",
            "reconciliations.csv",
            "headcounts.csv",
        ]

    def test_cells_become_values_of_their_type(self, folder: Folder) -> None:
        directory = folder(
            clients="client_id,name,status,archived,monthly_recurring_revenue_amount,"
            "monthly_recurring_revenue_currency,updated_at\n"
            "c1,Müller & Co,ACTIVE,TRUE,1200.50,EUR,2026-01-02T03:04:05Z\n",
            billable_months="billable_month_id,client_id,month,billable_hours,budget_hours\nb1,c1,2026-01,12.50,\n",
            surveys=SURVEYS + "s1,c1,NPS,10,2026-01-02T03:04:05Z\n",
            tickets="ticket_id,client_id,priority,created_at,deleted\nt1,c1,P1,2026-01-02T03:04:05Z,false\n",
        )
        assert records(directory) == [
            {
                "type": "client",
                "id": "c1",
                "name": "Müller & Co",
                "status": "ACTIVE",
                "archived": True,
                "monthly_recurring_revenue": {"currency": "EUR", "amount": "1200.50"},
                "updated_at": "2026-01-02T03:04:05Z",
            },
            {
                "type": "ticket",
                "id": "t1",
                "client_id": "c1",
                "priority": "P1",
                "created_at": "2026-01-02T03:04:05Z",
                "deleted": False,
            },
            {
                "type": "survey",
                "id": "s1",
                "client_id": "c1",
                "kind": "NPS",
                "score": 10,
                "responded_at": "2026-01-02T03:04:05Z",
            },
            {
                "type": "billable_month",
                "id": "b1",
                "client_id": "c1",
                "month": "2026-01",
                "billable_hours": Decimal("12.50"),
            },
        ]

    def test_a_byte_order_mark_and_windows_line_ends_are_accepted(self, folder: Folder) -> None:
        directory = folder(clients=b"\xef\xbb\xbfclient_id,name,status\r\nc1,One,ACTIVE\r\n\r\n")
        assert records(directory) == [{"type": "client", "id": "c1", "name": "One", "status": "ACTIVE"}]

    def test_a_row_of_empty_cells_says_nothing(self, folder: Folder) -> None:
        assert len(records(folder(clients=CLIENTS + "c1,One,ACTIVE\n,,\n"))) == 1

    def test_a_row_is_at_the_line_where_it_starts(self, folder: Folder) -> None:
        directory = folder(clients=CLIENTS + 'c1,"One\nand\nTwo",ACTIVE\nc2,,ACTIVE\n')
        first, second = rows(directory)
        assert isinstance(first, Mapped)
        assert (first.line, first.record["name"]) == (2, "One\nand\nTwo")
        assert second == Bad(5, ("clients.csv:5: name: is required",))


class TestBadRows:
    @pytest.mark.parametrize(
        ("score", "reason"),
        [
            ("4.5", "'4.5' is not a whole number"),
            ("four", "'four' is not a whole number"),
            (" 4", "' 4' is not a whole number"),
            ("\u0664", "'\u0664' is not a whole number"),
            ("", "is required"),
        ],
    )
    def test_a_bad_cell_is_told_with_its_place(self, folder: Folder, score: str, reason: str) -> None:
        directory = folder(surveys=SURVEYS + f"s1,c1,CSAT,{score},x\ns2,c1,CSAT,5,x\n")
        assert bad_rows(directory) == [f"surveys.csv:2: score: {reason}"]

    @pytest.mark.parametrize("cell", ["NaN", "Infinity", "1_000", "12,5", "0x10", ".5", "1e9999"])
    def test_numbers_are_those_of_json(self, folder: Folder, cell: str) -> None:
        header = "assessment_id,client_id,completed_on,standardization_score\n"
        directory = folder(assessments=f'{header}a1,c1,2026-01-01,"{cell}"\na2,c1,2026-01-01,-1.5e2\n')
        good = good_rows(directory)
        assert [record["standardization_score"] for record in good] == [Decimal(-150)]
        assert len(bad_rows(directory)) == 1

    def test_all_faults_of_a_row_are_told(self, folder: Folder) -> None:
        header = "touchpoint_id,client_id,occurred_at,kind,with_decision_maker\n"
        assert bad_rows(folder(touchpoints=header + ",c1,,CALL,maybe\n")) == [
            "touchpoints.csv:2: with_decision_maker: 'maybe' is not true or false",
            "touchpoints.csv:2: touchpoint_id: is required",
            "touchpoints.csv:2: occurred_at: is required",
        ]

    def test_money_takes_both_cells(self, folder: Folder) -> None:
        rows = "i1,c1,PAID,x,x,10.00,\ni2,c1,PAID,x,x,,EUR\ni3,c1,PAID,x,x,,\n"
        assert bad_rows(folder(invoices=INVOICES + rows)) == [
            "invoices.csv:2: total_currency: is empty although there is an amount",
            "invoices.csv:3: total_amount: is empty although there is a currency",
            "invoices.csv:4: total_amount: is required",
            "invoices.csv:4: total_currency: is required",
        ]

    def test_too_many_or_too_few_cells(self, folder: Folder) -> None:
        assert bad_rows(folder(clients=CLIENTS + "c1,One\nc2,Two,ACTIVE,,x\nc3,Three,ACTIVE,\n")) == [
            "clients.csv:2: has 2 cells where the header has 3",
            "clients.csv:3: has 5 cells where the header has 3",
        ]

    def test_bad_quotes_within_a_line_spoil_that_row_alone(self, folder: Folder) -> None:
        directory = folder(clients=CLIENTS + 'c1,"One" Ltd,ACTIVE\nc2,Two,ACTIVE\n')
        assert [record["id"] for record in good_rows(directory)] == ["c2"]
        (fault,) = bad_rows(directory)
        assert fault.startswith("clients.csv:2: not a CSV row: ")

    def test_the_same_record_twice(self, folder: Folder) -> None:
        # The same ticket of another client is a move.
        directory = folder(tickets=TICKETS + "t1,c1,P1,x\nt1,c2,P1,x\nt1,c1,P2,x\n")
        assert bad_rows(directory) == ["tickets.csv:4: ticket_id: the same record as in line 2"]

    def test_to_delete_a_record_its_identity_is_enough(self, folder: Folder) -> None:
        header = "ticket_id,client_id,priority,created_at,deleted\n"
        directory = folder(tickets=header + "t1,c1,,,true\n,c1,,,true\nt3,c1,,,false\nt4,,,,true\n")
        good = good_rows(directory)
        assert good == [
            {"type": "ticket", "id": "t1", "client_id": "c1", "deleted": True},
            {"type": "ticket", "id": "t4", "deleted": True},
        ]
        assert bad_rows(directory) == [
            "tickets.csv:3: ticket_id: is required",
            "tickets.csv:4: priority: is required",
            "tickets.csv:4: created_at: is required",
        ]

    def test_any_other_record_is_deleted_by_its_client_and_id(self, folder: Folder) -> None:
        directory = folder(surveys=SURVEYS.strip() + ",deleted\ns1,c1,,,,true\ns2,,,,,true\n")
        good = good_rows(directory)
        assert good == [{"type": "survey", "id": "s1", "client_id": "c1", "deleted": True}]
        assert bad_rows(directory) == ["surveys.csv:3: client_id: is required"]


class TestSpreadsheets:
    """What spreadsheets make of a CSV file."""

    @pytest.mark.parametrize(
        "text",
        [
            "client_id,name,status,,\nc1,Beta,ACTIVE,,\n",
            "client_id,name,status,,\r\nc1,Beta,ACTIVE\r\n,,,,\r\n",
            "client_id,name,status\nc1,Beta,ACTIVE,,,\n",
            "sep=,\nclient_id,name,status\nc1,Beta,ACTIVE\n",
            "\ufeffsep=,\r\nclient_id,name,status,\r\nc1,Beta,ACTIVE,\r\n",
        ],
        ids=["empty columns", "and an empty row", "cells too many", "a separator line", "all of it"],
    )
    def test_what_says_nothing_is_passed_over(self, folder: Folder, text: str) -> None:
        assert records(folder(clients=text)) == [{"type": "client", "id": "c1", "name": "Beta", "status": "ACTIVE"}]

    def test_lines_are_counted_with_the_separator_line(self, folder: Folder) -> None:
        directory = folder(clients="sep=,\nclient_id,name,status\nc1,Beta\n")
        assert bad_rows(directory) == ["clients.csv:3: has 2 cells where the header has 3"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("client_id\tname\tstatus\n", "clients.csv:1: cells are separated by tabs; separate them by commas"),
            ("client_id|name|status\n", "clients.csv:1: cells are separated by bars; separate them by commas"),
            ("sep=;\nclient_id;name\n", "clients.csv:1: says that cells are not separated by commas"),
            ("SEP=\t\nclient_id\tname\n", "clients.csv:1: says that cells are not separated by commas"),
            ("sep=,\nclient_id;name\n", "clients.csv:2: cells are separated by semicolons; separate them by commas"),
        ],
    )
    def test_other_separators_are_told_with_what_to_do(self, folder: Folder, text: str, said: str) -> None:
        (fault,) = refusal(folder(clients=text))
        assert told(fault).startswith(said)

    def test_a_column_without_a_name_is_told_by_its_place(self, folder: Folder) -> None:
        (fault,) = refusal(folder(clients="client_id,,name,status\nc1,x,Beta,ACTIVE\n"))
        assert told(fault).startswith("clients.csv:1: column 2 is without a name; ")

    def test_a_whole_number_may_have_decimals_that_are_none(self, folder: Folder) -> None:
        directory = folder(surveys=SURVEYS + "s1,c1,CSAT,5.0,x\ns2,c1,CSAT,4.5,x\n")
        good = good_rows(directory)
        assert [record["score"] for record in good] == [5]
        assert bad_rows(directory) == ["surveys.csv:3: score: '4.5' is not a whole number"]


class TestRefusedFolders:
    def test_no_folder(self, tmp_path: Path) -> None:
        assert refusal(tmp_path / "nowhere")[0].reason == "does not exist"

    def test_nothing_to_import(self, tmp_path: Path) -> None:
        (tmp_path / "README.md").write_text("no records here")
        assert refusal(tmp_path)[0].reason == "holds no CSV file, spreadsheet or ZIP to import"

    def test_an_unknown_file(self, folder: Folder) -> None:
        fault, other = refusal(folder(clients=CLIENTS, ticket="a,b\n", TICKETS="ticket_id,colour\n"))
        assert (fault.file, other.file) == ("TICKETS.csv", "ticket.csv")
        assert fault.reason.startswith("no map knows its columns (ticket_id, colour)")

    def test_a_folder_in_place_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "clients.csv").mkdir()
        assert refusal(tmp_path)[0].reason == "holds no CSV file, spreadsheet or ZIP to import"

    @pytest.mark.parametrize(
        ("header", "column", "reason"),
        [
            ("client_id,name,status,colour\n", None, "unknown columns: colour; "),
            ("client_id,name,status,deleted\n", None, "unknown columns: deleted; "),
            ("client_id,name,status, name\n", None, "unknown columns:  name; "),
            ("client_id,name,status,name\n", "name", "the column is there twice"),
            ("name,status\n", "client_id", "the column is missing"),
            ("client_id,name\n", "status", "the column is missing"),
            (
                "client_id,name,status,monthly_recurring_revenue_amount\n",
                "monthly_recurring_revenue_currency",
                "the column is missing beside monthly_recurring_revenue_amount",
            ),
            ("client_id;name;status\n", None, "cells are separated by semicolons; separate them by commas"),
            ("", None, "has no header"),
            ('client_id,"name"x,status\n', None, "the header is not CSV"),
        ],
    )
    def test_a_bad_header(self, folder: Folder, header: str, column: str | None, reason: str) -> None:
        (fault,) = refusal(folder(clients=header))
        assert (fault.file, fault.line, fault.column) == ("clients.csv", 1, column)
        assert fault.reason.startswith(reason)

    def test_text_that_is_not_utf_8(self, folder: Folder) -> None:
        (fault,) = refusal(folder(clients=CLIENTS.encode() + "c1,One,ACTIVE\nc2,Müller,ACTIVE\n".encode("latin-1")))
        assert told(fault) == "clients.csv:3: not UTF-8 (byte 0xfc); save the file as UTF-8"

    @pytest.mark.parametrize("length", [3, 200_000], ids=["to the end", "beyond the longest cell"])
    def test_a_quote_left_open(self, folder: Folder, length: int) -> None:
        rows = "".join(f"c{number},Name,ACTIVE\n" for number in range(length // 10 + 2))
        (fault,) = refusal(folder(clients=CLIENTS + 'a1,One,ACTIVE\na2,"Two,ACTIVE\n' + rows))
        assert fault.line == 3
        assert fault.reason.endswith("is a quote left open?")

    def test_all_files_are_told_at_once(self, folder: Folder) -> None:
        faults = refusal(folder(clients="client_id\n", tickets="ticket_id\n"))
        assert [fault.file for fault in faults] == [*["clients.csv"] * 2, *["tickets.csv"] * 3]


# Text as CSV can hold it: anything but lone surrogates, and not empty (that is an absent field).
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
VALUES = {
    Kind.BOOLEAN: st.booleans(),
    Kind.WHOLE: st.integers(-(10**17), 10**17),
    Kind.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=10**12),
    Kind.MONEY: st.fixed_dictionaries({"currency": TEXT, "amount": TEXT}),
}


def _records_of(layout: Layout) -> st.SearchStrategy[Record]:
    def values(fields: list[Field]) -> dict[str, st.SearchStrategy[object]]:
        return {field.name: VALUES.get(field.kind, TEXT) for field in fields}

    required = [field for field in layout.fields if field.required]
    optional = [field for field in layout.fields if not field.required]
    return st.fixed_dictionaries(
        {"type": st.just(layout.type), "id": TEXT, **values(required)}, optional=values(optional)
    )


def _identity(record: Record) -> tuple[str, str, str]:
    return record["type"], record.get("client_id", ""), record["id"]


@settings(deadline=None, max_examples=60)  # it writes files
@examples(st.lists(st.sampled_from(LAYOUTS).flatmap(_records_of), min_size=1, max_size=8, unique_by=_identity))
def test_what_is_written_is_read_again(written: list[Record]) -> None:
    with TemporaryDirectory() as directory:
        counts = write_folder(Path(directory), written)
        assert sum(counts.values()) == len(written)
        read = records(Path(directory))
    assert sorted(read, key=_identity) == sorted(written, key=_identity)


def test_a_field_of_another_type_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a headcount has no field 'score'"):
        write_folder(tmp_path, [{"type": "headcount", "id": "h1", "score": 3}])
