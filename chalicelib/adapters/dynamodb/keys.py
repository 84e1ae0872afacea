"""Every key of the table, built from checked ids only. No other module builds a key.

A tenant's partition keys are exactly `T#<tenant>` or start with `T#<tenant>#`: these are the two patterns that an IAM
LeadingKeys condition and the tripwire allow. Ids hold no `#`, so no id can reach into another's keys.
"""

import re
from typing import Final, NamedTuple
from zlib import crc32

from chalicelib.domain.errors import InvalidIdError
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import (
    ALERT_ID_PATTERN,
    API_KEY_ID_PATTERN,
    IMPORT_ID_PATTERN,
    MAP_NAME_PATTERN,
    SOURCE_PATTERN,
    SUBSCRIPTION_ID_PATTERN,
    TENANT_SHARDS,
    RecordId,
    TenantId,
    compiled,
)
from chalicelib.domain.settings import MOST_VERSIONS
from chalicelib.domain.times import format_day, format_instant_compact, parse_day

OWNED: Final = "#tenant = :tenant"
"""The condition that a shared item is a tenant's own."""

RELEASE_PREFIX: Final = "RELEASE#"
DIGEST_PREFIX: Final = "DIGEST#"
NOTICE_PREFIX: Final = "NOTICE#"
_API_KEY_ID, _ALERT_ID = compiled(API_KEY_ID_PATTERN), compiled(ALERT_ID_PATTERN)
_DIGEST_ID = re.compile(r"[0-9a-f]{32}\Z")
_SUBSCRIPTION_ID, _SOURCE = compiled(SUBSCRIPTION_ID_PATTERN), compiled(SOURCE_PATTERN)
_LEAF = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,19}|~[0-9a-f]{8}|~|)\Z")
_ALIAS_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MAP_NAME, _IMPORT_ID = compiled(MAP_NAME_PATTERN), compiled(IMPORT_ID_PATTERN)
_ARRIVALS = re.compile(r"J#\d{4,}#[0-9a-f]{16}\Z", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}\Z")


class Key(NamedTuple):
    """A primary key."""

    pk: str
    sk: str


class Span(NamedTuple):
    """A partition and the sort keys from `first` to `last`, both included."""

    pk: str
    first: str
    last: str


def tenant_partition(tenant: TenantId) -> str:
    """The partition of everything of a tenant that is not on a roster page."""
    return f"T#{_checked(tenant, TenantId)}"


def tenant_prefix(tenant: TenantId) -> str:
    """What the tenant's other partitions start with."""
    return f"{tenant_partition(tenant)}#"


def whole_partition(partition: str) -> Span:
    """Everything in a partition of a tenant's: all sort keys start with a capital letter or a digit."""
    return Span(partition, " ", "~")


def page_partition(tenant: TenantId, page: int) -> str:
    return f"{tenant_prefix(tenant)}P#{page:04d}"


def is_shared(partition: str) -> bool:
    """Whether a partition is of no tenant's: the registry, due marks, the nightly checkpoint, the API keys' index."""
    return partition.startswith(("REGISTRY#", "DUE#", "DISPATCH#", "APIKEY#"))


def registry_shard(tenant: TenantId) -> int:
    """The registry shard of a tenant, 0–15."""
    return crc32(_checked(tenant, TenantId).encode()) % TENANT_SHARDS


def registry(tenant: TenantId) -> Key:
    return Key(f"REGISTRY#{registry_shard(tenant):02d}", f"T#{_checked(tenant, TenantId)}")


def registry_span(shard: int, after: TenantId | None = None) -> Span:
    """A shard's tenants, or those that follow a tenant."""
    first = "T#" if after is None else f"T#{_checked(after, TenantId)}\x00"
    return Span(f"REGISTRY#{shard:02d}", first, "T#~")


def due_partition(tenant: TenantId) -> str:
    """The partition of a tenant's due marks: one per registry shard."""
    return f"DUE#{registry_shard(tenant):02d}"


def due_mark(tenant: TenantId, night: int | None = None) -> Key:
    """What a tenant has left to do; with `night` (the `as_of` of a run) what that run has."""
    own = f"T#{_checked(tenant, TenantId)}"
    return Key(due_partition(tenant), own if night is None else f"{own}#{night:011d}")


