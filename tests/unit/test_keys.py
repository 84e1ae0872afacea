"""Keys are built from checked ids alone, and nobody's key reaches into another's."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.keys import Key, Span
from chalicelib.domain.errors import InvalidIdError
from chalicelib.domain.ids import TENANT_SHARDS, RecordId, TenantId
from chalicelib.domain.times import parse_day, parse_instant

TENANT = TenantId("acme")
TODAY = parse_day("2026-11-22")
NOW = parse_instant("2026-11-22T02:00:00Z")

ARGUMENTS: dict[str, Any] = {
    "tenant": TENANT,
    "after": TENANT,
    "client": RecordId("c1"),
    "import_id": 16 * "0",
    "manager": RecordId("am-1"),
    "page": 7,
    "quarter": "2026-Q4",
    "version": 12,
    "newest": 12,
    "day": TODAY,
    "as_of": NOW,
    "key": "5f1c-key",
    "key_id": "ABCDEFGHIJKLM234",
    "alert_id": "20261122T020000Z-0123456789abcdef",
    "before": "20261122T020000Z-0123456789abcdef",
    "entry_id": "20261122T020000Z-0123456789abcdef",
    "digest_id": "0123456789abcdef" * 2,
    "subscription_id": "0123456789abcdef",
    "source": "desk",
    "digest": "0123456789abcdef" * 4,
    "place": f"desk#{'0123456789abcdef' * 4}",
    "shard": 3,
    "night": NOW,
    "at": NOW,
    "entry": RecordId("ui-0123456789abcdef"),
    "until": (NOW, RecordId("ui-0123456789abcdef")),
    "name": "20261122T020000Z-0123456789abcdef",
    "first": "T0000001",
    "last": "T0000002",
    "token": "0123456789abcdef",
    "number": 17,
    "connection": "cw",
}
SPAN_ENDS: dict[str, tuple[int, int]] = {
    "calculations": (NOW - 99, NOW),
    "snapshots": (TODAY - 9, TODAY),
    "runs": (TODAY - 9, TODAY),
    "day_figures_span": (TODAY - 9, TODAY),
}

TENANTLESS = {
    "registry_span",
    "dispatch",
    "registry",
    "api_key",
    "due_mark",
    "due_marks",
    "due_walk",
    "due_partition",
} | {
    "sync_mark",
    "sync_marks",
}
"""For the nightly walk, the sweep and the authorizer: their partitions belong to no tenant."""


def builders() -> dict[str, Callable[..., Any]]:
    """Every public function of the module that builds a key, a span or a partition."""
    return {
        name: function
        for name, function in inspect.getmembers(keys, inspect.isfunction)
        if function.__module__ == keys.__name__
        and not name.startswith("_")
        and {"sk", "partition"}.isdisjoint(inspect.signature(function).parameters)  # what reads a key, not builds it
        and inspect.signature(function).return_annotation is not bool
    }


def arguments(name: str) -> dict[str, Any]:
    """Good arguments for a builder; a KeyError here asks for an example of a new parameter."""
    parameters = inspect.signature(builders()[name]).parameters
    ends = dict(zip(("first", "last"), SPAN_ENDS.get(name, ()), strict=False))
    return {parameter: {**ARGUMENTS, **ends}[parameter] for parameter in parameters}


ids_of = [
    (name, parameter)
    for name in builders()
    for parameter, value in arguments(name).items()
    if isinstance(value, TenantId | RecordId)
]

tenant_ids = st.from_regex("[a-z0-9][a-z0-9-]{1,6}", fullmatch=True).map(TenantId)
record_ids = st.sampled_from(
    list(map(RecordId, ("c1", "c10", "c1-", "c1.", "c1_", "c1.FACTS", "C1", "c", "1", "FACTS", "NOW", "TICKETS")))
) | st.from_regex("[A-Za-z0-9][A-Za-z0-9._-]{0,6}", fullmatch=True).map(RecordId)


# --------------------------------------------------------------------------------------------------------- checked ids


@pytest.mark.parametrize(("name", "parameter"), ids_of)
def test_a_plain_string_is_no_id(name: str, parameter: str) -> None:
    with pytest.raises(TypeError):
        builders()[name](**{**arguments(name), parameter: "acme"})


@pytest.mark.parametrize(("name", "parameter"), ids_of)
def test_an_id_of_the_other_kind_is_refused(name: str, parameter: str) -> None:
    wrong = RecordId("acme") if parameter in ("tenant", "after") else TenantId("acme")
    with pytest.raises(TypeError):
        builders()[name](**{**arguments(name), parameter: wrong})


def test_a_subclass_cannot_forge_an_id() -> None:
    class Forged(TenantId):
        def __new__(cls, value: str) -> "Forged":
            return str.__new__(cls, value)

    with pytest.raises(TypeError):
        keys.settings(Forged("acme#P#0001"))


BAD_ANYWHERE = (
    *("", "#", "a#b", "a*", "a$", "a\n", "a\x00", "a b", " ab", "ab ", "a/b", "a\\b", "a~b", "a%23b", "a\tb"),
    *("-ab", ".ab", "_ab", "*", "T#acme", "ab\r\n"),
    *("аb", "ab\u0661", "a\u200bb", "ａｂ", "e\u0301a", "ﬁa", "İa", "ſa", "ab＃c"),
)


@pytest.mark.parametrize("text", [*BAD_ANYWHERE, "a", "A1", "a_b", "a.b", "x" * 40])
def test_what_is_no_tenant_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdError):
        TenantId(text)


@pytest.mark.parametrize("text", [*BAD_ANYWHERE, "x" * 65])
def test_what_is_no_record_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdError):
        RecordId(text)


@pytest.mark.parametrize("key", ["", "a b", "a\n", "é", "x" * 129, "\x7f"])
def test_what_is_no_idempotency_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="idempotency"):
        keys.idempotency(TENANT, key)


@pytest.mark.parametrize("key_id", ["", "ABCDEFGHIJKLM23", "ABCDEFGHIJKLM2345", "abcdefghijklm234", "ABCDEFGHIJKLM23#"])
def test_what_is_no_api_key_id_is_refused(key_id: str) -> None:
    for build in (keys.api_key, lambda text: keys.api_key_listing(TENANT, text)):
        with pytest.raises(ValueError, match="API key"):
            build(key_id)
    assert not keys.is_api_key_id(key_id)
    assert not keys.is_api_key_id("ABCDEFGHIJKLM234\n")


@pytest.mark.parametrize("first", ["", "T1", "x" * 20, "~", "~01234567"])
def test_a_leaf_is_named_by_its_first_key(first: str) -> None:
    assert keys.first_of_leaf(keys.leaf(TENANT, first).sk) == first


@pytest.mark.parametrize("first", ["T#1", "x" * 21, "~0123456g", "~012345678", "-a", "a\n", "ä"])
def test_what_is_no_key_of_the_directory_is_refused(first: str) -> None:
    with pytest.raises(ValueError, match="directory"):
        keys.leaf(TENANT, first)


@pytest.mark.parametrize("name", ["", "J#0007#", "L#", "J#0007#0123456789abcde", "J#x#0123456789abcdef", "STATE"])
def test_what_is_no_name_of_arrivals_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="arrivals"):
        keys.arrivals_named(TENANT, name)


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128))
def test_an_idempotency_key_stays_one_item_of_its_tenant(key: str) -> None:
    built = keys.idempotency(TENANT, key)
    assert built == Key("T#acme", f"IDEM#{key}")


# ------------------------------------------------------------------------------------------------------ tenants' keys


@pytest.mark.parametrize("name", sorted(builders()))
def test_every_key_of_a_tenant_starts_with_its_prefix(name: str) -> None:
    built = builders()[name](**arguments(name))
    if isinstance(built, Key | Span):
        own = built.pk == "T#acme" or built.pk.startswith("T#acme#")
        assert own == (name not in TENANTLESS)


def test_the_partitions_of_a_tenant_are_of_two_patterns() -> None:
    assert keys.tenant_partition(TENANT) == "T#acme"
    assert keys.tenant_prefix(TENANT) == "T#acme#"
    for partition in (
        keys.page_partition(TENANT, 0),
        keys.page_partition(TENANT, 12_345),
        keys.outbox_partition(TENANT),
        keys.directory_partition(TENANT),
    ):
        assert partition.startswith(keys.tenant_prefix(TENANT))


@given(tenant_ids, tenant_ids)
def test_no_tenant_owns_anothers_partition(one: TenantId, other: TenantId) -> None:
    if one != other:
        for partition in (keys.tenant_partition(other), keys.page_partition(other, 0), keys.outbox_partition(other)):
            assert partition != keys.tenant_partition(one)
            assert not partition.startswith(keys.tenant_prefix(one))


def keys_of_page(page: int, client: RecordId) -> dict[str, Key]:
    return {
        "record": keys.client_record(TENANT, page, client),
        "facts": keys.facts_block(TENANT, page, client),
        "facts shard": keys.facts_block(TENANT, page, client, 3),
        "tickets": keys.ticket_block(TENANT, page, client, "2026-Q4"),
        "tickets shard": keys.ticket_block(TENANT, page, client, "2026-Q4", 3),
        "calculation": keys.calculation(TENANT, page, client, NOW),
        "journal": keys.journal(TENANT, page, client, NOW, RecordId("ui-1")),
        "current": keys.current(TENANT, page),
        "refresh_marks": keys.refresh_marks(TENANT, page),
        "snapshot": keys.snapshot(TENANT, page, TODAY),
    }


def keys_of_tenant(record: RecordId) -> dict[str, Key]:
    return {
        "settings": keys.settings(TENANT),
        "settings version": keys.settings_version(TENANT, 12),
        "directory": keys.directory(TENANT, record),
        "manager": keys.account_manager(TENANT, record),
        "request": keys.idempotency(TENANT, record),
        "key listing": keys.api_key_listing(TENANT, "ABCDEFGHIJKLM234"),
        "run": keys.run(TENANT, TODAY),
        "day": keys.day_figures(TENANT, TODAY),
        "summary": keys.summary(TENANT),
        "release": keys.release(TENANT, TODAY),
        "alias": keys.alias(TENANT, "desk", "0" * 64),
        "client alias": keys.client_alias(TENANT, record, "desk", "0" * 64),
    }


@given(record_ids)
def test_no_two_things_share_a_key(record: RecordId) -> None:
    built = [*keys_of_page(0, record).values(), *keys_of_page(1, record).values(), *keys_of_tenant(record).values()]
    assert len(set(built)) == len(built)


# --------------------------------------------------------------------------------------------------------------- spans


def holds(span: Span, key: Key) -> bool:
    """Whether a query of a span finds a key: DynamoDB compares bytes."""
    return span.pk == key.pk and span.first.encode() <= key.sk.encode() <= span.last.encode()


@given(record_ids, record_ids)
def test_a_clients_span_holds_exactly_its_items(own: RecordId, other: RecordId) -> None:
    span = keys.client_items(TENANT, 0, own)
    held = {name for name, key in keys_of_page(0, own).items() if holds(span, key)}
    assert held == {"record", "facts", "facts shard", "tickets", "tickets shard"}
    assert not any(holds(span, key) for key in keys_of_page(1, own).values())
    if own != other:
        assert not any(holds(span, key) for key in keys_of_page(0, other).values())


@given(record_ids)
def test_a_pages_span_holds_its_clients_items(client: RecordId) -> None:
    span = keys.page_items(TENANT, 0)
    held = {name for name, key in keys_of_page(0, client).items() if holds(span, key)}
    assert held == {"record", "facts", "facts shard", "tickets", "tickets shard"}
    assert not any(holds(span, key) for key in keys_of_page(1, client).values())


@given(record_ids, record_ids, st.integers(-5, 5), st.integers(0, 3))
def test_a_span_of_calculations_holds_one_clients_of_its_time(
    own: RecordId, other: RecordId, offset: int, length: int
) -> None:
    span = keys.calculations(TENANT, 0, own, NOW, NOW + length)
    assert holds(span, keys.calculation(TENANT, 0, own, NOW + offset)) == (0 <= offset <= length)
    assert not any(holds(span, key) for name, key in keys_of_page(0, own).items() if name != "calculation")
    if own != other:
        assert not any(holds(span, key) for key in keys_of_page(0, other).values())


ENTRY = RecordId("ui-0123456789abcdef")


@given(record_ids, record_ids, record_ids, record_ids, st.integers(-1, 1))
def test_a_span_of_a_journal_holds_one_clients_before_a_place(
    own: RecordId, other: RecordId, one: RecordId, place: RecordId, later: int
) -> None:
    entry = keys.journal(TENANT, 0, own, NOW + later, one)
    assert holds(keys.journal_span(TENANT, 0, own), entry)
    assert holds(keys.journal_span(TENANT, 0, own, (NOW, place)), entry) == ((NOW + later, one) < (NOW, place))
    assert keys.journal_id(entry.sk) == one
    everything = keys.journal_span(TENANT, 0, own)
    assert {name for name, key in keys_of_page(0, own).items() if holds(everything, key)} == {"journal"}
    assert not holds(everything, keys.journal(TENANT, 1, own, NOW, ENTRY))
    if own != other:
        assert not any(holds(everything, key) for key in keys_of_page(0, other).values())


@pytest.mark.parametrize(
    ("span", "one"),
    [
        (lambda *ends: keys.snapshots(TENANT, 0, *ends), lambda day: keys.snapshot(TENANT, 0, day)),
        (lambda *ends: keys.runs(TENANT, *ends), lambda day: keys.run(TENANT, day)),
        (lambda *ends: keys.day_figures_span(TENANT, *ends), lambda day: keys.day_figures(TENANT, day)),
    ],
)
def test_a_span_of_dates_holds_both_its_ends_and_nothing_else(
    span: Callable[[int, int], Span], one: Callable[[int], Key]
) -> None:
    new_year = parse_day("2027-01-01")
    found = [day for day in range(new_year - 400, new_year + 400) if holds(span(new_year - 3, new_year + 2), one(day))]
    assert found == list(range(new_year - 3, new_year + 3))
    everything = span(parse_day("1970-01-01"), parse_day("2100-12-31"))
    others = [*keys_of_page(0, RecordId("c1")).values(), *keys_of_tenant(RecordId("c1")).values()]
    assert [key for key in others if holds(everything, key)] == [one(TODAY)]


@given(record_ids)
def test_the_span_of_account_managers_holds_them_alone(record: RecordId) -> None:
    span = keys.account_managers(TENANT)
    assert {name for name, key in keys_of_tenant(record).items() if holds(span, key)} == {"manager"}
    assert not holds(span, keys.account_manager(TenantId("acme-2"), record))


def test_the_span_of_api_keys_holds_them_alone() -> None:
    span = keys.api_key_listings(TENANT)
    assert {name for name, key in keys_of_tenant(RecordId("c1")).items() if holds(span, key)} == {"key listing"}


def test_the_span_of_settings_versions_holds_them_alone() -> None:
    span = keys.settings_versions(TENANT)
    assert {name for name, key in keys_of_tenant(RecordId("c1")).items() if holds(span, key)} == {"settings version"}
    numbers = (1, 9, 10, 12, 13, 999_999)
    up_to = keys.settings_versions(TENANT, 12)
    assert [n for n in numbers if holds(up_to, keys.settings_version(TENANT, n))] == [1, 9, 10, 12]
    assert all(holds(span, keys.settings_version(TENANT, n)) for n in numbers)


@given(tenant_ids, tenant_ids)
def test_the_span_of_a_shard_holds_its_tenants(tenant: TenantId, after: TenantId) -> None:
    shard, key = keys.registry_shard(tenant), keys.registry(tenant)
    assert [number for number in range(TENANT_SHARDS) if holds(keys.registry_span(number), key)] == [shard]
    assert holds(keys.registry_span(shard, after), key) == (tenant > after)
    assert keys.id_of(key.sk) == tenant


# -------------------------------------------------------------------------------------------------------- reading keys


@given(record_ids)
def test_sort_keys_name_what_they_belong_to(record: RecordId) -> None:
    page = keys_of_page(0, record)
    items = {name: page[name].sk for name in ("record", "facts", "facts shard", "tickets", "tickets shard")}
    assert {keys.client_of(sk) for sk in items.values()} == {record}
    del items["record"]  # every block follows the record
    assert {name for name, sk in items.items() if keys.is_ticket_block(sk)} == {"tickets", "tickets shard"}
    assert {name for name, sk in items.items() if keys.is_facts_block(sk)} == {"facts", "facts shard"}
    assert all(page["record"].sk < sk for sk in items.values())
    assert keys.id_of(keys.account_manager(TENANT, record).sk) == record


def test_sort_keys_of_dates_name_them() -> None:
    for key in (keys.run(TENANT, TODAY), keys.day_figures(TENANT, TODAY), keys.snapshot(TENANT, 0, TODAY)):
        assert keys.day_of(key.sk) == TODAY


def test_parts_of_a_quarter_have_keys_of_their_own() -> None:
    shards = [keys.ticket_block(TENANT, 0, RecordId("c1"), "2026-Q4", shard).sk for shard in range(64)]
    assert len(set(shards)) == 64
    assert shards[0] == "C#c1#TICKETS#2026-Q4"
