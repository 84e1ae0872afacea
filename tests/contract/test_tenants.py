"""The contract of `ports.TenantStore`."""

from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import MOST_PAGES, TenantId
from chalicelib.domain.roster import SEATS_PER_PAGE
from chalicelib.domain.settings import ScoringSettings, Settings
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.services.ports.tenants import TenantStore
from tests.contract.examples import ACME, NOW, OTHER, TODAY

SHARDS = 16

SETTINGS = Settings(
    1,
    ScoringSettings(
        primary_model="weighted",
        ticket_open_until="resolved",
        weights=(1255, 2245, 1500, 1000, 1000, 1000, 1000, 500, 500),
        green_threshold=75,
        sources=("psa", "headcount"),
        fallback_emails=("desk@acme.example", "ops@acme.example"),
    ),
    BusinessHours(True, (((480, 1020),), ((1320, 360),), (), (), (), (), ()), frozenset({TODAY, TODAY + 34})),
    True,
)


@pytest.fixture
def acme(tenants: TenantStore) -> Tenant:
    tenant = Tenant(ACME, "Acme Ω", "Europe/Rome", "EUR", SETTINGS)
    tenants.create(tenant, NOW, "anna")
    return tenant


def shard_of(tenants: TenantStore, tenant: TenantId) -> int:
    (shard,) = [shard for shard in range(SHARDS) if tenant in tenants.registered(shard, None)]
    return shard


def test_an_unknown_tenant_is_not_found(tenants: TenantStore) -> None:
    with pytest.raises(NotFoundError):
        tenants.get(ACME)
    with pytest.raises(NotFoundError):
        tenants.settings_version(ACME, 1)


def test_a_tenant_is_read_back_whole(tenants: TenantStore, acme: Tenant) -> None:
    assert tenants.get(ACME) == acme
    assert tenants.settings_version(ACME, 1) == SETTINGS


def test_default_settings_are_read_back(tenants: TenantStore) -> None:
    tenants.create(Tenant(ACME, "Acme", "UTC", "USD"), NOW, "anna")
    assert tenants.get(ACME) == Tenant(ACME, "Acme", "UTC", "USD")


def test_versions_of_settings_that_do_not_exist_are_not_found(tenants: TenantStore, acme: Tenant) -> None:
    for tenant, version in ((ACME, 2), (ACME, 0), (OTHER, 1)):
        with pytest.raises(NotFoundError):
            tenants.settings_version(tenant, version)


# -------------------------------------------------------------------------------------------------- settings versions


def change(version: int, note: str | None = None, at: int = NOW) -> SettingsChange:
    found = {"pointer": "/health_score/green_threshold", "from": 75, "to": 70.5}
    return SettingsChange(version, Instant(at), "ben", note, (found,))


def numbered(version: int, green: int = 70) -> Settings:
    return Settings(version, ScoringSettings(green_threshold=green))


def test_the_first_version_tells_who_made_the_tenant(tenants: TenantStore, acme: Tenant) -> None:
    first, settings = tenants.settings_change(ACME, 1)
    assert settings == SETTINGS
    assert (first.version, first.changed_at, first.changed_by, first.changes) == (1, NOW, "anna", ())
    assert tenants.settings_changes(ACME, 999, 9) == [first]


def test_settings_go_from_version_to_version(tenants: TenantStore, acme: Tenant) -> None:
    tenants.take_seats(ACME, 3)
    tenants.see_sources(ACME, ["psa"])
    before = tenants.get(ACME)
    for version in (2, 3):
        assert tenants.put_settings(ACME, numbered(version, 60 + version), change(version, "Größe" * version))
        assert tenants.get(ACME) == replace(before, settings=numbered(version, 60 + version))
    assert tenants.settings_version(ACME, 1) == SETTINGS
    assert tenants.settings_change(ACME, 2) == (change(2, "GrößeGröße"), numbered(2, 62))
    assert tenants.settings_versions(ACME, [1, 3, 4]) == {1: SETTINGS, 3: numbered(3, 63)}
    assert tenants.settings_versions(ACME, []) == {}


def test_settings_are_stored_under_the_version_of_the_change(tenants: TenantStore, acme: Tenant) -> None:
    assert tenants.put_settings(ACME, numbered(1), change(2))
    assert tenants.get(ACME).settings == tenants.settings_version(ACME, 2) == numbered(2)


def test_putting_the_same_settings_again_is_the_lost_acknowledgement(tenants: TenantStore, acme: Tenant) -> None:
    for _ in range(2):
        assert tenants.put_settings(ACME, numbered(2), change(2))
    assert tenants.get(ACME).settings == numbered(2)


@pytest.mark.parametrize(
    "late", [(numbered(2, 65), change(2)), (numbered(2), change(2, "mine")), (numbered(2), change(2, at=NOW + 1))]
)
def test_of_two_editors_of_settings_one_wins(
    tenants: TenantStore, acme: Tenant, late: tuple[Settings, SettingsChange]
) -> None:
    assert tenants.put_settings(ACME, numbered(2), change(2))
    assert not tenants.put_settings(ACME, *late)
    assert tenants.get(ACME).settings == numbered(2)
    assert tenants.settings_change(ACME, 2) == (change(2), numbered(2))


@pytest.mark.parametrize("version", [1, 3, 9])
def test_settings_of_any_other_version_are_refused(tenants: TenantStore, acme: Tenant, version: int) -> None:
    assert not tenants.put_settings(ACME, numbered(version), change(version))
    assert tenants.get(ACME) == acme
    assert [held.version for held in tenants.settings_changes(ACME, 999, 9)] == [1]