def due_marks(shard: int) -> Span:
    """All due marks of a shard."""
    return Span(f"DUE#{shard:02d}", "T#", "T#~")


def night_of(sk: str) -> Instant | None:
    """The `as_of` of the night that a due mark's sort key names; None for the mark of everything else."""
    night = sk.split("#")[2:]
    return Instant(night[0]) if night else None


def sync_mark(tenant: TenantId, connection: str) -> Key:
    """When a connection is to be looked at next: beside the due marks of its shard."""
    return Key(due_partition(tenant), f"C#{_checked(tenant, TenantId)}#{_connection(connection)}")


def sync_marks(shard: int) -> Span:
    """All connections' marks of a shard."""
    return Span(f"DUE#{shard:02d}", "C#", "C#~")


def connection_of(sk: str) -> tuple[TenantId, str]:
    """The tenant and the connection that a mark's sort key names."""
    _, tenant, connection = sk.split("#")
    return TenantId(tenant), _connection(connection)


def is_due(partition: str) -> bool:
    """Whether a partition holds due marks."""
    return partition.startswith("DUE#")


def is_due_mark_of(partition: str, sort: str, tenant: TenantId) -> bool:
    """Whether a key is of one of the tenant's own due marks."""
    own = due_mark(tenant)
    return partition == own.pk and (sort == own.sk or sort.startswith((f"{own.sk}#", f"C#{tenant}#")))


def due_walk() -> Key:
    """How far the walk came that gives every tenant a due mark."""
    return Key("DUE#WALK", "STATE")


def dispatch(as_of: Instant) -> Key:
    """The checkpoint of the nightly walk that one trigger started."""
    return Key(f"DISPATCH#{format_instant_compact(as_of)}", "STATE")


def settings(tenant: TenantId) -> Key:
    return Key(tenant_partition(tenant), "SETTINGS")


def settings_version(tenant: TenantId, version: int) -> Key:
    return Key(tenant_partition(tenant), f"SETTINGS#v{version:06d}")


def settings_versions(tenant: TenantId, newest: int = MOST_VERSIONS) -> Span:
    return Span(tenant_partition(tenant), "SETTINGS#v", f"SETTINGS#v{newest:06d}")


def version_of(sk: str) -> int:
    """The version of the settings that a sort key names."""
    return int(sk.rsplit("v", 1)[1])


def directory(tenant: TenantId, client: RecordId) -> Key:
    return Key(tenant_partition(tenant), f"CLIENT#{_checked(client, RecordId)}")


def directories(tenant: TenantId, client: RecordId | None = None) -> Span:
    """The seats of all clients, or of those that follow one."""
    first = "CLIENT#" if client is None else f"{directory(tenant, client).sk}\x00"
    return Span(tenant_partition(tenant), first, "CLIENT#~")


def client_record(tenant: TenantId, page: int, client: RecordId) -> Key:
    return Key(page_partition(tenant, page), f"C#{_checked(client, RecordId)}")


def ticket_block(tenant: TenantId, page: int, client: RecordId, quarter: str, shard: int = 0) -> Key:
    """A client's tickets created in a quarter; shards above 0 exist once the quarter is split."""
    suffix = f".{shard}" if shard else ""
    return Key(page_partition(tenant, page), f"C#{_checked(client, RecordId)}#TICKETS#{quarter}{suffix}")


def ticket_blocks(tenant: TenantId, page: int, client: RecordId) -> Span:
    """All blocks of a client's tickets."""
    own = f"C#{_checked(client, RecordId)}#TICKETS#"
    return Span(page_partition(tenant, page), own, f"{own}~")


def facts_block(tenant: TenantId, page: int, client: RecordId, shard: int = 0) -> Key:
    """A client's facts that are no tickets; shards above 0 exist once they are split."""
    suffix = f".{shard}" if shard else ""
    return Key(page_partition(tenant, page), f"C#{_checked(client, RecordId)}#FACTS{suffix}")


def client_items(tenant: TenantId, page: int, client: RecordId) -> Span:
    """All items of one client: BETWEEN, never a prefix, for `c1` is not `c10`."""
    own = f"C#{_checked(client, RecordId)}"
    return Span(page_partition(tenant, page), own, f"{own}#~")


def page_items(tenant: TenantId, page: int) -> Span:
    """All clients and facts of a page."""
    return Span(page_partition(tenant, page), "C#", "C#~")


