"""Keys of connectors: made once, stored hashed, listed, revoked; and checked by the authorizer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.errors import ConflictError, Fault, InvalidError, NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.times import day_of_instant
from chalicelib.tenancy import may_see

if TYPE_CHECKING:
    from chalicelib.services.ports.api_keys import ApiKeyStore
    from chalicelib.services.ports.process import BindTenant, Clock
    from chalicelib.services.ports.tenants import TenantStore

PREFIX: Final = "hk_"
KEY_ID_BYTES: Final = 10
SECRET_BYTES: Final = 32
GENERATIONS: Final = 2
"""How often a key can be made by a key: each asks for one more look when it is checked."""
PLATFORM: Final = "tenants.admin"
"""The permission of the platform's own people."""
MOST_KEYS: Final = 500
"""Of a tenant: they are listed whole."""


class ApiKeys:
    """Makes, lists and revokes API keys."""

    def __init__(self, tenants: TenantStore, keys: ApiKeyStore, clock: Clock) -> None:
        self._tenants, self._keys, self._clock = tenants, keys, clock

    def create(
        self,
        tenant: TenantId,
        name: str,
        permissions: Sequence[str],
        *,
        grantable: Container[str],
        made_by: str | None = None,
        account_manager: RecordId | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key, and the credential that is shown this once; `made_by` is the key that asks for it.

        `grantable` are the permissions of who asks: a key can hold no others, and never the platform's own. It speaks
        for one account manager, always the same: where who asks has own clients alone, for no other one than they do.
        Raises InvalidError for a permission or an account manager that it cannot have, NotFoundError for an unknown
        tenant, ConflictError for a key that was made by one that a key made, and for one key too many.
        """
        faults = [
            Fault(f"/permissions/{place}", f"A key can hold only permissions that you hold, never {PLATFORM}.")
            for place, permission in enumerate(permissions)
            if permission not in grantable or permission == PLATFORM
        ]
        if account_manager is not None and not may_see(account_manager):
            faults.append(Fault("/account_manager_id", "A key can speak for no other account manager than you do."))
        if faults:
            raise InvalidError(faults)
        self._tenants.get(tenant)
        held = {key.id: key for key in self._keys.list(tenant)}
        if made_by is not None and (made_by not in held or len(set(_makers(held[made_by], held.get))) >= GENERATIONS):
            raise ConflictError("This key was made by a key that a key made: let a person make the next one.")
        if len(held) >= MOST_KEYS:
            raise ConflictError(f"There are {MOST_KEYS} API keys: revoke one that is not used any more.")
        return make_key(
            self._keys,
            tenant,
            name,
            permissions,
            now=self._clock(),
            made_by=made_by,
            account_manager=account_manager,
        )

    def list(self, tenant: TenantId) -> list[ApiKey]:
        """A tenant's keys, newest first."""
        return sorted(self._keys.list(tenant), key=lambda key: (-key.created_at, key.id))

    def revoke(self, tenant: TenantId, key_id: str) -> None:
        """Takes a key away and, before it, those that it made, within the authorizer's cache of 60 seconds.

        What a crash leaves of those works no more once the key is gone (`check`), nor does what it makes meanwhile.
        Raises NotFoundError.
        """
        held = {key.id: key for key in self._keys.list(tenant)}
        for made in [key.id for key in held.values() if key_id in _makers(key, held.get)]:
            self._keys.delete(tenant, made)
        if not self._keys.delete(tenant, key_id):
            raise NotFoundError(f"There is no API key {key_id}.")


def make_key(
    keys: ApiKeyStore,
    tenant: TenantId,
    name: str,
    permissions: Iterable[str],
    *,
    now: Instant,
    made_by: str | None = None,
    account_manager: RecordId | None = None,
) -> tuple[ApiKey, str]:
    """Stores a new key whatever it may do; the key and its credential. Whoever asks for one goes by `ApiKeys`."""
    key_id = base64.b32encode(secrets.token_bytes(KEY_ID_BYTES)).decode()
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        id=key_id,
        tenant=tenant,
        name=name,
        permissions=tuple(sorted(set(permissions))),
        created_at=now,
        last_used_on=None,
        made_by=made_by,
        account_manager_id=account_manager,
    )
    keys.put(key, _digest(secret))
    return key, f"{PREFIX}{key_id}_{secret}"


class ApiKeyCheck:
    """Checks credentials, and notes that they are used."""

    def __init__(self, keys: ApiKeyStore, clock: Clock, bound_to: BindTenant) -> None:
        self._keys, self._clock, self._bound_to = keys, clock, bound_to

    def _held(self, key_id: str) -> ApiKey | None:
        found = self._keys.get(key_id)
        return None if found is None else found[0]

    def check(self, credential: str) -> ApiKey | None:
        """The key of a credential; None for one that is not a key of ours, was revoked, or has a wrong secret."""
        key_id, _, secret = credential.removeprefix(PREFIX).partition("_")
        found = self._keys.get(key_id)
        if found is None:
            return None
        key, digest = found
        if not hmac.compare_digest(digest, _digest(secret)):
            return None
        if not all(self._held(maker) for maker in _makers(key, self._held)):
            return None  # it goes with the key that made it
        return key

    def note_use(self, key: ApiKey) -> None:
        """Notes that a key is used today; nothing if that is noted already."""
        today = day_of_instant(self._clock())
        if key.last_used_on != today:
            self._keys.note_use(key, today)
            with self._bound_to(key.tenant):
                self._keys.list_use(key, today)


def _makers(key: ApiKey, look_up: Callable[[str], ApiKey | None]) -> Iterator[str]:
    """The key that made a key, the one that made that, and so on, to one that is gone or that a person made."""
    maker = key.made_by
    for _ in range(GENERATIONS):
        if maker is None:
            return
        yield maker
        held = look_up(maker)
        maker = None if held is None else held.made_by


def _digest(secret: str) -> str:
    """A fast hash is enough: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
