"""Tenants, their settings and the registry."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.settings import Settings
from chalicelib.domain.tenant import SettingsChange, Tenant


class TenantStore(Protocol):
    """Tenants, their settings and the registry."""

    def get(self, tenant: TenantId) -> Tenant:
        """Raises NotFoundError."""

    def create(self, tenant: Tenant, now: Instant, created_by: str) -> None:
        """Stores a tenant with the first version of its settings. Raises ConflictError when the id is taken."""

    def settings_version(self, tenant: TenantId, version: int) -> Settings:
        """Raises NotFoundError."""

    def put_settings(self, tenant: TenantId, settings: Settings, change: SettingsChange) -> bool:
        """Stores the next version of the settings; False when another version came first."""

    def settings_changes(self, tenant: TenantId, newest: int, limit: int) -> list[SettingsChange]:
        """Versions from `newest` downwards, at most `limit`."""

    def settings_change(self, tenant: TenantId, version: int) -> tuple[SettingsChange, Settings]:
        """One version, whole. Raises NotFoundError."""

    def settings_versions(self, tenant: TenantId, versions: Iterable[int]) -> dict[int, Settings]:
        """Several versions at once, those that exist."""

    def take_seats(self, tenant: TenantId, count: int) -> int | None:
        """Reserves seats permanently and returns the first; a crash after it leaves a hole, which is fine.

        None where so many are not left (`ids.MOST_PAGES`).
        """

    def see_sources(self, tenant: TenantId, sources: Iterable[str]) -> None:
        """Adds to the sources of which a record was ever stored; the set never shrinks."""

    def registered(self, shard: int, after: TenantId | None) -> Iterator[TenantId]:
        """The tenants of a registry shard in order, those after a tenant if one is named."""