def tenant_of(sk: str) -> TenantId:
    """The tenant that a sort key of a registry or due mark names."""
    return TenantId(sk.split("#", 2)[1])


def client_of(sk: str) -> str:
    """The client whose item a sort key of a page names."""
    return sk.split("#", 2)[1]


def id_of(sk: str) -> str:
    """The id that a sort key of two parts names."""
    return sk.split("#", 1)[1]


def is_ticket_block(sk: str) -> bool:
    return sk.split("#")[2:3] == ["TICKETS"]


def quarter_of_block(sk: str) -> tuple[str, int]:
    """The quarter of a block of tickets, and its shard."""
    quarter, _, shard = sk.split("#", 3)[3].partition(".")
    return quarter, int(shard or 0)


def is_facts_block(sk: str) -> bool:
    return sk.split("#")[-1].partition(".")[0] == "FACTS" and sk.count("#") == 2


def day_of(sk: str) -> Day:
    """The date that a sort key ends in."""
    return parse_day(sk.rsplit("#", 1)[1])


def current(tenant: TenantId, page: int) -> Key:
    return Key(page_partition(tenant, page), "NOW")


def refresh_marks(tenant: TenantId, page: int) -> Key:
    return Key(page_partition(tenant, page), "DIRTY")


def snapshot(tenant: TenantId, page: int, day: Day) -> Key:
    return Key(page_partition(tenant, page), f"SNAP#{format_day(day)}")


def snapshots(tenant: TenantId, page: int, first: Day, last: Day) -> Span:
    return Span(page_partition(tenant, page), f"SNAP#{format_day(first)}", f"SNAP#{format_day(last)}")


def calculation(tenant: TenantId, page: int, client: RecordId, as_of: Instant) -> Key:
    return Key(page_partition(tenant, page), f"H#{_checked(client, RecordId)}#{format_instant_compact(as_of)}")


def calculations(tenant: TenantId, page: int, client: RecordId, first: Instant, last: Instant) -> Span:
    """A client's calculations from an instant to another, both included."""
    own = f"H#{_checked(client, RecordId)}#"
    return Span(
        page_partition(tenant, page),
        own + format_instant_compact(first),
        own + format_instant_compact(last),
    )


def page_calculations(tenant: TenantId, page: int) -> Span:
    """All calculations of a page's clients."""
    return Span(page_partition(tenant, page), "H#", "H#~")


def journal(tenant: TenantId, page: int, client: RecordId, at: Instant, entry: RecordId) -> Key:
    """An entry of a client's journal. Not below the client's own key: the night reads all that is there."""
    own = f"J#{_checked(client, RecordId)}#{format_instant_compact(at)}"
    return Key(page_partition(tenant, page), f"{own}#{_checked(entry, RecordId)}")


def journal_span(tenant: TenantId, page: int, client: RecordId, until: tuple[Instant, RecordId] | None = None) -> Span:
    """A client's journal, or its entries before another: BETWEEN, never a prefix, for `c1` is not `c10`."""
    own = f"J#{_checked(client, RecordId)}#"
    last = f"{own}~" if until is None else _below(journal(tenant, page, client, *until).sk)
    return Span(page_partition(tenant, page), own, last)


def journal_id(sk: str) -> RecordId:
    """The id of the entry that a sort key of a journal names."""
    return RecordId(sk.rsplit("#", 1)[1])


def account_manager(tenant: TenantId, manager: RecordId) -> Key:
    return Key(tenant_partition(tenant), f"AM#{_checked(manager, RecordId)}")


def account_managers(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "AM#", "AM#~")


def is_api_key_id(text: str) -> bool:
    """Whether a text has the form of an API key's id: 16 base32 characters."""
    return _API_KEY_ID.match(text) is not None


def api_key(key_id: str) -> Key:
    """An API key by its id alone: the authorizer has no tenant yet."""
    return Key(f"APIKEY#{_api_key_id(key_id)}", "KEY")


def api_key_listing(tenant: TenantId, key_id: str) -> Key:
    return Key(tenant_partition(tenant), f"KEY#{_api_key_id(key_id)}")


def api_key_listings(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "KEY#", "KEY#~")


def _api_key_id(key_id: str) -> str:
    if not is_api_key_id(key_id):
        raise ValueError("not the id of an API key")
    return key_id


