"""Account managers: who gets the alerts of which clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.account_managers import AccountManager
from chalicelib.domain.errors import Fault, InvalidError, NotFoundError
from chalicelib.domain.ids import NO_MANAGER_ID, NO_MANAGER_IDS, RecordId, TenantId
from chalicelib.services.portfolios import Portfolios
from chalicelib.services.subscriptions import Reach, Subscriptions, reach_of
from chalicelib.tenancy import may_see, scope

if TYPE_CHECKING:
    from chalicelib.domain.subscriptions import Subscription
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.process import Clock


@dataclass(frozen=True, slots=True)
class AccountManagerOverview:
    """A tenant's account managers, the scored clients of each (None: without one), and whom messages reach.

    Of all of these those that the caller may see.
    """

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
        """All account managers that the caller may see, in no order. Raises NotFoundError for an unknown tenant."""
        own = scope()
        managers = self._managers.list(tenant) if own is None else list(self._managers.get(tenant, [own]).values())
        return self._overview(tenant, managers, self._clients(tenant))

    def one(self, tenant: TenantId, manager_id: RecordId) -> AccountManagerOverview:
        """An overview of one account manager. Raises NotFoundError for one that there is not, or not for the caller."""
        clients = self._clients(tenant)
        held = self._managers.get(tenant, [manager_id]).get(manager_id) if may_see(manager_id) else None
        if held is None:
            raise NotFoundError(f"There is no account manager {manager_id}.")
        return self._overview(tenant, [held], clients)

    def replace(self, tenant: TenantId, manager_id: RecordId, name: str, email: str) -> AccountManagerOverview:
        """Creates or replaces an account manager; an overview of that one.

        Raises InvalidError for what is no id of one, NotFoundError as `overview` does.
        """
        if manager_id in NO_MANAGER_IDS:
            raise InvalidError([Fault("", NO_MANAGER_ID)])
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
        shown = [each for each in subscriptions if scope() in (None, each.manager)]
        return AccountManagerOverview(managers, clients, shown, reach_of(subscriptions))

    def _clients(self, tenant: TenantId) -> Mapping[str | None, int]:
        _, rows = self._portfolios.rows(tenant)
        return Counter(row.client.account_manager_id for row in rows if row.evaluation is not None)
