"""The meter's rules, against sizes and units worked out by hand."""

from typing import Any

import pytest

from infra.meter import (
    Charge,
    Cost,
    Write,
    charge_of_write,
    charges_of_read,
    item_size,
    number_size,
    read_units,
    value_size,
    write_units,
    writes_of,
)

KEY = {"pk": {"S": "T#acme"}, "sk": {"S": "NOW"}}
KEY_SIZE = 2 + 6 + 2 + 3


def item(size: int, key: dict[str, Any] = KEY) -> dict[str, Any]:
    """An item of so many bytes in all."""
    return {**key, "d": {"B": bytes(size - item_size(key) - 1)}}


def keyed(number: int) -> dict[str, Any]:
    return {"pk": {"S": "T#acme"}, "sk": {"S": f"SNAP#{number}"}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "Müller"}, 7),
        ({"S": "€"}, 3),
        ({"B": b"\x00\xff"}, 2),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"N": "7"}, 2),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "123"]}, 2 + 3),
        ({"BS": [b"ab", b"c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 3 + (1 + 2) + (1 + 1)),
        ({"M": {}}, 3),
        ({"M": {"name": {"S": "ab"}}}, 3 + 1 + 4 + 2),
        ({"M": {"a": {"L": [{"N": "12"}]}}}, 3 + (1 + 1 + (3 + (1 + 2)))),
    ],
)
def test_value(value: dict[str, Any], size: int) -> None:
    assert value_size(value) == size


@pytest.mark.parametrize(
    ("number", "size"),
    [
        ("0", 2),
        ("9", 2),
        ("99", 2),
        ("100", 2),  # trailing zeros are no digits
        ("123", 3),
        ("1234", 3),
        ("0.05", 2),
        ("10.5", 3),
        ("1795312800", 5),  # 8 digits and two zeros
        ("-5", 3),
        ("1.5E+3", 2),
    ],
)
def test_number(number: str, size: int) -> None:
    assert number_size(number) == size


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="X"):
        value_size({"X": "?"})


def test_an_item_is_its_names_and_values() -> None:
    assert item_size(KEY) == KEY_SIZE
    assert item_size({**KEY, "größe": {"N": "12345"}}) == KEY_SIZE + 7 + 4
    assert item_size(item(500)) == 500


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2), (6144, 6), (6145, 7)])
def test_write_units(size: int, units: int) -> None:
    assert write_units(size) == units
    assert write_units(size, transaction=True) == 2 * units


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (4096, 1), (4097, 2), (8192, 2), (400_000, 98)])
def test_read_units(size: int, units: int) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size) == units / 2
    assert read_units(size, transaction=True) == 2 * units


@pytest.mark.parametrize(
    ("operation", "before", "after", "size", "units"),
    [
        ("PutItem", None, item(1000), 1000, 1),
        ("PutItem", item(3000), item(1000), 3000, 3),  # the larger of the two
        ("PutItem", item(1000), item(3000), 3000, 3),
        ("UpdateItem", item(1500), item(1600), 1600, 2),
        ("DeleteItem", item(5000), None, 5000, 5),
        ("DeleteItem", None, None, 0, 1),  # nothing was there
        ("TransactWriteItems", None, item(1500), 1500, 4),
    ],
)
def test_a_write_costs_the_larger_item(operation: str, before: Any, after: Any, size: int, units: int) -> None:
    write = Write("table", KEY, after if operation == "PutItem" else None)
    assert charge_of_write(operation, write, before, after) == Charge(operation, "NOW", size, write=units)


def test_a_failed_write_costs_as_if_it_had_happened() -> None:
    standing, sent = item(200), item(2500)
    assert charge_of_write("PutItem", Write("table", KEY, sent), standing, standing).write == 3
    assert charge_of_write("UpdateItem", Write("table", KEY, None), item(2500), item(2500)).write == 3


def test_every_write_of_a_request_is_found() -> None:
    put = {"Put": {"TableName": "table", "Item": {**KEY, "d": {"S": "x"}}}}
    update = {"Update": {"TableName": "table", "Key": keyed(1), "UpdateExpression": "SET a = :a"}}
    check = {"ConditionCheck": {"TableName": "table", "Key": keyed(2), "ConditionExpression": "v = :v"}}
    found = writes_of("TransactWriteItems", {"TransactItems": [put, update, check]})
    assert [(write.key, write.new is None) for write in found] == [(KEY, False), (keyed(1), True), (keyed(2), True)]
    assert writes_of("GetItem", {"TableName": "table", "Key": KEY}) == []


@pytest.mark.parametrize(("consistent", "missing", "found"), [(False, 0.5, 1.5), (True, 1, 3)])
def test_get_item(consistent: bool, missing: float, found: float) -> None:
    request = {"Key": KEY, "ConsistentRead": consistent}
    assert charges_of_read("GetItem", request, {}) == [Charge("GetItem", "NOW", 0, missing)]
    assert charges_of_read("GetItem", request, {"Item": item(8193)}) == [Charge("GetItem", "NOW", 8193, found)]


def test_a_batch_rounds_up_each_item_and_charges_missing_ones() -> None:
    keys = [keyed(number) for number in range(4)]
    request = {"RequestItems": {"table": {"Keys": keys}}}
    answer = {
        "Responses": {"table": [item(5000, keys[0]), item(100, keys[2])]},
        "UnprocessedKeys": {"table": {"Keys": [keys[3]]}},
    }
    charges = charges_of_read("BatchGetItem", request, answer)
    assert [charge.read for charge in charges] == [1, 0.5, 0.5]
    assert [charge.size for charge in charges] == [5000, 0, 100]


def test_a_query_rounds_up_the_sum_of_its_page() -> None:
    items = [item(1000, keyed(number)) for number in range(5)]
    assert charges_of_read("Query", {}, {"Items": items}) == [Charge("Query", "SNAP", 5000, 1)]
    assert charges_of_read("Query", {"ConsistentRead": True}, {"Items": items})[0].read == 2
    assert charges_of_read("Query", {}, {"Items": []}) == [Charge("Query", "nothing", 0, 0.5)]


def test_an_operation_without_a_rule_is_an_error() -> None:
    with pytest.raises(NotImplementedError, match="Scan"):
        charges_of_read("Scan", {}, {})


def test_a_cost_adds_up_by_kind() -> None:
    cost = Cost()
    cost.calls.update({"dynamodb.PutItem": 2, "dynamodb.Query": 1})
    cost.charges += [
        Charge("PutItem", "NOW", 4000, write=4),
        Charge("PutItem", "NOW", 900, write=1),
        Charge("PutItem", "SNAP", 700, write=1),
        Charge("Query", "SNAP", 700, 0.5),
    ]
    assert (cost.call_count, cost.write, cost.read) == (3, 6, 0.5)
    assert cost.writes_by_kind() == {"NOW": 5, "SNAP": 1}
    assert cost.reads_by_kind() == {"SNAP": 0.5}
    assert cost.sizes("NOW", "PutItem") == [4000, 900]