def idempotency(tenant: TenantId, key: str) -> Key:
    """The record of a request that carried an Idempotency-Key (1–128 visible ASCII characters)."""
    if not _IDEMPOTENCY_KEY.match(key):
        raise ValueError("not an idempotency key")
    return Key(tenant_partition(tenant), f"IDEM#{key}")


def idempotency_records(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "IDEM#", "IDEM#\x7f")


def run(tenant: TenantId, day: Day) -> Key:
    return Key(tenant_partition(tenant), f"RUN#{format_day(day)}")


def runs(tenant: TenantId, first: Day, last: Day) -> Span:
    return Span(tenant_partition(tenant), f"RUN#{format_day(first)}", f"RUN#{format_day(last)}")


def day_figures(tenant: TenantId, day: Day) -> Key:
    return Key(tenant_partition(tenant), f"DAY#{format_day(day)}")


def day_figures_span(tenant: TenantId, first: Day, last: Day) -> Span:
    return Span(tenant_partition(tenant), f"DAY#{format_day(first)}", f"DAY#{format_day(last)}")


def summary(tenant: TenantId) -> Key:
    return Key(tenant_partition(tenant), "SUMMARY")


def is_alert_id(text: str) -> bool:
    """Whether a text has the form of an alert's id."""
    return _ALERT_ID.match(text) is not None


def alert(tenant: TenantId, alert_id: str) -> Key:
    return Key(tenant_partition(tenant), f"ALERT#{_alert_id(alert_id)}")


def alerts(tenant: TenantId, before: str | None = None) -> Span:
    """All alerts, or those whose id is smaller."""
    return Span(tenant_partition(tenant), "ALERT#", f"ALERT#{_before(before)}")


def resolved_alert(tenant: TenantId, alert_id: str) -> Key:
    """What lists an alert among the resolved ones; it holds nothing but its key."""
    return Key(tenant_partition(tenant), f"RESOLVED#{_alert_id(alert_id)}")


def resolved_alerts(tenant: TenantId, before: str | None = None) -> Span:
    return Span(tenant_partition(tenant), "RESOLVED#", f"RESOLVED#{_before(before)}")


def client_alert(tenant: TenantId, client: RecordId, alert_id: str) -> Key:
    """What lists an alert among those of its client; it holds nothing but its key."""
    return Key(tenant_partition(tenant), f"CALERT#{_checked(client, RecordId)}#{_alert_id(alert_id)}")


def client_alerts(tenant: TenantId, client: RecordId, before: str | None = None) -> Span:
    own = f"CALERT#{_checked(client, RecordId)}#"
    return Span(tenant_partition(tenant), own, f"{own}{_before(before)}")


def alias(tenant: TenantId, source: str, digest: str) -> Key:
    """What a client is called in another system, by a hash of the folded name or id."""
    return Key(tenant_partition(tenant), f"ALIAS#{_alias(source, digest)}")


def aliases(tenant: TenantId, source: str | None, place: str | None = None) -> Span:
    """All aliases (of a source), or those that follow a place: what stands behind `ALIAS#` in a key."""
    if source is not None and not _SOURCE.match(source):
        raise ValueError("not a source")
    own = "ALIAS#" if source is None else f"ALIAS#{source}#"
    first = own if place is None else f"ALIAS#{_alias(*place.split('#'))}\x00"
    return Span(tenant_partition(tenant), first, f"{own}~")


def connection(tenant: TenantId, connection: str) -> Key:
    """A connection to another system."""
    return Key(tenant_partition(tenant), f"CONN#{_connection(connection)}")


def connections(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "CONN#", "CONN#~")


def connection_seen(tenant: TenantId, connection: str) -> Key:
    """What a connection saw that is for people."""
    return Key(tenant_partition(tenant), f"CONNSEEN#{_connection(connection)}")


def _connection(connection: str) -> str:
    if not _SOURCE.match(connection):
        raise ValueError("not the id of a connection")
    return connection


def client_alias(tenant: TenantId, client: RecordId, source: str, digest: str) -> Key:
    """What lists an alias among those of its client; it holds nothing but its key."""
    return Key(tenant_partition(tenant), f"CALIAS#{_checked(client, RecordId)}#{_alias(source, digest)}")


def client_aliases(tenant: TenantId, client: RecordId) -> Span:
    own = f"CALIAS#{_checked(client, RecordId)}#"
    return Span(tenant_partition(tenant), own, f"{own}~")


