"""One file under its map: what becomes of its rows, and what keeps the whole file out."""

import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.importing.maps import OWN_MAPS
from chalicelib.importing.repeats import Newest, Repeats, TooManyKeysError
from chalicelib.importing.rows import REASON_COLUMN
from tests.unit.importing.tables import EXPORTED, INVOICES, TICKETS, imported

HEADER = "Number,Company,Priority,Status,Opened,Solved,Closed,Due,Noise\n"
BOOKS = "No,Customer,Date,Due,Total,Currency,Balance\n"


def rows(*lines: str) -> str:
    return HEADER + "".join(f"{line}\n" for line in lines)


class TestTickets:
    def test_a_row_becomes_a_record(self) -> None:
        found = imported(rows("T 1,Acme Inc,High,Open,2026-01-02 10:00:00,,,2026-01-05,x"))
        assert (found.faults, found.bad) == ([], [])
        (record,) = found.records
        assert record.pop("id").startswith("desk.T-1-")
        assert record == {
            "type": "ticket",
            "client_id": "acme-inc",
            "priority": "P2",
            "created_at": "2026-01-02T09:00:00Z",
            "due_at": "2026-01-04T23:00:00Z",
            "updated_at": EXPORTED,
        }
        assert found.file.notes == {
            "ids rewritten, because ours have no such characters or lengths": 1,
            "dates without a time: midnight was taken": 1,
        }
        (client,) = found.clients.created
        assert (client.id, client.name, str(client.since)) == ("acme-inc", "Acme Inc", "2026-01-02")

    def test_rows_without_a_client_are_left_out_and_counted(self) -> None:
        found = imported(rows("1,,High,Open,2026-01-02 10:00,,,,", "2,n/a,High,Open,2026-01-02 10:00,,,,"))
        assert found.skipped == ["rows without a client"] * 2
        assert found.file.notes["left out: rows without a client"] == 2

    @pytest.mark.parametrize(
        ("status", "solved", "closed", "expected"),
        [
            ("Waiting", "2026-01-03 10:00", "2026-01-04 10:00", {}),
            ("Fixed", "2026-01-03 10:00", "2026-01-04 10:00", {"resolved_at": "2026-01-03T09:00:00Z"}),
            ("Fixed", "", "", None),
            (
                "done",
                "2026-01-03 10:00",
                "",
                {"resolved_at": "2026-01-03T09:00:00Z", "closed_at": "2026-01-03T09:00:00Z"},
            ),
            ("Done", "", "2026-01-04 10:00", {"closed_at": "2026-01-04T09:00:00Z"}),
            ("Done", "", "", None),
        ],
    )
    def test_the_state_says_which_times_count(
        self, status: str, solved: str, closed: str, expected: dict[str, str] | None
    ) -> None:
        found = imported(rows(f"1,Acme,High,{status},2026-01-02 10:00,{solved},{closed},,"))
        if expected is None:
            ((line, column, reason),) = found.bad
            assert (line, column) == (2, "Status")
            assert "but no column says when" in reason
        else:
            (record,) = found.records
            assert {name: record[name] for name in ("resolved_at", "closed_at") if name in record} == expected

    def test_a_closed_one_without_a_time_closed_when_it_was_changed(self) -> None:
        columns = {**TICKETS["columns"], "updated_at": "Noise"}
        found = imported(rows("1,Acme,High,Done,2026-01-02 10:00,,,,2026-01-09 10:00"), columns=columns)
        assert found.records[0]["closed_at"] == found.records[0]["updated_at"] == "2026-01-09T09:00:00Z"

    def test_a_later_day_is_not_before_the_ticket(self) -> None:
        (record,) = imported(rows("1,Acme,High,Done,2026-01-02 10:00,2026-01-02,,2026-01-01,")).records
        assert record["resolved_at"] == record["closed_at"] == record["due_at"] == record["created_at"]

    def test_minutes_until_the_first_answer(self) -> None:
        columns = {**TICKETS["columns"], "first_response_minutes": "Noise"}
        (record,) = imported(rows("1,Acme,High,Open,2026-01-02 10:00,,,,90"), columns=columns).records
        assert record["first_response_at"] == "2026-01-02T10:30:00Z"

    @pytest.mark.parametrize("minutes", ["-1", "4294967295"])
    def test_minutes_that_no_answer_takes_are_the_rows_fault_alone(self, minutes: str) -> None:
        columns = {**TICKETS["columns"], "first_response_minutes": "Noise"}
        row = "Acme,High,Open,2026-01-02 10:00,,,"
        found = imported(rows(f"1,{row},{minutes}", f"2,{row},90"), columns=columns)
        assert found.bad == [(2, "Noise", "is no time that an answer takes, in minutes")]
        assert [record["id"] for record in found.records] == ["desk.2"]

    def test_all_faults_of_a_row_are_told(self) -> None:
        columns = {**TICKETS["columns"], "due_at": "Due"}
        found = imported(
            rows(",Acme,Mid,Odd,yesterday,,,x,"), columns=columns, values={"state": {"Done": "closed"}}, constants={}
        )
        assert found.bad == [
            (2, "Number", "is required"),
            (2, "Priority", "'Mid' is not in the map's values.priority: add it there as one of P1, P2, P3, P4, P5"),
            (2, "Opened", "is not a date of a known form: name its form in date_formats"),
            (2, "Due", "is not a date of a known form: name its form in date_formats"),
            (2, "Status", "'Odd' is not in the map's values.state: add it there as one of open, resolved, closed"),
        ]

    def test_words_of_a_map_are_found_however_they_are_written(self) -> None:
        found = imported(rows("1,Acme, hIGH ,Open,2026-01-02 10:00,,,,", "2,Acme,p1,Open,2026-01-02 10:00,,,,"))
        assert [record["priority"] for record in found.records] == ["P2", "P1"]

    def test_a_constant_stands_in_for_an_empty_cell_and_is_counted(self) -> None:
        found = imported(rows("1,Acme,,Open,2026-01-02 10:00,,,,"))
        assert found.records[0]["priority"] == "P3"
        assert found.file.notes["priority: P3 was taken for rows without one"] == 1

    def test_local_times_that_a_clock_doubles_or_leaves_out_are_counted(self) -> None:
        found = imported(rows("1,A,High,Open,2026-10-25 02:30,,,,", "2,A,High,Open,2026-03-29 02:30,,,,"))
        assert [record["created_at"] for record in found.records] == ["2026-10-25T00:30:00Z", "2026-03-29T01:30:00Z"]
        assert found.file.notes == {
            "local times that happened twice: the first was taken": 1,
            "local times that did not exist: the offset before was taken": 1,
        }

    def test_rows_that_are_wider_or_narrower_than_the_header(self) -> None:
        found = imported(rows("1,Acme,High,Open,2026-01-02 10:00", "2,Acme,High,Open,2026-01-02 10:00,,,,,a,b"))
        assert len(found.records) == 2
        assert sum(count for note, count in found.file.notes.items() if "wider" in note) == 1

    def test_spreadsheets_texts_in_formulas(self) -> None:
        (record,) = imported(rows('"=""007""",Acme,High,Open,2026-01-02 10:00,,,,')).records
        assert record["id"] == "desk.007"

    def test_rows_that_a_map_leaves_out(self) -> None:
        found = imported(rows("1,Acme,High,Spam,2026-01-02 10:00,,,,"), skip={"Status": ["spam"]})
        assert found.skipped == ["rows whose Status is Spam"]
        assert found.clients.created == []

    def test_rows_without_an_id_of_their_own(self) -> None:
        columns = {name: column for name, column in TICKETS["columns"].items() if name != "id"}
        line = "x,Acme,High,Open,2026-01-02 10:00,,,,"
        found = imported(rows(line, line.replace("x", "y")), columns=columns, id={"hash_of": ["Number", "Opened"]})
        assert len({record["id"] for record in found.records}) == 2


