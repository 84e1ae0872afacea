"""Maps: one schema, all faults at once, and the verdict of a JSON Schema library."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator

from chalicelib.importing.maps import OWN_MAPS, MapError, read_map, read_toml
from chalicelib.importing.ready_maps import ready_maps
from chalicelib.importing.schema import SCHEMA, check
from tests.unit.fuzz.anything import JSON, spoiled
from tests.unit.importing.tables import INVOICES, TICKETS

WHOLE: Mapping[str, Any] = {
    **TICKETS,
    "title": "Tickets",
    "note": "A note",
    "match": {"file": "*.csv", "header": ["Number"]},
    "encoding": "windows-1252",
    "delimiter": ";",
    "ignore_other_columns": True,
    "time_zone": "Europe/Rome",
    "date_formats": ["%d/%m/%Y"],
    "skip": {"Type": ["Spam"]},
    "null": ["", "none"],
    "decimal": ",",
    "one_row_per": {"key": "Number", "last_by": "Changed"},
    "exported_at": "2026-11-01T00:00:00Z",
    "advice": {"client": "add Company"},
}
VALIDATOR = OAS31Validator(SCHEMA)


def faults(document: Any) -> list[str]:
    with pytest.raises(MapError) as caught:
        read_map(document)
    return [f"{fault.pointer} {fault.message}" for fault in caught.value.faults]


def test_the_schema_is_one() -> None:
    OAS31Validator.check_schema(SCHEMA)
    assert list(check(WHOLE)) == []


@given(spoiled(st.sampled_from([WHOLE, INVOICES])) | JSON)
def test_it_is_read_as_a_library_reads_it(document: Any) -> None:
    assert (not list(check(document))) is VALIDATOR.is_valid(document)


@given(spoiled(st.just(WHOLE)))
def test_a_document_is_a_map_or_has_faults(document: Any) -> None:
    try:
        found = read_map(document)
    except MapError:
        return
    assert found.layout.type == document["type"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"columns": {"total_amount": "x"}}, "/columns/total_amount A ticket has no such field; it has id,"),
        ({"values": {"priority": {"High": "P9"}}}, "/values/priority/High Send one of P1, P2, P3, P4, P5."),
        ({"constants": {"priority": "high"}}, "/constants/priority Send one of P1, P2, P3, P4, P5."),
        ({"date_formats": ["%d/%m"]}, "/date_formats/0 a date has a year"),
        ({"time_zone": "Rome"}, "/time_zone Send an IANA time zone such as Europe/Rome."),
        ({"exported_at": "2026-02-30T00:00:00Z"}, "/exported_at This instant does not exist."),
        ({"client": {"from": "A", "by": "id", "create": True}}, "/client/create Only clients that are found by"),
        ({"source": ""}, "/source "),
        ({"id": {"hash_of": ["Number"]}}, "/id Rows have a column of ids already"),
        ({"sum_lines": {"key": "a", "amount": "b"}}, "/sum_lines A ticket has no amount to add up."),
        ({"colour": "red"}, "/colour This field is unknown; known are type,"),
        ({"decimal": "."}, None),
    ],
)
def test_what_contradicts_itself_is_told(changes: dict[str, Any], expected: str | None) -> None:
    document = {**TICKETS, **changes}
    if expected is None:
        assert read_map(document).decimal == "."
    else:
        assert any(fault.startswith(expected) for fault in faults(document))


def test_all_faults_are_told_at_once() -> None:
    found = faults({"type": "tickets", "columns": {"id": 3, "x": "y"}, "decimal": ";", "match": {"rows": 1}})
    assert len(found) == 5


def test_a_fact_belongs_to_a_client() -> None:
    (fault,) = faults({name: part for name, part in TICKETS.items() if name != "client"})
    assert fault == "/client Say which column tells the client, and how it is found."


@pytest.mark.parametrize("text", ["type = ", "x" * 100_001, "a = " + "[" * 5_000, "\x00"])
def test_what_is_no_toml(text: str) -> None:
    with pytest.raises(MapError):
        read_toml(text)


def test_the_ready_maps_and_our_own() -> None:
    assert [each.name for each in ready_maps()] == [
        *("autotask", "connectwise", "freshdesk", "halopsa", "jira", "quickbooks-invoices", "servicenow", "smileback"),
        *("xero-invoices", "zendesk"),
    ]
    assert {each.name for each in ready_maps() if "from the vendor's documents" in each.note} == {
        *("autotask", "connectwise", "halopsa", "smileback", "xero-invoices", "zendesk"),
    }
    assert [each.layout.file_name for each in OWN_MAPS] == [
        *("account_managers.csv", "clients.csv", "tickets.csv", "contracts.csv", "invoices.csv", "surveys.csv"),
        *("billable_months.csv", "qbrs.csv", "touchpoints.csv", "assessments.csv", "reconciliations.csv"),
        "headcounts.csv",
    ]