def listed_alias(tenant: TenantId, sk: str) -> Key:
    """The alias that an item of a client's list names."""
    _, _, source, digest = sk.split("#")
    return alias(tenant, source, digest)


def _alias(source: str, digest: str) -> str:
    if not _SOURCE.match(source) or not _ALIAS_DIGEST.match(digest):
        raise ValueError("not an alias")
    return f"{source}#{digest}"


def import_map(tenant: TenantId, name: str) -> Key:
    """A map of imports that a tenant keeps under a name."""
    if not _MAP_NAME.match(name):
        raise ValueError("not the name of a map")
    return Key(tenant_partition(tenant), f"MAP#{name}")


def import_maps(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "MAP#", "MAP#~")


def is_import_id(text: str) -> bool:
    """Whether a text has the form of an import's id: 16 hexadecimal digits."""
    return _IMPORT_ID.match(text) is not None


def import_item(tenant: TenantId, import_id: str) -> Key:
    """An import, and how far it came."""
    if not is_import_id(import_id):
        raise ValueError("not the id of an import")
    return Key(tenant_partition(tenant), f"IMPORT#{import_id}")


def import_items(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "IMPORT#", "IMPORT#~")


def alert_lists(tenant: TenantId) -> Key:
    """Down to which alert the lists of resolved ones and of clients are whole."""
    return Key(tenant_partition(tenant), "LISTED")


def listed_id(sk: str) -> str:
    """The alert that an item of a list names."""
    return sk.rsplit("#", 1)[1]


def is_of_alert_after(name: str, instant: Instant) -> bool:
    """Whether an alert's id, or a name that ends in one, is of an alert that was raised later than an instant."""
    alert_id = name.rsplit("#", 1)[-1]
    return is_alert_id(alert_id) and alert_id > f"{format_instant_compact(instant)}~"


def task(tenant: TenantId, alert_id: str) -> Key:
    """The follow-up task of an alert; its id is the alert's."""
    return Key(tenant_partition(tenant), f"TASK#{_alert_id(alert_id)}")


def tasks(tenant: TenantId, before: str | None = None) -> Span:
    """All tasks, or those whose id is smaller."""
    return Span(tenant_partition(tenant), "TASK#", f"TASK#{_before(before)}")


def open_task(tenant: TenantId, client: RecordId) -> Key:
    """A client's one open task."""
    return Key(tenant_partition(tenant), f"OPENTASK#{_checked(client, RecordId)}")


def open_tasks(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "OPENTASK#", "OPENTASK#~")


def subscription(tenant: TenantId, manager: RecordId | None, subscription_id: str) -> Key:
    """A subscription of an account manager, or (None) of the fallback addresses."""
    if not _SUBSCRIPTION_ID.match(subscription_id):
        raise ValueError("not the id of a subscription")
    return Key(tenant_partition(tenant), f"SUB#{_owner(manager)}#{subscription_id}")


def tenant_subscriptions(tenant: TenantId) -> Span:
    """Those of all account managers and the fallback addresses."""
    return Span(tenant_partition(tenant), "SUB#", "SUB#~")


def subscriber_of(sk: str) -> RecordId | None:
    """The account manager of a subscription's sort key; None for the fallback addresses."""
    owner = sk.split("#")[1]
    return None if owner == "*" else RecordId(owner)


def _owner(manager: RecordId | None) -> str:
    return "*" if manager is None else _checked(manager, RecordId)


def _before(alert_id: str | None) -> str:
    """The end of a span of ids: all, or those that are smaller."""
    return "~" if alert_id is None else _below(_alert_id(alert_id))


def _below(name: str) -> str:
    """What all smaller names of the same characters lie below."""
    return name[:-1] + chr(ord(name[-1]) - 1) + "~"


def _alert_id(alert_id: str) -> str:
    if not is_alert_id(alert_id):
        raise ValueError("not the id of an alert")
    return alert_id


def directory_partition(tenant: TenantId) -> str:
    """The partition of the directory of ticket ids."""
    return f"{tenant_prefix(tenant)}IDS"


def directory_state(tenant: TenantId) -> Key:
    """Which roster pages were stored before there was a directory, and are not in it yet."""
    return Key(directory_partition(tenant), "STATE")


