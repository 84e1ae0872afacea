"""The "At-Risk Alert" workflow: a threshold alert opens one follow-up task and flags the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.domain.alerts import Alert
from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.roster import page_of
from chalicelib.domain.tasks import Task
from chalicelib.services.errors import TooBusyError
from chalicelib.services.refresh_requests import RefreshRequests

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.tasks import TaskStore
    from chalicelib.services.ports.tenants import TenantStore

DUE_IN_BUSINESS_DAYS: Final = 2
ATTEMPTS: Final = 10


class AtRiskWorkflow:
    """Applies the workflow to alerts; idempotent by the alert's id."""

    def __init__(self, tenants: TenantStore, roster: Roster, tasks: TaskStore, refreshes: RefreshRequests) -> None:
        self._tenants, self._roster, self._tasks, self._refreshes = tenants, roster, tasks, refreshes

    def apply(self, tenant_id: TenantId, alert: Alert) -> None:
        """Flags the client, then opens its task; nothing for other alerts, or while the workflow is off.

        The task is last: once it is there the alert was applied, and a repeat leaves the flag to people.
        """
        if not any(reason.rule == "threshold" for reason in alert.reasons):
            return
        tenant = self._tenants.get(tenant_id)
        if not tenant.settings.at_risk_workflow or self._tasks.applied(tenant_id, alert.id):
            return
        self._flag(tenant_id, alert)
        raised = local_day(alert.as_of, tenant.zone)
        due = business_days_after(raised, DUE_IN_BUSINESS_DAYS, tenant.settings.business_hours)
        title = f"Follow up with {alert.client_name}: score {alert.score}"
        task = Task(
            id=alert.id,
            client_id=alert.client_id,
            client_name=alert.client_name,
            account_manager_id=alert.account_manager_id,
            title=title,
            due_on=due,
        )
        self._tasks.open(tenant_id, task)

    def _flag(self, tenant: TenantId, alert: Alert) -> None:
        """Sets `at_risk_since`; only a person clears it."""
        client = RecordId(alert.client_id)
        for _ in range(ATTEMPTS):
            seats = self._roster.seats(tenant, [client])
            held = self._roster.clients(tenant, seats).get(client)
            if held is None or held.client.at_risk_since is not None:
                return
            flagged = held._replace(client=held.client._replace(at_risk_since=alert.as_of))
            refresh = self._refreshes.request(tenant)
            refresh.add({page_of(seats[client].number): {client: None}})
            if self._roster.put_client(tenant, seats[client], flagged):
                refresh.send()
                return
        raise TooBusyError(f"the record of {client} keeps changing")


def business_days_after(day: Day, count: int, hours: BusinessHours) -> Day:
    """The business day that is `count` business days after a day: by the business hours if they count, else Mon–Fri.

    Where a year holds too few (nothing but holidays), calendar days are counted.
    """
    found = [candidate for candidate in map(Day, range(day + 1, day + 366)) if hours.is_business_day(candidate)]
    return found[count - 1] if len(found) >= count else day + count
