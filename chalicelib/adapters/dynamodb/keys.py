"""Every key of the table, built from checked ids only. No other module builds a key.

A tenant's partition keys are exactly `T#<tenant>` or start with `T#<tenant>#`: these are the two patterns that an IAM
LeadingKeys condition and the tripwire allow. Ids hold no `#`, so no id can reach into another's keys.
"""

import re
from typing import Final, NamedTuple
from zlib import crc32

from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.times import format_day, format_instant_compact, parse_day

REGISTRY_SHARDS: Final = 16
_API_KEY_ID = re.compile(r"[A-Z2-7]{16}\Z")
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


def page_partition(tenant: TenantId, page: int) -> str:
    return f"{tenant_prefix(tenant)}P#{page:04d}"


def registry_shard(tenant: TenantId) -> int:
    """The registry shard of a tenant, 0–15."""
    return crc32(_checked(tenant, TenantId).encode()) % REGISTRY_SHARDS


def registry(tenant: TenantId) -> Key:
    return Key(f"REGISTRY#{registry_shard(tenant):02d}", f"T#{_checked(tenant, TenantId)}")


def registry_span(shard: int, after: TenantId | None = None) -> Span:
    """A shard's tenants, or those that follow a tenant."""
    first = "T#" if after is None else f"T#{_checked(after, TenantId)}\x00"
    return Span(f"REGISTRY#{shard:02d}", first, "T#~")


def dispatch(as_of: int) -> Key:
    """The checkpoint of the nightly walk that one trigger started."""
    return Key(f"DISPATCH#{format_instant_compact(as_of)}", "STATE")


def settings(tenant: TenantId) -> Key:
    return Key(tenant_partition(tenant), "SETTINGS")


def settings_version(tenant: TenantId, version: int) -> Key:
    return Key(tenant_partition(tenant), f"SETTINGS#v{version:06d}")


def settings_versions(tenant: TenantId, newest: int = 999_999) -> Span:
    return Span(tenant_partition(tenant), "SETTINGS#v", f"SETTINGS#v{newest:06d}")


def version_of(sk: str) -> int:
    """The version of the settings that a sort key names."""
    return int(sk.rsplit("v", 1)[1])


def directory(tenant: TenantId, client: RecordId) -> Key:
    return Key(tenant_partition(tenant), f"CLIENT#{_checked(client, RecordId)}")


def client_record(tenant: TenantId, page: int, client: RecordId) -> Key:
    return Key(page_partition(tenant, page), f"C#{_checked(client, RecordId)}")


def ticket_block(tenant: TenantId, page: int, client: RecordId, quarter: str, part: int = 0) -> Key:
    """A client's tickets created in a quarter; parts above 0 exist once the quarter is split."""
    suffix = f".{part}" if part else ""
    return Key(page_partition(tenant, page), f"C#{_checked(client, RecordId)}#TICKETS#{quarter}{suffix}")


def facts_block(tenant: TenantId, page: int, client: RecordId) -> Key:
    return Key(page_partition(tenant, page), f"C#{_checked(client, RecordId)}#FACTS")


def client_items(tenant: TenantId, page: int, client: RecordId) -> Span:
    """All items of one client: BETWEEN, never a prefix, for `c1` is not `c10`."""
    own = f"C#{_checked(client, RecordId)}"
    return Span(page_partition(tenant, page), own, f"{own}#~")


def page_items(tenant: TenantId, page: int) -> Span:
    """All clients and facts of a page."""
    return Span(page_partition(tenant, page), "C#", "C#~")


def client_of(sk: str) -> str:
    """The client whose item a sort key of a page names."""
    return sk.split("#", 2)[1]


def id_of(sk: str) -> str:
    """The id that a sort key of two parts names."""
    return sk.split("#", 1)[1]


def is_ticket_block(sk: str) -> bool:
    return sk.split("#")[2:3] == ["TICKETS"]


def is_facts_block(sk: str) -> bool:
    return sk.split("#")[2:3] == ["FACTS"]


def day_of(sk: str) -> Day:
    """The date that a sort key ends in."""
    return parse_day(sk.rsplit("#", 1)[1])


def current(tenant: TenantId, page: int) -> Key:
    return Key(page_partition(tenant, page), "NOW")


def dirty(tenant: TenantId, page: int) -> Key:
    return Key(page_partition(tenant, page), "DIRTY")


def snapshot(tenant: TenantId, page: int, day: Day) -> Key:
    return Key(page_partition(tenant, page), f"SNAP#{format_day(day)}")


def snapshots(tenant: TenantId, page: int, first: Day, last: Day) -> Span:
    return Span(page_partition(tenant, page), f"SNAP#{format_day(first)}", f"SNAP#{format_day(last)}")


def calculation(tenant: TenantId, page: int, client: RecordId, as_of: int) -> Key:
    return Key(page_partition(tenant, page), f"H#{_checked(client, RecordId)}#{format_instant_compact(as_of)}")


def calculations(tenant: TenantId, page: int, client: RecordId, first: int, last: int) -> Span:
    """A client's calculations from an instant to another, both included."""
    own = f"H#{_checked(client, RecordId)}#"
    return Span(
        page_partition(tenant, page),
        own + format_instant_compact(first),
        own + format_instant_compact(last),
    )


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


def outbox_partition(tenant: TenantId) -> str:
    return f"{tenant_prefix(tenant)}OUTBOX"


def release(tenant: TenantId, day: Day) -> Key:
    return Key(outbox_partition(tenant), f"RELEASE#{format_day(day)}")


def _checked(value: str, kind: type[str]) -> str:
    if type(value) is not kind:
        raise TypeError(f"a key is built from a {kind.__name__}, not from {type(value).__name__}")
    return value