def leaf(tenant: TenantId, first: str) -> Key:
    """The leaf of the directory that begins with a key (empty: that of the first ids)."""
    if not _LEAF.match(first):
        raise ValueError("not a key of the directory")
    return Key(directory_partition(tenant), f"L#{first}")


def leaves(tenant: TenantId, first: str, last: str = "~~") -> Span:
    """The leaves that begin with a key or after it, up to another key."""
    return Span(directory_partition(tenant), leaf(tenant, first).sk, f"L#{last}")


def leaves_to(tenant: TenantId, key: str) -> Span:
    """The leaves that begin with a key or before it: of ids, or of hashes."""
    hashed = key.startswith("~")
    return Span(directory_partition(tenant), "L#~" if hashed else "L#", leaf(tenant, key).sk)


def first_of_leaf(sk: str) -> str:
    return sk.removeprefix("L#")


def recent_id(tenant: TenantId, number: int) -> Key:
    """What the directory learned lately of hashed ids, by the version with which the item began (from 1)."""
    return Key(directory_partition(tenant), f"R#{number:010d}")


def recent_ids(tenant: TenantId) -> Span:
    """All that the directory learned lately, the oldest first."""
    return Span(directory_partition(tenant), "R#", "R#~")


def number_of_recent(sk: str) -> int:
    return int(id_of(sk))


def arrivals(tenant: TenantId, page: int, token: str) -> Key:
    """What one request brought to be settled with a page; the token is 16 hexadecimal digits."""
    return arrivals_named(tenant, f"J#{page:04d}#{token}")


def arrivals_named(tenant: TenantId, sk: str) -> Key:
    if not _ARRIVALS.match(sk):
        raise ValueError("not the name of arrivals")
    return Key(directory_partition(tenant), sk)


def all_arrivals(tenant: TenantId, page: int | None = None) -> Span:
    """What is to be settled: with a page, or (None) with any."""
    own = "J#" if page is None else f"J#{page:04d}#"
    return Span(directory_partition(tenant), own, f"{own}~")


def outbox_partition(tenant: TenantId) -> str:
    return f"{tenant_prefix(tenant)}OUTBOX"


def outbox_tenant(partition: str) -> TenantId | None:
    """The tenant whose outbox a partition key names; None for any other partition."""
    tenant = partition.removeprefix("T#").removesuffix("#OUTBOX")
    try:
        return TenantId(tenant) if partition == outbox_partition(TenantId(tenant)) else None
    except InvalidIdError:
        return None


def outbox(tenant: TenantId) -> Span:
    return Span(outbox_partition(tenant), " ", "~")


def outbox_entry(tenant: TenantId, entry_id: str) -> Key:
    """The entry of an alert, or (with the notice prefix) of a client of a settings notice."""
    prefix = NOTICE_PREFIX if entry_id.startswith(NOTICE_PREFIX) else ""
    return Key(outbox_partition(tenant), f"{prefix}{_alert_id(entry_id.removeprefix(prefix))}")


def outbox_item(tenant: TenantId, name: str) -> Key:
    """An item of the outbox by the sort key that was read of it."""
    return Key(outbox_partition(tenant), name)


def aside(tenant: TenantId, name: str) -> Key:
    """An item of the outbox that was put aside."""
    return Key(tenant_partition(tenant), f"ASIDE#{name}")


def all_aside(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "ASIDE#", "ASIDE#~")


def client_aside(tenant: TenantId, client: RecordId) -> Key:
    """A client that could not be computed."""
    return Key(tenant_partition(tenant), f"CLIENTASIDE#{_checked(client, RecordId)}")


def clients_aside(tenant: TenantId) -> Span:
    return Span(tenant_partition(tenant), "CLIENTASIDE#", "CLIENTASIDE#~")


def digest(tenant: TenantId, digest_id: str) -> Key:
    if not _DIGEST_ID.match(digest_id):
        raise ValueError("not the id of a digest")
    return Key(outbox_partition(tenant), f"{DIGEST_PREFIX}{digest_id}")


def release(tenant: TenantId, day: Day) -> Key:
    return Key(outbox_partition(tenant), f"{RELEASE_PREFIX}{format_day(day)}")


def _checked(value: str, kind: type[str]) -> str:
    if type(value) is not kind:
        raise TypeError(f"a key is built from a {kind.__name__}, not from {type(value).__name__}")
    return value