def test_settings_make_no_tenant(tenants: TenantStore) -> None:
    assert not tenants.put_settings(ACME, numbered(2), change(2))
    assert tenants.settings_changes(ACME, 999, 9) == []
    with pytest.raises(NotFoundError):
        tenants.get(ACME)


def test_changes_come_newest_first(tenants: TenantStore, acme: Tenant) -> None:
    for version in range(2, 13):
        assert tenants.put_settings(ACME, numbered(version), change(version))

    def versions(newest: int, limit: int) -> list[int]:
        return [held.version for held in tenants.settings_changes(ACME, newest, limit)]

    assert versions(999, 99) == list(range(12, 0, -1))
    assert versions(999, 3) == [12, 11, 10]
    assert versions(9, 3) == [9, 8, 7]
    assert versions(2, 9) == [2, 1]
    assert versions(0, 9) == []
    assert tenants.settings_changes(OTHER, 999, 9) == []


# ------------------------------------------------------------------------------------------------------------ creation


def test_creating_the_same_tenant_again_is_the_lost_acknowledgement(tenants: TenantStore, acme: Tenant) -> None:
    tenants.create(acme, NOW + 1, "anna")
    assert tenants.get(ACME) == acme


@pytest.mark.parametrize(
    "change", [{"name": "Acme 2"}, {"time_zone": "UTC"}, {"currency": "USD"}, {"settings": Settings()}]
)
def test_another_tenant_of_the_same_id_is_refused(
    tenants: TenantStore, acme: Tenant, change: dict[str, object]
) -> None:
    with pytest.raises(ConflictError):
        tenants.create(replace(acme, **change), NOW, "anna")  # type: ignore[arg-type]
    assert tenants.get(ACME) == acme
    assert tenants.settings_version(ACME, 1) == SETTINGS


def test_a_tenant_in_use_is_never_created_again(tenants: TenantStore, acme: Tenant) -> None:
    tenants.take_seats(ACME, 1)
    with pytest.raises(ConflictError):
        tenants.create(acme, NOW, "anna")
    assert tenants.get(ACME).seats >= 1


# --------------------------------------------------------------------------------------------------- seats and sources


def test_seats_are_handed_out_once(tenants: TenantStore, acme: Tenant) -> None:
    taken: list[int] = []
    for count in (1, 64, 3):
        first = tenants.take_seats(ACME, count)
        assert first is not None
        taken += range(first, first + count)
    assert len(set(taken)) == 68
    assert min(taken) >= 0
    assert tenants.get(ACME).seats > max(taken)


def test_seats_end_where_a_run_could_not_name_their_pages(tenants: TenantStore, acme: Tenant) -> None:
    while tenants.take_seats(ACME, 100_000) is not None:
        assert tenants.get(ACME).pages <= MOST_PAGES
    held = tenants.get(ACME)
    assert held.pages > MOST_PAGES - 200_000 // SEATS_PER_PAGE
    assert tenants.take_seats(ACME, 100_000) is None
    assert tenants.get(ACME) == held
    assert tenants.take_seats(ACME, 1) is not None


def test_seats_belong_to_one_tenant(tenants: TenantStore, acme: Tenant) -> None:
    tenants.create(Tenant(OTHER, "Other", "UTC", "USD"), NOW, "anna")
    tenants.take_seats(ACME, 5)
    assert tenants.get(OTHER).seats == 0


def test_sources_once_seen_stay_seen(tenants: TenantStore, acme: Tenant) -> None:
    tenants.see_sources(ACME, ["psa"])
    tenants.see_sources(ACME, ["qbr", "psa"])
    tenants.see_sources(ACME, {"accounting"})
    assert tenants.get(ACME).sources_seen == {"psa", "qbr", "accounting"}


def test_neither_seats_nor_sources_make_a_tenant(tenants: TenantStore) -> None:
    with suppress(Exception):
        tenants.take_seats(ACME, 1)
    with suppress(Exception):
        tenants.see_sources(ACME, ["psa"])
    with pytest.raises(NotFoundError):
        tenants.get(ACME)
    tenants.create(Tenant(ACME, "Acme", "UTC", "USD"), NOW, "anna")
    assert tenants.get(ACME).seats == 0


# ------------------------------------------------------------------------------------------------------------ registry


def test_the_registry_lists_every_tenant_once(tenants: TenantStore) -> None:
    names = {TenantId(name) for name in ("ab", "ab-c", "ab0", "abc", "zz", "00", *(f"t-{n}" for n in range(30)))}
    for name in names:
        tenants.create(Tenant(name, "A tenant", "UTC", "USD"), NOW, "anna")
    shards = [list(tenants.registered(shard, None)) for shard in range(SHARDS)]
    assert sorted(name for shard in shards for name in shard) == sorted(names)
    assert all(type(name) is TenantId for shard in shards for name in shard)
    for number, shard in enumerate(shards):
        assert shard == sorted(shard)
        for place, name in enumerate(shard):
            assert list(tenants.registered(number, name)) == shard[place + 1 :]


def test_the_registry_goes_on_after_a_tenant_that_is_gone(tenants: TenantStore, acme: Tenant) -> None:
    shard = shard_of(tenants, ACME)
    assert list(tenants.registered(shard, TenantId("acm"))) == [ACME]
    assert list(tenants.registered(shard, TenantId("acme0"))) == []
