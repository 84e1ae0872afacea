"""All ports together: what an application is built on.

Adapters and the tests' fakes implement the protocols of this package. Every write is safe to repeat: it is conditional,
or repeating it changes nothing. What passes through a port is the domain's; a port is imported for its type alone.
"""

from typing import Protocol

from chalicelib.services.ports.access import Cursors, Tokens
from chalicelib.services.ports.account_managers import AccountManagerStore
from chalicelib.services.ports.alerts import AlertStore
from chalicelib.services.ports.aliases import AliasStore
from chalicelib.services.ports.api_keys import ApiKeyStore
from chalicelib.services.ports.clients import Roster
from chalicelib.services.ports.directory import TicketDirectory
from chalicelib.services.ports.journal import IdempotencyStore, JournalStore
from chalicelib.services.ports.notifications import Notifier, SubscriptionStore
from chalicelib.services.ports.process import Together
from chalicelib.services.ports.refresh import AsideStore, DueMarkStore, RefreshMarkStore, ScoringQueue
from chalicelib.services.ports.runs import RunStore
from chalicelib.services.ports.scores import ScoreStore
from chalicelib.services.ports.tasks import TaskStore
from chalicelib.services.ports.tenants import TenantStore


class Adapters(Protocol):
    """All that the services need of the outside world."""

    @property
    def tenants(self) -> TenantStore: ...
    @property
    def roster(self) -> Roster: ...
    @property
    def directory(self) -> TicketDirectory: ...
    @property
    def scores(self) -> ScoreStore: ...
    @property
    def runs(self) -> RunStore: ...
    @property
    def refresh_marks(self) -> RefreshMarkStore: ...
    @property
    def due(self) -> DueMarkStore: ...
    @property
    def alerts(self) -> AlertStore: ...
    @property
    def tasks(self) -> TaskStore: ...
    @property
    def subscriptions(self) -> SubscriptionStore: ...
    @property
    def account_managers(self) -> AccountManagerStore: ...
    @property
    def aliases(self) -> AliasStore: ...
    @property
    def api_keys(self) -> ApiKeyStore: ...
    @property
    def journal(self) -> JournalStore: ...
    @property
    def idempotency(self) -> IdempotencyStore: ...
    @property
    def aside(self) -> AsideStore: ...
    @property
    def queue(self) -> ScoringQueue: ...
    @property
    def notifier(self) -> Notifier: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def together(self) -> Together: ...
