"""Paths to a target: what to do about a client's score today."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.domain.errors import NotScoredError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import DEFAULT_PERIOD, Moment
from chalicelib.domain.plan.models import Rules
from chalicelib.domain.plan.path import Plan, default_target, path_to
from chalicelib.domain.settings import Model
from chalicelib.services.known_clients import seat_of

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore


class Planned(NamedTuple):
    """A path, the model that it is a path of, and the instant that it holds for."""

    model: Model
    as_of: Instant
    plan: Plan


class Plans:
    """Looks for paths: the reads of a client's facts, nothing stored."""

    def __init__(self, tenants: TenantStore, roster: Roster, clock: Clock) -> None:
        self._tenants, self._roster, self._clock = tenants, roster, clock

    def plan(self, tenant_id: TenantId, client: RecordId, model: Model | None, target: int | None) -> Planned:
        """The path of a client as of now, by a model (None: the primary one) to a score (None: Healthy).

        Raises NotFoundError for a client that this tenant does not have, NotScoredError for one that is not scored.
        """
        tenant = self._tenants.get(tenant_id)
        seat = seat_of(self._roster, tenant_id, client)
        facts = self._roster.client_facts(tenant_id, client, seat)
        scoring, hours = tenant.settings.scoring, tenant.settings.business_hours
        moment = Moment.at(self._clock(), tenant.zone, hours, periods=(DEFAULT_PERIOD,))
        if not facts.client.is_scored(moment.today):
            raise NotScoredError
        chosen = model or tenant.primary_model
        wanted = default_target(chosen, scoring) if target is None else target
        plan = path_to(wanted, chosen, facts, Rules(tenant.connected, scoring), moment, hours)
        return Planned(chosen, moment.as_of, plan)