class TestVersions:
    LOG = "Number,Company,Priority,Status,Opened,Changed\n"

    def log(self, *lines: str, **changes: Any) -> Any:
        content = self.LOG + "".join(f"{line}\n" for line in lines)
        return imported(content, one_row_per={"key": "Number", "last_by": "Changed"}, **changes)

    def test_instants_are_the_records_own_times(self) -> None:
        found = self.log(
            "1,Acme,High,Open,2026-01-02 10:00,2026-01-05 10:00", "1,Acme,Low,Open,2026-01-02 10:00,2026-01-03 10:00",
            values={"priority": {"High": "P2", "Low": "P4"}},
        )  # fmt: skip
        assert [record["updated_at"] for record in found.records] == ["2026-01-05T09:00:00Z", "2026-01-03T09:00:00Z"]

    def test_of_a_counter_the_greatest_stands(self) -> None:
        found = self.log(
            "1,A,P1,,2026-01-02,9", "1,A,P2,,2026-01-02,10", "2,A,P1,,2026-01-02,1", "1,A,P3,,2026-01-02,2"
        )
        assert [(record["id"], record["priority"]) for record in found.records] == [("desk.1", "P2"), ("desk.2", "P1")]
        assert found.skipped == ["earlier versions of a record"] * 2

    def test_so_many_keys_at_most(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chalicelib.importing.repeats.MOST_KEYS", 2)
        found = self.log(*[f"{number},A,P1,,2026-01-02,{number}" for number in range(3)])
        assert [fault.reason for fault in found.faults] == [
            "more than 1,000,000 records stand more than once: import it in parts"
        ]

    def test_without_a_rule_the_second_is_a_fault(self) -> None:
        found = imported(rows("1,A,P1,,2026-01-02,,,,", "2,A,P1,,2026-01-02,,,,", "1,A,P2,,2026-01-02,,,,"))
        assert found.bad == [
            (4, "Number", "the same record as in line 2: leave one out, or set one_row_per in the map")
        ]

    def test_lines_that_say_the_same_are_one_record(self) -> None:
        found = imported(rows("1,A,P1,,2026-01-02,,,,x", "1,A,P1,,2026-01-02,,,,y"))
        assert (len(found.records), found.bad, found.skipped) == (1, [], ["further lines of the same record"])

    @given(st.lists(st.integers(0, 6), max_size=30))
    def test_no_repeat_is_missed_and_none_is_invented(self, keys: list[int]) -> None:
        repeats = Repeats()
        for key in keys:
            repeats.add(str(key))
        repeats.close()
        for _ in range(2):
            repeats.rewind()
            for line, key in enumerate(keys):
                assert repeats.first_line(str(key), line) == keys.index(key)

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30))
    def test_the_newest_is_the_last_of_the_greatest(self, versions: list[tuple[int, int]]) -> None:
        newest = Newest()
        for line, (key, counter) in enumerate(versions):
            newest.add(str(key), counter, line)
        for line, (key, _) in enumerate(versions):
            best = max((each[1], at) for at, each in enumerate(versions) if each[0] == key)[1]
            assert newest.is_best(str(key), line) is (line == best)

    def test_the_filter_has_a_fixed_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chalicelib.importing.repeats.MOST_KEYS", 1)
        repeats = Repeats()
        for key in "aab":
            repeats.add(key)
        with pytest.raises(TooManyKeysError):
            repeats.add("b")


