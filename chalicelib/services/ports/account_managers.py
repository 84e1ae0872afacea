"""Account managers."""

from collections.abc import Iterable
from typing import Protocol

from chalicelib.domain.account_managers import AccountManager
from chalicelib.domain.ids import TenantId


class AccountManagerStore(Protocol):
    def get(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, AccountManager]: ...

    def list(self, tenant: TenantId) -> list[AccountManager]: ...

    def put(self, tenant: TenantId, manager: AccountManager) -> bool:
        """Stores an account manager unless a later change stands; False then."""
