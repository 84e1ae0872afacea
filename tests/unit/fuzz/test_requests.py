"""Whatever a caller sends: it is taken, or it is one of the errors that the contract has an answer for."""

import json
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.api.endpoint import BODY_LIMIT, Request
from chalicelib.api.errors import RequestError, status_of
from chalicelib.api.parameters import (
    CURSOR,
    LIMIT,
    MANAGER,
    NAME_CONTAINS,
    Parameter,
    Query,
    choice,
    choices,
    day,
    optional_choice,
)
from chalicelib.api.schemas.account_managers import AccountManagerBody
from chalicelib.api.schemas.activities import ActivityBody, QbrOutcomeBody
from chalicelib.api.schemas.alerts import AlertStatusBody, TaskStatusBody
from chalicelib.api.schemas.api_keys import ApiKeyBody
from chalicelib.api.schemas.clients import ClientReplacement
from chalicelib.api.schemas.records import read_record, read_records
from chalicelib.api.schemas.settings import (
    BusinessHoursBody,
    LinksBody,
    PreviewBody,
    ScoringSettingsBody,
    WorkflowsBody,
)
from chalicelib.api.schemas.subscriptions import SubscriptionBody
from chalicelib.api.schemas.tenants import NewTenant
from chalicelib.api.schemas.validation import read_body
from chalicelib.domain.errors import ClientHealthError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR, parse_day, parse_instant, parse_month
from chalicelib.services.sent_records import Rejection, SentRecord
from tests.functional.examples import OPTIONAL, TYPES, record
from tests.unit.fuzz.anything import JSON, TELLING, TEXT, one_of, spoiled

GOOD_RECORDS: Final = st.sampled_from([{**record(kind), **OPTIONAL[kind]} for kind in TYPES])
GOOD_ACTIVITIES: Final = st.sampled_from(
    [
        {"kind": "CALL", "occurred_at": "2026-11-22T10:00:00Z", "with_decision_maker": True, "text": "Renewal"},
        {"kind": "QBR", "held_on": "2026-11-22", "status": "SCHEDULED", "text": " "},
        {"kind": "NOTE", "occurred_at": "2026-11-22T10:00:00.5+01:00", "text": None},
    ]
)
RECORDS: Final = spoiled(GOOD_RECORDS)
BODIES: Final = spoiled(
    st.fixed_dictionaries({"records": st.lists(GOOD_RECORDS, max_size=3)}, optional={"backfill": st.booleans()})
)

SCHEMAS: Final = (
    *(AlertStatusBody, SubscriptionBody, TaskStatusBody, ClientReplacement, AccountManagerBody, ApiKeyBody),
    *(BusinessHoursBody, PreviewBody, ScoringSettingsBody, WorkflowsBody, NewTenant, LinksBody, QbrOutcomeBody),
)


def request(raw: bytes, content_type: str = "application/json") -> Request:
    """A request with a body, as Chalice hands it over."""
    made: Any = SimpleNamespace(query_params=None, headers={"content-type": content_type}, context={}, raw_body=raw)
    return Request(made)


def body_of(raw: bytes) -> Any:
    """The body; None for one that is refused."""
    try:
        return request(raw).body()
    except RequestError as error:
        assert error.status in {400, 413}
        return None


@given(st.binary(max_size=80) | JSON.map(lambda document: json.dumps(document).encode()))
@example(b"[" * 200_000)
@example(b'{"a":' * 100_000)
@example(b"1" * 200_000)
@example(b"-" + b"9" * 101)
@example(b"1e99999999999999999999")
@example("\ufeff{}".encode())
@example(b'"\\ud800"')
@example(b"NaN")
def test_any_body(raw: bytes) -> None:
    document = body_of(raw)
    if isinstance(document, dict):
        for schema in SCHEMAS:
            checked(schema, document)
        try:
            read_records(document)
        except RequestError as error:
            assert error.status == 400


def test_a_body_over_the_limit_is_not_even_read() -> None:
    with pytest.raises(RequestError) as refused:
        request(b"x" * (BODY_LIMIT + 1)).body()
    assert refused.value.status == 413