class TestInvoices:
    def test_money(self) -> None:
        lines = ['1,Acme,2026-01-02,2026-02-01,"$1,234.56789",,', "2,Acme,2026-01-02,2026-02-01,10,GBP,"]
        found = imported(BOOKS + "\n".join(lines), INVOICES)
        assert [record["total"] for record in found.records] == [
            {"currency": "USD", "amount": "1234.5679"},
            {"currency": "GBP", "amount": "10"},
        ]
        assert found.file.notes["amounts rounded to four decimals"] == 1

    def test_without_a_currency_the_tenants_is_taken(self) -> None:
        (record,) = imported(BOOKS + "1,Acme,2026-01-02,2026-02-01,10,,", INVOICES).records
        assert record["total"]["currency"] == "EUR"

    def test_a_credit_note_is_left_out_and_counted(self) -> None:
        found = imported(BOOKS + "1,Acme,2026-01-02,2026-02-01,(10.00),,", INVOICES)
        assert found.skipped == ["credit notes"]

    @pytest.mark.parametrize(("balance", "status"), [("", "SENT"), ("10", "SENT"), ("4", "PARTIAL"), ("0", "PAID")])
    def test_the_balance_says_what_is_paid(self, balance: str, status: str) -> None:
        (record,) = imported(BOOKS + f"1,Acme,2026-01-02,2026-02-01,10,,{balance}", INVOICES).records
        assert record["status"] == status

    def test_marks_of_decimals(self) -> None:
        content = BOOKS.replace(",", ";") + "1;Acme;2026-01-02;2026-02-01;1.234,50;;"
        (record,) = imported(content, INVOICES, decimal=",").records
        assert record["total"]["amount"] == "1234.50"
        assert imported(content, INVOICES).bad == [(2, "Total", "is not a number with '.' before the decimals")]


