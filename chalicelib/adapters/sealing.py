"""Secrets of tenants, sealed by KMS for one owner of one tenant: the encryption context names both.

What is opened stays in the process for some minutes, so that a step of a connection does not ask again.
"""

import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.adapters.overload import ask
from chalicelib.domain.ids import TenantId

KEPT_SECONDS: Final = 300
MOST_KEPT: Final = 256


class KmsSealer:
    """`connections.ports.Sealer` on KMS."""

    def __init__(self, client: Any, key_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._key_id, self._clock = client, key_id, clock
        self._opened: dict[tuple[str, str, str], tuple[float, str]] = {}

    def seal(self, tenant: TenantId, owner: str, plain: str) -> str:
        """Raises OverloadedError."""
        sealed = ask(
            self._client.encrypt,
            KeyId=self._key_id,
            Plaintext=plain.encode(),
            EncryptionContext=_context(tenant, owner),
        )["CiphertextBlob"]
        return str(b64encode(sealed).decode())

    def opened(self, tenant: TenantId, owner: str, sealed: Mapping[str, str]) -> dict[str, str]:
        """Raises OverloadedError; ClientError for what was sealed for another, or under a key that is gone."""
        return {name: self._open(tenant, owner, text) for name, text in sealed.items()}

    def _open(self, tenant: TenantId, owner: str, text: str) -> str:
        now, place = self._clock(), (tenant, owner, text)
        self._opened = {key: held for key, held in self._opened.items() if held[0] > now}
        if place not in self._opened:
            plain = ask(
                self._client.decrypt,
                KeyId=self._key_id,
                CiphertextBlob=b64decode(text),
                EncryptionContext=_context(tenant, owner),
            )["Plaintext"]
            if len(self._opened) >= MOST_KEPT:
                self._opened.clear()
            self._opened[place] = now + KEPT_SECONDS, plain.decode()
        return self._opened[place][1]


def _context(tenant: TenantId, owner: str) -> dict[str, str]:
    return {"tenant": tenant, "owner": owner}
