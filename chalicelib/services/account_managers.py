"""Account managers: who gets the alerts of which clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.account_managers import AccountManager
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.portfolios import Portfolios
from chalicelib.services.subscriptions import Reach, Subscriptions, reach_of

if TYPE_CHECKING:
    from chalicelib.domain.subscriptions import Subscription
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.process import Clock


@dataclass(frozen=True, slots=True)
class AccountManagerOverview:
    """A tenant's account managers, the scored clients of each (None: without one), and whom messages reach."""

    managers: Sequence[AccountManager]
    clients: Mapping[str | None, int]
    subscriptions: Sequence[Subscription]
    reach: Reach


class AccountManagers:
    """Lists and replaces account managers."""

    def __init__(
        self, managers: AccountManagerStore, portfolios: Portfolios, subscriptions: Subscriptions, clock: Clock
    ) -> None:
        self._managers, self._portfolios = managers, portfolios
        self._subscriptions, self._clock = subscriptions, clock

    def overview(self, tenant: TenantId) -> AccountManagerOverview:
        """All account managers, in no order. Raises NotFoundError for an unknown tenant."""
        managers = self._managers.list(tenant)
        return self._overview(tenant, managers, self._clients(tenant))

    def replace(self, tenant: TenantId, manager_id: RecordId, name: str, email: str) -> AccountManagerOverview:
        """Creates or replaces an account manager; an overview of that one. Raises NotFoundError as `overview` does."""
        clients = self._clients(tenant)
        before = self._managers.get(tenant, [manager_id]).get(manager_id)
        # Later than what it replaces, also where that came with a time in the future.
        changed_at = max(self._clock(), before.updated_at if before is not None else 0)
        manager = AccountManager(manager_id, name, email, changed_at)
        self._managers.put(tenant, manager)
        return self._overview(tenant, [manager], clients)

    def _overview(
        self, tenant: TenantId, managers: Sequence[AccountManager], clients: Mapping[str | None, int]
    ) -> AccountManagerOverview:
        subscriptions = self._subscriptions.stored(tenant)
        return AccountManagerOverview(managers, clients, subscriptions, reach_of(subscriptions))

    def _clients(self, tenant: TenantId) -> Mapping[str | None, int]:
        _, rows = self._portfolios.rows(tenant)
        return Counter(row.client.account_manager_id for row in rows if row.evaluation is not None)