class TestLines:
    def lines(self, *lines: str) -> Any:
        return imported(BOOKS + "\n".join(lines), INVOICES, sum_lines={"key": "No", "amount": "Total"})

    def test_are_added_up_under_the_first(self) -> None:
        found = self.lines(
            "1,Acme,2026-01-02,2026-02-01,7.00,,", "1,,,,852.00", "1,,,,0.50,,", "2,Acme,2026-01-02,2026-02-01,1,,"
        )
        assert [(record["id"], record["total"]["amount"]) for record in found.records] == [
            ("books.1", "859.50"),
            ("books.2", "1"),
        ]

    def test_a_key_that_comes_back_is_a_fault(self) -> None:
        found = self.lines(*[f"{key},Acme,2026-01-02,2026-02-01,7.00,," for key in "121"])
        assert [record["total"]["amount"] for record in found.records] == ["7.00", "7.00"]
        assert found.bad == [(4, "No", "lines of '1' stand in line 2 already: sort the file by No")]

    def test_a_line_that_contradicts_the_first_is_a_fault(self) -> None:
        found = self.lines("1,Acme,2026-01-02,2026-02-01,7.00,,", "1,Acme,2026-01-02,2026-02-09,1.00,,")
        assert found.bad == [(3, "Due", "differs from the record's first line (2)")]

    def test_lines_of_several_currencies_are_a_fault(self) -> None:
        found = self.lines("1,Acme,2026-01-02,2026-02-01,$7.00,,", "1,,,,€1.00,,")
        assert [reason for _, _, reason in found.bad] == ["has lines of several currencies"]

    def test_a_credit_is_part_of_the_sum(self) -> None:
        (record,) = self.lines("1,Acme,2026-01-02,2026-02-01,7.00,,", "1,,,,-2.00,,").records
        assert record["total"]["amount"] == "5.00"

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 10**6)), min_size=1, max_size=12))
    def test_nothing_is_added_twice_or_lost(self, lines: list[tuple[int, int]]) -> None:
        lines = sorted(lines, key=lambda line: line[0])
        found = self.lines(*[f"{key},Acme,2026-01-02,2026-02-01,{cents / 100:.2f},," for key, cents in lines])
        assert {record["id"]: Decimal(record["total"]["amount"]) * 100 for record in found.records} == {
            f"books.{key}": sum(cents for each, cents in lines if each == key) for key, _ in lines
        }


