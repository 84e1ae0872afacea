"""The lead's view: workload by account manager, incomplete records, and giving clients to somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.domain.data_quality import Told
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Client
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.settings import Model
from chalicelib.domain.workload import FlawCount, Workload, incomplete_records, workloads
from chalicelib.services.subscriptions import Subscriptions, reach_of
from chalicelib.tenancy import may_see

if TYPE_CHECKING:
    from chalicelib.services.clients import Clients
    from chalicelib.services.portfolios import Portfolios
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tasks import TaskStore


class TeamWorkload(NamedTuple):
    """Workloads by a model, with the account managers' names."""

    model: Model
    workloads: Sequence[Workload]
    names: dict[str, str]


class Workloads:
    """Reads the fleet for whoever leads it: four reads at any size for either view."""

    def __init__(
        self,
        portfolios: Portfolios,
        clients: Clients,
        managers: AccountManagerStore,
        tasks: TaskStore,
        subscriptions: Subscriptions,
        clock: Clock,
    ) -> None:
        self._portfolios, self._clients, self._managers = portfolios, clients, managers
        self._tasks, self._subscriptions, self._clock = tasks, subscriptions, clock

    def team(self, tenant_id: TenantId) -> TeamWorkload:
        """Everybody's workload by the primary model. Raises NotFoundError for an unknown tenant."""
        tenant, rows = self._portfolios.rows(tenant_id)
        names = {manager.id: manager.name for manager in self._managers.list(tenant_id) if may_see(manager.id)}
        today, model = local_day(self._clock(), tenant.zone), tenant.primary_model
        found = workloads(rows, self._tasks.open_tasks(tenant_id), names, model, today)
        return TeamWorkload(model, [each for each in found if may_see(each.manager)], names)

    def incomplete(self, tenant_id: TenantId) -> list[FlawCount]:
        """What client records lack. Raises NotFoundError for an unknown tenant."""
        _, rows = self._portfolios.rows(tenant_id)
        known = {manager.id for manager in self._managers.list(tenant_id)}
        reach = reach_of(self._subscriptions.stored(tenant_id))

        def told(client: Client) -> Told:
            manager = client.account_manager_id
            return Told(manager is None or manager in known, reach.told(manager) is not None, reach.reaches(None))

        return incomplete_records(rows, told)

    def assign(self, tenant: TenantId, clients: Sequence[RecordId], manager: RecordId | None) -> list[RecordId]:
        """Gives clients to an account manager (None: to nobody), one after the other; those that are not known.

        Repeating it is safe: a crash leaves the ones that come later. Raises NotFoundError for an account manager
        that there is not, or not for the caller.
        """
        if manager is not None and not (may_see(manager) and self._managers.get(tenant, [manager])):
            raise NotFoundError(f"There is no account manager {manager}.")
        unknown = []
        for client in clients:
            try:
                self._clients.assign(tenant, client, manager)
            except NotFoundError:
                unknown.append(client)
        return unknown
