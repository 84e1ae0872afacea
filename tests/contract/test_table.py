"""`Table`: what every store relies on, at the level of DynamoDB's own requests and answers."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.keys import Key, Span
from chalicelib.adapters.dynamodb.table import (
    BATCH_GET_ROUNDS,
    CONFLICT_PAUSES,
    Action,
    ConditionFailedError,
    Table,
    TransactionFailedError,
    UnprocessedKeysError,
    decode,
    encode,
)
from chalicelib.services.errors import OverloadedError
from tests.contract.examples import NOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ALL = Span("p", "a", "z")
NEW = "attribute_not_exists(pk)"
BIG = "x" * 300_000
"""Four of them are more than one answer of a query holds."""


def key(sk: str) -> Key:
    return Key("p", sk)


def raw(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


# ------------------------------------------------------------------------------------------------------------- on moto


def test_an_item_is_read_back(table: Table) -> None:
    table.put(key("a"), {"name": "Größe", "count": 3})
    for consistent in (False, True):
        assert table.get(key("a"), consistent=consistent) == {"pk": "p", "sk": "a", "name": "Größe", "count": 3}
    assert table.get(key("b")) is None


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.put(key("a"), {"one": 1, "two": 2})
    table.put(key("a"), {"two": 3, "none": None})
    assert table.get(key("a")) == {"pk": "p", "sk": "a", "two": 3}


def test_a_query_answers_a_span_both_ends_included(table: Table) -> None:
    for sk in "badce":
        table.put(key(sk), {})
    table.put(Key("other", "c"), {})
    span = Span("p", "b", "d")
    assert [item["sk"] for item in table.query(span)] == ["b", "c", "d"]
    assert [item["sk"] for item in table.query(span, descending=True, consistent=True)] == ["d", "c", "b"]
    assert [item["sk"] for item in table.query(span, chunk=1)] == ["b", "c", "d"]
    assert list(table.query(Span("p", "bb", "bz"))) == []


def test_a_query_leaves_out_what_has_expired(table: Table) -> None:
    for sk, expires in (("a", NOW - 1), ("b", NOW), ("c", NOW + 1), ("d", None), ("e", NOW)):
        table.put(key(sk), {"expires": expires})
    assert [item["sk"] for item in table.query(ALL, live_at=NOW)] == ["c", "d"]
    assert [item["sk"] for item in table.query(ALL, live_at=NOW, chunk=1, descending=True)] == ["d", "c"]
    assert len(list(table.query(ALL))) == 5


def test_a_query_reads_past_a_megabyte(table: Table) -> None:
    for sk in "abcdefgh":
        table.put(key(sk), {"filler": BIG})
    assert [item["sk"] for item in table.query(ALL)] == list("abcdefgh")


def test_a_batch_holds_any_number_of_keys(table: Table) -> None:
    names = [f"{number:03d}" for number in range(205)]
    for name in names[::2]:
        table.put(key(name), {"name": name})
    found = table.batch_get(map(key, [*names, *names]), consistent=True)
    assert found == {key(name): {"pk": "p", "sk": name, "name": name} for name in names[::2]}
    assert table.batch_get([]) == {}


def test_a_refused_put_carries_the_item_that_stands(table: Table) -> None:
    table.put(key("a"), {"v": 1}, condition=NEW)
    with pytest.raises(ConditionFailedError) as refused:
        table.put(key("a"), {"v": 2}, condition=NEW)
    assert refused.value.item == {"pk": "p", "sk": "a", "v": 1}
    with pytest.raises(ConditionFailedError) as refused:
        table.put(key("b"), {"v": 2}, condition="v = :before", before=1)
    assert refused.value.item is None


def test_a_refused_update_carries_the_item_that_stands(table: Table) -> None:
    table.put(key("a"), {"v": 1})
    with pytest.raises(ConditionFailedError) as refused:
        table.update(key("a"), "SET v = :new", condition="v = :before", new=3, before=2)
    assert refused.value.item == {"pk": "p", "sk": "a", "v": 1}


def test_an_update_answers_what_was_asked_for(table: Table) -> None:
    assert table.update(key("a"), "ADD seats :n", n=5) == {}
    assert table.update(key("a"), "ADD seats :n", returns="UPDATED_NEW", n=2) == {"seats": 7}
    assert table.update(key("a"), "ADD done :p", returns="ALL_NEW", p={2, 1}) == {
        "pk": "p",
        "sk": "a",
        "seats": 7,
        "done": {1, 2},
    }


def test_reserved_words_are_written_with_a_hash(table: Table) -> None:
    table.update(key("a"), "SET #name = :name, #status = :status", name="Ann", status="OPEN")
    item = table.update(
        key("a"), "SET #status=:new REMOVE #name", condition="#status = :old", returns="ALL_NEW", new="DONE", old="OPEN"
    )
    assert item == {"pk": "p", "sk": "a", "status": "DONE"}


def test_a_delete_answers_what_was_there(table: Table) -> None:
    table.put(key("a"), {"v": 1})
    with pytest.raises(ConditionFailedError):
        table.delete(key("a"), condition="v = :v", v=2)
    assert table.delete(key("a"), condition="v = :v", v=1) == {"pk": "p", "sk": "a", "v": 1}
    assert table.delete(key("a")) is None


def test_a_transaction_writes_everything(table: Table) -> None:
    table.put(key("b"), {"v": 1})
    table.put(key("c"), {})
    table.transact(
        [
            Action(key("a"), {"v": 7}, condition=NEW),
            Action(
                key("b"), expression="SET v = :new", condition="v = :old AND #v = :old", values={"new": 2, "old": 1}
            ),
            Action(key("c"), condition="attribute_exists(pk)"),
        ]
    )
    assert {item["sk"]: item.get("v") for item in table.query(ALL)} == {"a": 7, "b": 2}


def test_a_refused_transaction_writes_nothing_and_carries_what_stands(table: Table) -> None:
    table.put(key("b"), {"v": 1})
    with pytest.raises(TransactionFailedError) as refused:
        table.transact(
            [
                Action(key("a"), {"v": 1}, condition=NEW),
                Action(key("b"), {"v": 2}, condition=NEW),
                Action(key("c"), {"v": 3}, condition="attribute_exists(pk)"),
            ]
        )
    assert refused.value.items == [None, {"pk": "p", "sk": "b", "v": 1}, None]
    assert refused.value.reasons == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert {item["sk"]: item["v"] for item in table.query(ALL)} == {"b": 1}


def test_other_failures_are_the_clients_own(dynamodb: "DynamoDBClient") -> None:
    nowhere = Table(dynamodb, "nowhere")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        nowhere.put(key("a"), {}, condition=NEW)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        nowhere.transact([Action(key("a"), {})])


# -------------------------------------------------------------------------------------------------------- by rehearsal


@pytest.fixture
def rehearsed() -> Iterator[tuple[Table, Stubber]]:
    """A table of a client that expects given requests, and answers them as told."""
    client = boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    with Stubber(client) as stubber:
        yield Table(client, "t"), stubber
        stubber.assert_no_pending_responses()


def query_request(**more: Any) -> dict[str, Any]:
    return {
        "TableName": "t",
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": {":pk": {"S": "p"}, ":first": {"S": "a"}, ":last": {"S": "z"}},
        "ScanIndexForward": True,
        "ConsistentRead": False,
        **more,
    }


def batch_request(*names: str, consistent: bool = False) -> dict[str, Any]:
    return {"RequestItems": {"t": {"Keys": [raw(name) for name in names], "ConsistentRead": consistent}}}


def batch_answer(found: str, left: str = "") -> dict[str, Any]:
    unprocessed = {"t": {"Keys": [raw(name) for name in left], "ConsistentRead": False}} if left else {}
    return {"Responses": {"t": [raw(name) for name in found]}, "UnprocessedKeys": unprocessed}


def test_a_query_follows_the_last_evaluated_key(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    pages = [(["a", "b"], "b"), ([], "f"), (["g"], None)]  # all of a page may have been filtered out
    start: dict[str, Any] = {}
    for items, last in pages:
        answer: dict[str, Any] = {"Items": [raw(sk) for sk in items]}
        if last is not None:
            answer["LastEvaluatedKey"] = raw(last)
        stubber.add_response("query", answer, query_request(**start))
        start = {"ExclusiveStartKey": raw(last)} if last is not None else {}
    assert [item["sk"] for item in table.query(ALL)] == ["a", "b", "g"]


def test_a_query_reads_no_further_than_it_is_taken(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    answer = {"Items": [raw("a"), raw("b")], "LastEvaluatedKey": raw("b")}
    stubber.add_response("query", answer, query_request(Limit=2))
    items = table.query(ALL, chunk=2)
    assert [next(items)["sk"], next(items)["sk"]] == ["a", "b"]


def test_a_batch_follows_unprocessed_keys(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    stubber.add_response("batch_get_item", batch_answer("a", "bc"), batch_request(*"abc"))
    stubber.add_response("batch_get_item", batch_answer("", "bc"), batch_request(*"bc"))
    stubber.add_response("batch_get_item", batch_answer("c", "b"), batch_request(*"bc"))
    stubber.add_response("batch_get_item", batch_answer("b"), batch_request("b"))
    assert set(table.batch_get(map(key, "abc"))) == set(map(key, "abc"))


def test_a_batch_that_is_never_processed_is_given_up(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    for _ in range(BATCH_GET_ROUNDS):
        stubber.add_response("batch_get_item", batch_answer("", "ab"), batch_request("a", "b", consistent=True))
    with pytest.raises(UnprocessedKeysError, match="2 keys"):
        table.batch_get(map(key, "ab"), consistent=True)


def test_unprocessed_keys_go_with_those_still_to_be_asked_for(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    names = [f"{number:03d}" for number in range(150)]
    first = {
        "Responses": {"t": [raw(name) for name in names[:90]]},
        "UnprocessedKeys": {"t": {"Keys": [raw(name) for name in names[90:100]]}},
    }
    rest = [*names[100:], *names[90:100]]
    stubber.add_response("batch_get_item", first, batch_request(*names[:100]))
    stubber.add_response("batch_get_item", {"Responses": {"t": list(map(raw, rest))}}, batch_request(*rest))
    assert set(table.batch_get(map(key, names))) == set(map(key, names))


def test_a_key_asked_for_twice_is_sent_once(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    stubber.add_response("batch_get_item", batch_answer("a"), batch_request("a", "b"))
    assert set(table.batch_get(map(key, "aba"))) == {key("a")}


def test_two_transactions_at_once_on_an_item_are_one_too_many(rehearsed: tuple[Table, Stubber]) -> None:
    """DynamoDB does not say what the other one leaves behind: whoever wants to know reads it."""
    table, stubber = rehearsed
    for _ in range(1 + len(CONFLICT_PAUSES)):
        stubber.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": "TransactionConflict"}]},
        )
    with pytest.raises(TransactionFailedError) as refused:
        table.transact([Action(key("a"), {})])
    assert refused.value.items == [None]
    assert refused.value.reasons == ["TransactionConflict"]


def test_a_transaction_that_fails_for_another_reason_is_the_clients_own(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    cancelled(stubber, "ValidationError")
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.transact([Action(key("a"), {})])


def cancelled(stubber: Stubber, *codes: str) -> None:
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_throttled_transaction_is_tried_again(rehearsed: tuple[Table, Stubber], code: str) -> None:
    """botocore does not: to it a cancelled transaction is no throttling (botocore/retries/standard.py)."""
    table, stubber = rehearsed
    cancelled(stubber, "None", code)
    cancelled(stubber, code, "TransactionConflict")
    stubber.add_response("transact_write_items", {})
    table.transact([Action(key("a"), {}), Action(key("b"), {})])


def test_a_transaction_that_stays_throttled_may_be_tried_later(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    for _ in (*CONFLICT_PAUSES, None):
        cancelled(stubber, "ThrottlingError", "TransactionConflict")
    with pytest.raises(OverloadedError):
        table.transact([Action(key("a"), {}), Action(key("b"), {})])


def test_a_condition_that_failed_is_told_though_another_action_was_throttled(
    rehearsed: tuple[Table, Stubber],
) -> None:
    table, stubber = rehearsed
    cancelled(stubber, "ConditionalCheckFailed", "ThrottlingError")
    with pytest.raises(TransactionFailedError):
        table.transact([Action(key("a"), {}, condition=NEW), Action(key("b"), {})])


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("get_item", lambda table: table.get(key("a"))),
        ("batch_get_item", lambda table: table.batch_get([key("a")])),
        ("query", lambda table: list(table.query(ALL))),
        ("put_item", lambda table: table.put(key("a"), {})),
        ("update_item", lambda table: table.update(key("a"), "SET x = :x", x=1)),
        ("delete_item", lambda table: table.delete(key("a"))),
        ("transact_write_items", lambda table: table.transact([Action(key("a"), {})])),
    ],
)
def test_a_throttled_call_may_be_tried_later(
    rehearsed: tuple[Table, Stubber], operation: str, call: Callable[[Table], Any], code: str
) -> None:
    table, stubber = rehearsed
    stubber.add_client_error(operation, code, "Rate exceeded", 400)
    with pytest.raises(OverloadedError, match=code):
        call(table)


@pytest.mark.parametrize("error", [ReadTimeoutError, ConnectTimeoutError, EndpointConnectionError])
def test_dynamodb_that_does_not_answer_may_answer_later(error: Any) -> None:
    class Silent:
        def get_item(self, **_: Any) -> Any:
            raise error(endpoint_url="https://dynamodb.example")

    with pytest.raises(OverloadedError, match=error.__name__):
        Table(cast("DynamoDBClient", Silent()), "t").get(key("a"))


def test_who_may_not_read_is_not_shown_the_item(rehearsed: tuple[Table, Stubber]) -> None:
    table, stubber = rehearsed
    stubber.add_client_error(
        "update_item",
        "ConditionalCheckFailedException",
        expected_params={
            "TableName": "t",
            "Key": raw("a"),
            "UpdateExpression": "SET x = :x",
            "ReturnValues": "NONE",
            "ConditionExpression": NEW,
            "ExpressionAttributeValues": {":x": {"N": "1"}},
        },
    )
    with pytest.raises(ConditionFailedError) as failed:
        table.update(key("a"), "SET x = :x", condition=NEW, shows_item=False, x=1)
    assert failed.value.item is None


# -------------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("", {"S": ""}),
        ("Größe", {"S": "Größe"}),
        (0, {"N": "0"}),
        (-(10**37), {"N": "-1" + "0" * 37}),
        (True, {"BOOL": True}),
        (False, {"BOOL": False}),
        (b"\x00\xff", {"B": b"\x00\xff"}),
        ({3, 1, 20}, {"NS": ["1", "3", "20"]}),
        ({"b", "a"}, {"SS": ["a", "b"]}),
        ([1, "a", [True]], {"L": [{"N": "1"}, {"S": "a"}, {"L": [{"BOOL": True}]}]}),
        ([], {"L": []}),
        ({}, {"M": {}}),
        ({"2026-Q4": 2, "left out": None}, {"M": {"2026-Q4": {"N": "2"}}}),
    ],
)
def test_values_are_encoded_each_in_their_kind(value: Any, stored: dict[str, Any]) -> None:
    assert encode({"x": value}) == {"x": stored}
    kept = {name: held for name, held in value.items() if held is not None} if isinstance(value, dict) else value
    decoded = decode({"x": stored})["x"]
    assert decoded == kept
    assert type(decoded) is type(kept)


def test_none_is_left_out() -> None:
    assert encode({"a": None, "b": 1}) == {"b": {"N": "1"}}


def test_tuples_and_frozen_sets_come_back_as_lists_and_sets() -> None:
    assert decode(encode({"l": (1, 2), "s": frozenset("a")})) == {"l": [1, 2], "s": {"a"}}


@pytest.mark.parametrize("value", [1.5, object(), [None], [1.5], {"a": 2.5}])
def test_what_is_never_stored_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="is not stored"):
        encode({"x": value})


plain_values = st.recursive(
    st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.sets(st.integers(-99, 99), min_size=1, max_size=5)
    | st.sets(st.text(min_size=1, max_size=5), min_size=1, max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(min_size=1, max_size=5), plain_values, max_size=5))
def test_whatever_is_stored_comes_back(item: dict[str, Any]) -> None:
    assert decode(encode(item)) == item
