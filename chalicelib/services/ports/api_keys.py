"""Keys of connectors."""

from typing import Protocol

from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import TenantId


class ApiKeyStore(Protocol):
    def put(self, key: ApiKey, digest: str) -> None:
        """Stores a new key with the digest of its secret."""

    def get(self, key_id: str) -> tuple[ApiKey, str] | None:
        """A key of any tenant with the digest of its secret; None also for what is no key id."""

    def list(self, tenant: TenantId) -> list[ApiKey]: ...

    def delete(self, tenant: TenantId, key_id: str) -> bool:
        """Takes a tenant's key away; False when the tenant has no such key."""

    def note_use(self, key: ApiKey, day: Day) -> None:
        """Notes the last day of use where keys are looked up; nothing for a key that is gone."""

    def list_use(self, key: ApiKey, day: Day) -> None:
        """Notes it in the tenant's listing; nothing for a key that is gone."""
