"""What the schemas take and refuse, and how they say it: what to send, never a library's words."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chalicelib.api.schemas
from chalicelib.api.schemas.account_managers import AccountManagerBody
from chalicelib.api.schemas.fields import email, whole
from chalicelib.api.schemas.records import DELETION_ADAPTER, RECORD_ADAPTER, RecordsBody, read_record
from chalicelib.api.schemas.settings import ScoringSettingsBody
from chalicelib.api.schemas.subscriptions import SubscriptionBody
from chalicelib.api.schemas.tenants import NewTenant
from chalicelib.api.schemas.validation import MESSAGES, UNFORESEEN, Schema, message, read_body
from chalicelib.domain.currencies import CURRENCIES
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.ids import RecordId
from chalicelib.domain.records import FACT_TYPES
from chalicelib.services.sent_records import Rejection, SentRecord
from infra.openapi.document import recorded

EXAMPLES: Final[list[dict[str, Any]]] = recorded()["send_records"]["request"]["one_of_each_type"]["records"]
LIBRARY_WORDS: Final = re.compile(r"Input|should|valid |pattern|\^|Decimal|Value error|string|instance|null or")

# What can be wrong with an input, by the type of pydantic's core schema and by what that says beside.
FAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "any": (),
    "bool": ("bool_type",),
    "decimal": ("decimal_type", "decimal_parsing", "finite_number"),
    "default": (),
    "definition-ref": (),
    "definitions": (),
    "dict": ("dict_type",),
    "function-after": ("value_error",),
    "function-before": ("value_error",),
    "function-plain": ("value_error",),
    "function-wrap": ("value_error",),
    "int": ("int_type", "int_from_float", "int_parsing_size"),
    "list": ("list_type",),
    "literal": ("literal_error",),
    "model": ("model_type", "model_attributes_type"),
    "model-field": ("missing",),
    "model-fields": ("extra_forbidden", "string_unicode"),
    "none": ("none_required",),
    "nullable": (),
    "str": ("string_type", "string_unicode"),
    "tagged-union": ("union_tag_invalid", "union_tag_not_found"),
}
LIMITS: Final[Mapping[tuple[str, str], str]] = {
    ("decimal", "decimal_places"): "decimal_max_places",
    ("decimal", "ge"): "greater_than_equal",
    ("decimal", "le"): "less_than_equal",
    ("decimal", "max_digits"): "decimal_max_digits",
    ("dict", "max_length"): "too_long",
    ("int", "ge"): "greater_than_equal",
    ("int", "le"): "less_than_equal",
    ("list", "max_length"): "too_long",
    ("list", "min_length"): "too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "min_length"): "string_too_short",
}
NO_LIMITS: Final = {
    "type",
    "metadata",
    "ref",
    "schema",
    "serialization",
    "strict",
    "strip_whitespace",
    "allow_inf_nan",
    "items_schema",
    "keys_schema",
    "values_schema",
}
LIMITED: Final = {kind for kind, _ in LIMITS}


def schemas() -> list[type[Schema]]:
    """Every schema of a body or of a part of one, but for that which is read part by part."""
    for module in pkgutil.iter_modules(chalicelib.api.schemas.__path__):
        importlib.import_module(f"{chalicelib.api.schemas.__name__}.{module.name}")
    found: list[type[Schema]] = []
    waiting = list(Schema.__subclasses__())
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].__subclasses__()
    return sorted(
        {each for each in found if each.__module__.startswith(chalicelib.api.schemas.__name__)} - {RecordsBody},
        key=lambda each: (each.__module__, each.__name__),
    )


def kinds(node: Any) -> Iterator[str]:
    """The kinds of faults that a core schema can find."""
    if isinstance(node, list | tuple):
        for each in node:
            yield from kinds(each)
    elif isinstance(node, dict):
        if isinstance(kind := node.get("type"), str):
            yield from FAULTS[kind]
            if kind in LIMITED:
                yield from (LIMITS[kind, name] for name in node.keys() - NO_LIMITS)
            if kind == "decimal" and {"max_digits", "decimal_places"} <= node.keys():
                yield "decimal_whole_digits"
        for name, each in node.items():
            if name not in {"metadata", "serialization", "function"}:
                yield from kinds(each)


@pytest.mark.parametrize("schema", schemas(), ids=lambda schema: schema.__name__)
def test_every_fault_of_a_schema_has_words_of_our_own(schema: type[Schema]) -> None:
    found = set(kinds(schema.__pydantic_core_schema__))
    assert found
    assert found <= MESSAGES.keys()


@pytest.mark.parametrize("adapter", [RECORD_ADAPTER, DELETION_ADAPTER], ids=["records", "deletions"])
def test_every_fault_of_a_record_has_words_of_our_own(adapter: Any) -> None:
    assert set(kinds(adapter.core_schema)) <= MESSAGES.keys()


JUNK: Final[tuple[Any, ...]] = (
    *(None, True, -1, 10**30, Decimal("0.1234567"), Decimal("1E+40"), Decimal("NaN"), 2.5, float("inf")),
    *("", " ", "x" * 300, "\ud800", "EURO", "a@b", "2026-13-45", [], {}, [1] * 2_000, {"\ud800": 1}),
)


def rejections(example: Mapping[str, Any]) -> Iterator[tuple[str, Rejection]]:
    """The refusals of a record with one field spoilt, or taken away, or too many."""
    spoilt = [(name, {**example, name: junk}) for name in example for junk in JUNK]
    spoilt += [(name, {k: v for k, v in example.items() if k != name}) for name in example]
    spoilt += [("surplus", {**example, "surplus": 1}), ("\ud800", {**example, "\ud800": 1})]
    for name, document in spoilt:
        found = read_record(0, document)
        if isinstance(found, Rejection):
            yield name, found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["type"])
def test_a_refused_record_says_what_to_send(example: dict[str, Any]) -> None:
    found = list(rejections(example))
    assert {name for name, _ in found} >= example.keys() - {"updated_at"} | {"surplus"}
    for _, rejection in found:
        for fault in rejection.faults:
            assert fault.message
            assert fault.message != UNFORESEEN
            assert not LIBRARY_WORDS.search(fault.message), fault


def test_an_unknown_kind_of_fault_is_told_without_a_librarys_words() -> None:
    assert message("url_parsing", {"error": "Input should be"}) == UNFORESEEN


@pytest.mark.parametrize(
    ("kind", "context", "told"),
    [
        (
            "literal_error",
            {"expected": "'OPEN', 'ACKNOWLEDGED' or 'RESOLVED'"},
            "Send one of OPEN, ACKNOWLEDGED, RESOLVED.",
        ),
        ("literal_error", {"expected": "'portfolio'"}, "Send portfolio."),
        ("string_too_long", {"max_length": 200}, "Send at most 200 characters."),
        ("string_too_short", {"min_length": 1}, "Send at least 1 character."),
        ("too_long", {"max_length": 20}, "Send at most 20 entries."),
        ("too_short", {"min_length": 1}, "Send at least 1 entry."),
        ("decimal_max_places", {"decimal_places": 6}, "Send at most 6 decimals."),
        ("decimal_whole_digits", {"whole_digits": 12}, "Send at most 12 digits before the decimal point."),
        ("greater_than_equal", {"ge": 0}, "Send 0 or more."),
    ],
)
def test_messages_name_the_limit(kind: str, context: dict[str, Any], told: str) -> None:
    assert message(kind, context) == told


# --- fields ---


@pytest.mark.parametrize("sent", [5, Decimal("5.0"), Decimal("50E-1"), Decimal("5"), 5.0])
def test_a_whole_number_may_come_with_decimals(sent: Any) -> None:
    assert whole(sent) == 5


@pytest.mark.parametrize("sent", [Decimal("5.5"), Decimal("NaN"), Decimal("Infinity"), True, "5", None, [5]])
def test_what_is_no_whole_number_is_refused(sent: Any) -> None:
    with pytest.raises(ValueError, match=r"^Send a whole number\.$"):
        whole(sent)


def test_a_whole_number_of_a_billion_digits_is_refused_unexpanded() -> None:
    with pytest.raises(ValueError, match="at most 18 digits"):
        whole(Decimal("1E+999999999"))


@pytest.mark.parametrize(
    "address", ["ada@example.com", "a.b+c@mail.example.co.uk", "o'neil@example.com", "jürgen@müller.example"]
)
def test_an_address(address: str) -> None:
    assert email(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("", "ada", "ada@example", "ada@@example.com", "a@b.com,c@d.com", "Ada <ada@example.com>", " ada@example.com"),
        *(
            "ada@example.com\n",
            "ada\x00@example.com",
            "ada@exam\x00ple.com",
            "ada@exam\rple.com",
            "ada@example.com\x7f",
        ),
        *("ada\u200b@example.com", "ada\u2028@example.com", "\ufeffada@example.com", "ada@example.c"),
    ],
)
@pytest.mark.parametrize("of", ["account manager", "record", "fallback", "subscription"])
def test_what_is_no_address_is_refused_wherever_one_is_asked(address: str, of: str) -> None:
    with pytest.raises(ValueError, match="Send one e-mail address"):
        email(address)
    if of == "record":
        record = {"type": "account_manager", "id": "am-1", "name": "Ada", "email": address}
        found = read_record(0, record)
        assert isinstance(found, Rejection)
        assert [fault.pointer for fault in found.faults] == ["/email"]
        return
    bodies: dict[str, tuple[type[Schema], dict[str, Any], str]] = {
        "account manager": (AccountManagerBody, {"name": "Ada", "email": address}, "/email"),
        "fallback": (ScoringSettingsBody, {"fallback_emails": [address]}, "/fallback_emails/0"),
        "subscription": (SubscriptionBody, {"protocol": "email", "endpoint": address}, ""),
    }
    schema, body, pointer = bodies[of]
    with pytest.raises(InvalidError) as refused:
        read_body(schema, body)
    assert any(fault.pointer.startswith(pointer) for fault in refused.value.faults)


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "HRK", "BHD", "XOF", "CLF"])
def test_a_currency(code: str) -> None:
    assert code in CURRENCIES


@pytest.mark.parametrize("code", ["ABC", "EUX", "XXX", "XTS", "eur", "EURO", "EU", "", "€"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    invoice = next(example for example in EXAMPLES if example["type"] == "invoice")
    found = read_record(0, {**invoice, "total": {"currency": code, "amount": "1.00"}})
    assert isinstance(found, Rejection)
    assert [(f.pointer, f.message) for f in found.faults] == [
        ("/total/currency", "Send the ISO 4217 code of a currency, such as EUR.")
    ]
    with pytest.raises(InvalidError, match="ISO 4217"):
        read_body(NewTenant, {"tenant_id": "acme", "name": "Acme", "time_zone": "Europe/Rome", "currency": code})


def test_currencies_are_three_capital_letters_each_once() -> None:
    assert len(CURRENCIES) == 226
    assert all(re.fullmatch(r"[A-Z]{3}", code) for code in CURRENCIES)


# --- deletions ---


@pytest.mark.parametrize("record_type", FACT_TYPES)
def test_a_deletion_needs_its_identity_alone(record_type: str) -> None:
    owner: dict[str, Any] = {} if record_type == "ticket" else {"client_id": "c1"}
    found = read_record(3, {"type": record_type, "id": "R1", **owner, "deleted": True})
    assert found == SentRecord(3, record_type, RecordId("R1"), owner.get("client_id"), None, True, {})


@pytest.mark.parametrize("record_type", FACT_TYPES)
@pytest.mark.parametrize("junk", [None, "", "junk", [], 7])
def test_what_else_a_deletion_says_does_not_count(record_type: str, junk: Any) -> None:
    example = next(each for each in EXAMPLES if each["type"] == record_type)
    spoilt = {name: value if name in {"type", "id", "client_id"} else junk for name, value in example.items()}
    found = read_record(0, {**spoilt, "updated_at": "2026-11-22T09:00:00Z", "deleted": True})
    assert isinstance(found, SentRecord)
    assert (found.id, found.client_id, found.fields) == (example["id"], example["client_id"], {})


@pytest.mark.parametrize(
    ("record", "pointers"),
    [
        ({"type": "survey", "id": "S1", "deleted": True}, ["/client_id"]),
        ({"type": "ticket", "id": "", "deleted": True}, ["/id"]),
        ({"type": "ticket", "id": "T1", "client_id": "", "deleted": True}, ["/client_id"]),
        ({"type": "ticket", "id": "T1", "deleted": True, "updated_at": "yesterday"}, ["/updated_at"]),
        ({"type": "ticket", "id": "T1", "deleted": True, "surplus": 1}, ["/surplus"]),
        ({"type": "ticket", "id": "T1", "deleted": False}, ["/client_id", "/created_at", "/priority"]),
        ({"type": "client", "id": "c1", "deleted": True}, ["/deleted", "/name", "/status"]),
        ({"type": "nothing", "id": "c1", "deleted": True}, ["/type"]),
        ({"type": ["ticket"], "id": "c1", "deleted": True}, ["/type"]),
    ],
)
def test_a_deletion_that_names_nothing_is_refused(record: dict[str, Any], pointers: list[str]) -> None:
    found = read_record(0, record)
    assert isinstance(found, Rejection)
    assert sorted(fault.pointer for fault in found.faults) == pointers


@given(st.text(max_size=80))
def test_an_address_never_holds_what_breaks_a_header(text: str) -> None:
    try:
        found = email(text)
    except ValueError:
        return
    assert found.count("@") == 1
    assert not re.search(r"[\s\x00-\x1f\x7f<>,;]", found)