class TestWholeFiles:
    def test_the_order_of_day_and_month_is_the_files(self) -> None:
        first, second = imported(
            rows("1,A,P1,Done,03/04/2026 10:00,,04/04/2026 10:00,,", "2,A,P1,,13/04/2026 10:00,,,,")
        ).records
        assert first["created_at"] == "2026-04-03T08:00:00Z"
        assert first["closed_at"] == "2026-04-04T08:00:00Z"
        assert second["created_at"] == "2026-04-13T08:00:00Z"

    def test_the_clients_first_day_goes_by_the_order_that_is_proven_later(self) -> None:
        found = imported(rows("1,A,P1,,03/04/2026,,,,", "2,A,P1,,04/13/2026,,,,"))
        assert str(found.clients.created[0].since) == "2026-03-04"

    def test_an_order_that_nothing_proves_keeps_the_file_out(self) -> None:
        (fault,) = imported(rows("1,A,P1,,03/04/2026,,,,")).faults
        assert (fault.line, fault.column) == (2, "Opened")
        assert "is 3 April 2026 or 4 March 2026" in fault.reason
        assert imported(rows("1,A,P1,,03/04/2026,,,,"), date_formats=["%d/%m/%Y"]).faults == []

    def test_a_map_for_another_file(self) -> None:
        found = imported("Invoice,Amount\n1,2\n", advice={"client": "add *Company*"})
        assert [(fault.column, fault.reason) for fault in found.faults] == [
            ("Company", "the column is missing, which tells client; add *Company*"),
            ("Number", "the column is missing, which tells id"),
            ("Opened", "the column is missing, which tells created_at"),
        ]

    def test_all_classes_of_faults_come_in_one_round(self) -> None:
        raw = "Number,Company,Priority,Status\n1,Acme,High,Odd\n2,M\xfcller,High,Odd\n".encode("latin-1")
        found = imported(raw, values={})
        assert [fault.line for fault in found.faults] == [1, 3]
        assert {column for _, column, _ in found.bad} == {"created_at", "Status", "Priority"}

    def test_a_mapped_column_that_is_there_twice(self) -> None:
        found = imported(HEADER.strip() + ",number,Noise\n1,A,P1,,2026-01-02,,,,,,\n")
        assert [(fault.column, fault.reason) for fault in found.faults] == [
            ("Number", "the column is there twice: which one is meant?")
        ]

    def test_columns_of_no_use_may_be_there_twice(self) -> None:
        assert imported(HEADER.strip() + ",Noise\n1,A,P1,,2026-01-02,,,,,\n").faults == []

    def test_other_columns_are_told_in_one_line_where_they_matter(self) -> None:
        (fault,) = imported(rows(), ignore_other_columns=False).faults
        assert fault.reason == "has columns that the map does not name: Noise"

    def test_an_empty_file(self) -> None:
        assert [fault.reason for fault in imported("").faults] == ["is empty"]

    def test_the_second_pass_says_the_same_each_time(self) -> None:
        found = imported(rows("1,A,P1,,2026-01-02,,,,", "1,A,P2,,2026-01-02,,,,"))
        again = [outcome for outcome, _ in found.file.outcomes(found.clients.ids)]
        assert [outcome for outcome, _ in found.file.outcomes(found.clients.ids)] == again

    def test_a_file_of_faulty_rows_comes_in_again(self) -> None:
        content = HEADER.strip() + f",{REASON_COLUMN}\n1,A,P1,,2026-01-02,,,,,priority: wrong\n"
        found = imported(content, ignore_other_columns=True)
        assert (found.faults, len(found.records)) == ([], 1)
        ours = f"client_id,name,status,{REASON_COLUMN}\nc1,One,ACTIVE,name: wrong\n"
        found = imported(ours, OWN_MAPS[1], name="clients.csv")
        assert (found.faults, found.bad, len(found.records)) == ([], [], 1)


@given(st.text(st.sampled_from('1,A"\nP2026-01-/ (x)\u00e9'), max_size=120))
def test_any_rows_under_a_good_header(body: str) -> None:
    """Each row is a record, a fault or left out, and their lines are all those of the file."""
    found = imported(HEADER + body)
    assert len(found.records) + len({line for line, _, _ in found.bad}) + len(found.skipped) == found.file.rows


def test_files_that_wait_for_their_turn_hold_no_filter() -> None:
    tracemalloc.start()
    try:
        waiting = [Repeats() for _ in range(100)]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(waiting) == 100
    assert most < 1_000_000