@given(TEXT)
def test_any_content_type(content_type: str) -> None:
    try:
        request(b"{}", content_type).body()
    except RequestError as error:
        assert error.status == 415


@given(JSON)
def test_any_document_for_any_schema(document: Any) -> None:
    for schema in SCHEMAS:
        checked(schema, document)


def checked(schema: Any, document: Any) -> None:
    """Reads a body of a schema: a model, or a 400 or 422."""
    try:
        read_body(schema, document)
    except (RequestError, ClientHealthError) as error:
        assert status_of(error) in {400, 422}


@given(RECORDS | JSON)
def test_any_record(document: Any) -> None:
    found = read_record(7, document)
    assert isinstance(found, SentRecord | Rejection)
    assert found.place == 7
    if isinstance(found, Rejection):
        assert found.faults
        json.dumps(found.faults)


@given(GOOD_RECORDS)
def test_a_good_record_is_taken(document: Any) -> None:
    found = read_record(0, document)
    assert isinstance(found, SentRecord)
    assert (found.type, found.id) == (document["type"], document["id"])


@given(BODIES | JSON)
def test_any_list_of_records(body: Any) -> None:
    try:
        valid, refused, *_ = read_records(body)
    except RequestError as error:
        assert error.status == 400
    else:
        places = [*(each.place for each in valid), *(each.place for each in refused)]
        assert sorted(places) == list(range(len(body["records"])))


STATUS: Final = choices("status", ("OPEN",), "", "OPEN")
SORT: Final = choice("sort", ("name", "score"), "name", "", "name")
MODEL: Final = optional_choice("model", ("weighted",), "", "weighted")
FROM: Final = day("from", "", "")
TO: Final = day("to", "", "", unless="now")
KNOWN: Final[tuple[Parameter[Any], ...]] = (LIMIT, CURSOR, NAME_CONTAINS, STATUS, SORT, MODEL, FROM, TO, MANAGER)
NAMES: Final = tuple(parameter.name for parameter in KNOWN)


VALUES: Final = TEXT | st.sampled_from(TELLING)


@given(st.dictionaries(st.sampled_from(NAMES) | TEXT, st.lists(VALUES, min_size=1, max_size=2), max_size=5))
def test_any_query_string(parameters: dict[str, list[str]]) -> None:
    try:
        query = Query(parameters, KNOWN)
        assert len(query[NAME_CONTAINS]) <= 200
        assert 1 <= query[LIMIT] <= 200
        assert query[SORT] in {"name", "score"}
        assert query[MODEL] in {"weighted", None}
        assert (query[STATUS] or {"OPEN"}) == {"OPEN"}
        for parameter in KNOWN:
            query[parameter]
        query.scope("acme")
    except RequestError as error:
        assert error.status == 400


@given(one_of(TELLING))
def test_any_id(value: Any) -> None:
    for kind in (TenantId, RecordId):
        try:
            assert kind(value) == value
        except ClientHealthError:
            continue
        assert "#" not in value


REFUSALS: Final = {
    "Send an RFC 3339 instant such as 2026-11-22T09:30:00Z.",
    "Send a date such as 2026-11-22.",
    "Send a month such as 2026-11.",
    "This instant does not exist.",
    "This date does not exist.",
    f"Years outside {FIRST_YEAR}–{LAST_YEAR} are refused.",
}
"""All that is said of times: none of it repeats what was sent."""


@given(TEXT | st.from_regex(r"\A[0-9T:Z+.-]{1,30}\Z"))
def test_any_time(text: str) -> None:
    for parse in (parse_instant, parse_day, parse_month):
        try:
            parse(text)
        except ValueError as error:
            assert str(error) in REFUSALS, "a refused value is not repeated"


@given(spoiled(GOOD_ACTIVITIES))
def test_any_activity(document: Any) -> None:
    try:
        activity = ActivityBody.read(document)
    except RequestError as error:
        assert error.status == 400
    except ClientHealthError as error:
        assert status_of(error) == 422
    else:
        assert (activity.occurred is None) == (activity.kind == "QBR") != (activity.held is None)
        assert activity.text is None or activity.text.strip() == activity.text
