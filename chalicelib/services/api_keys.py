"""Keys of connectors: made once, stored hashed, listed, revoked."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import day_of_instant
from chalicelib.services.ports import ApiKey, ApiKeyStore, BindTenant, Clock

PREFIX: Final = "hk_"
KEY_ID_BYTES: Final = 10
SECRET_BYTES: Final = 32


class ApiKeys:
    """Makes, lists, revokes and checks API keys."""

    def __init__(self, keys: ApiKeyStore, clock: Clock, bound_to: BindTenant) -> None:
        self._keys, self._clock, self._bound_to = keys, clock, bound_to

    def create(self, tenant: TenantId, name: str, permissions: Iterable[str]) -> tuple[ApiKey, str]:
        """A new key, and the credential that is shown this once."""
        key_id = base64.b32encode(secrets.token_bytes(KEY_ID_BYTES)).decode()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(key_id, tenant, name, tuple(sorted(permissions)), self._clock(), None)
        self._keys.put(key, _digest(secret))
        return key, f"{PREFIX}{key_id}_{secret}"

    def list(self, tenant: TenantId) -> list[ApiKey]:
        """A tenant's keys, newest first."""
        return sorted(self._keys.list(tenant), key=lambda key: (-key.created_at, key.id))

    def revoke(self, tenant: TenantId, key_id: str) -> None:
        """Takes a key away, within the authorizer's cache of 60 seconds. Raises NotFoundError."""
        if not self._keys.delete(tenant, key_id):
            raise NotFoundError(f"There is no API key {key_id}.")

    def check(self, credential: str) -> ApiKey | None:
        """The key of a credential; None for one that is not a key of ours, was revoked, or has a wrong secret."""
        key_id, _, secret = credential.removeprefix(PREFIX).partition("_")
        found = self._keys.get(key_id)
        if found is None:
            return None
        key, digest = found
        if not hmac.compare_digest(digest, _digest(secret)):
            return None
        return key

    def note_use(self, key: ApiKey) -> None:
        """Notes that a key is used today; nothing if that is noted already."""
        today = day_of_instant(self._clock())
        if key.last_used_on != today:
            self._keys.note_use(key, today)
            with self._bound_to(key.tenant):
                self._keys.list_use(key, today)


def _digest(secret: str) -> str:
    """A fast hash is enough: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
