"""The composition root: the one place that makes AWS clients and wires adapters into services, each when first used."""

import gc
import os
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from chalicelib.config import Config
from chalicelib.tenancy import bound_to

if TYPE_CHECKING:
    from chalicelib.adapters.cursors import CursorSigner
    from chalicelib.adapters.tokens import TokenVerifier
    from chalicelib.domain.facts import Timestamp
    from chalicelib.domain.ids import TenantId
    from chalicelib.services import ports
    from chalicelib.services.alert_actions import AlertActions
    from chalicelib.services.alert_lists import AlertLists
    from chalicelib.services.aliases import Aliases
    from chalicelib.services.analytics import ClientHealthAnalytics
    from chalicelib.services.api_keys import ApiKeys
    from chalicelib.services.calculations import Calculations
    from chalicelib.services.cards import HealthCards
    from chalicelib.services.client_records import ClientRecordLists
    from chalicelib.services.clients import Clients
    from chalicelib.services.explanations import Explanations
    from chalicelib.services.histories import Histories
    from chalicelib.services.journal import Journal
    from chalicelib.services.nightly import NightlyScoring
    from chalicelib.services.page_scoring import PageScoring
    from chalicelib.services.plans import Plans
    from chalicelib.services.portfolios import Portfolios
    from chalicelib.services.previews import Previews
    from chalicelib.services.recalculation import Recalculation
    from chalicelib.services.record_ids import RecordIds
    from chalicelib.services.records import RecordIntake
    from chalicelib.services.refresh import Refresh
    from chalicelib.services.relay import Relay
    from chalicelib.services.settings import SettingsEditor
    from chalicelib.services.settling import Settling
    from chalicelib.services.subscriptions import Subscriptions
    from chalicelib.services.sweep import Sweep
    from chalicelib.services.tenant_registration import TenantRegistration

# Python looks for cycles every 700 allocations, and through everything ever more often. Modules, the SDK's models and
# decoded facts are hundreds of thousands of objects without one: it took a tenth of a cold start, a fifth of a night.
gc.set_threshold(50_000, 20, 20)

# Zones come from the pinned package (`domain.time_zones`). Told so by the environment, `zoneinfo` does not look for the
# machine's folders first, for which it would load how Python was built: hundreds of settings.
os.environ.setdefault("PYTHONTZPATH", "")

CONNECT_SECONDS: Final = 1
READ_SECONDS: Final = 3
ATTEMPTS: Final = 3
CONNECTIONS: Final = 16
"""That a client keeps: so many calls can wait for AWS side by side."""
SIGNING_KEY_ATTEMPTS: Final = 6
"""Every process reads the signing key once, and the Parameter Store takes 40 reads a second of the whole account: when
hundreds of processes start at once, the last of them wait a few seconds instead of failing their first list."""


def now() -> int:
    """The present, in whole seconds."""
    return int(time.time())


def precise_now() -> "Timestamp":
    """The present, to the microsecond."""
    from chalicelib.domain.times import timestamp

    return timestamp(*divmod(time.time_ns() // 1_000, 1_000_000))


class Application:
    """The services of one process. Adapters can be handed in to stand for the AWS ones."""

    def __init__(self, config: Config | None = None, **adapters: Any) -> None:
        self.config = config or Config()
        self.clock: ports.Clock = now
        self.__dict__.update(adapters)

    @cached_property
    def together(self) -> "ports.Together":
        from chalicelib.adapters.threads import Threads

        return Threads(CONNECTIONS)

    @cached_property
    def precise_clock(self) -> "ports.PreciseClock":
        """When records are received; a clock that is handed in stands for it, too."""
        return precise_now if self.clock is now else self.clock

    @cached_property
    def _shared(self) -> Any:
        """The table with the function's own rights; where it works for one tenant at a time, to what none owns."""
        return self._watched(aws_client("dynamodb"))

    @cached_property
    def _table(self) -> Any:
        """The table with the rights of the bound tenant, where the function has a role for that; else with its own."""
        if self.config.tenant_role_arn is None:
            return self._shared
        from chalicelib.adapters.tenant_session import tenant_client

        return self._watched(tenant_client("dynamodb", self.config.tenant_role_arn, aws_client("sts"), client_config()))

    def _watched(self, client: Any) -> Any:
        """The table by a client whose requests are all held to the bound tenant."""
        from chalicelib.adapters.dynamodb import tripwire
        from chalicelib.adapters.dynamodb.table import Table

        tripwire.watch(client)
        return Table(client, self.config.table_name)

    @cached_property
    def tenants(self) -> "ports.TenantStore":
        from chalicelib.adapters.dynamodb.tenants import DynamoTenantStore

        return DynamoTenantStore(self._table, lambda: self._shared)

    @cached_property
    def roster(self) -> "ports.Roster":
        from chalicelib.adapters.dynamodb.roster import DynamoRoster

        return DynamoRoster(self._table)

    @cached_property
    def directory(self) -> "ports.TicketDirectory":
        from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory

        return DynamoTicketDirectory(self._table)

    @cached_property
    def scores(self) -> "ports.ScoreStore":
        from chalicelib.adapters.dynamodb.scores import DynamoScoreStore

        return DynamoScoreStore(self._table)

    @cached_property
    def runs(self) -> "ports.RunStore":
        from chalicelib.adapters.dynamodb.runs import DynamoRunStore

        return DynamoRunStore(self._table)

    @cached_property
    def refresh_marks(self) -> "ports.RefreshMarkStore":
        from chalicelib.adapters.dynamodb.refresh_marks import DynamoRefreshMarkStore

        return DynamoRefreshMarkStore(self._table)

    @cached_property
    def due(self) -> "ports.DueMarkStore":
        from chalicelib.adapters.dynamodb.due import DynamoDueMarkStore

        return DynamoDueMarkStore(lambda: self._shared)

    @cached_property
    def aliases(self) -> "Aliases":
        from chalicelib.adapters.dynamodb.aliases import DynamoAliasStore
        from chalicelib.services.aliases import Aliases

        return Aliases(self.roster, DynamoAliasStore(self._table))

    @cached_property
    def account_managers(self) -> "ports.AccountManagerStore":
        from chalicelib.adapters.dynamodb.account_managers import DynamoAccountManagerStore

        return DynamoAccountManagerStore(self._table)

    @cached_property
    def idempotency(self) -> "ports.IdempotencyStore":
        from chalicelib.adapters.dynamodb.idempotency import DynamoIdempotencyStore

        return DynamoIdempotencyStore(self._table)

    @cached_property
    def journal_store(self) -> "ports.JournalStore":
        from chalicelib.adapters.dynamodb.journal import DynamoJournalStore

        return DynamoJournalStore(self._table)

    @cached_property
    def api_key_store(self) -> "ports.ApiKeyStore":
        from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore

        return DynamoApiKeyStore(self._table, lambda: self._shared)

    @cached_property
    def alerts(self) -> "ports.AlertStore":
        from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore

        return DynamoAlertStore(self._table)

    @cached_property
    def aside(self) -> "ports.AsideStore":
        from chalicelib.adapters.dynamodb.aside import DynamoAsideStore

        return DynamoAsideStore(self._table)

    @cached_property
    def _clients_aside(self) -> Any:
        from chalicelib.services.aside import ClientsAside

        return ClientsAside(self.aside)

    @cached_property
    def calculations(self) -> "Calculations":
        from chalicelib.services.calculations import Calculations

        return Calculations(self.tenants, self.scores, self.clock)

    @cached_property
    def queue(self) -> "ports.ScoringQueue":
        from chalicelib.adapters.sqs import SqsScoringQueue

        return SqsScoringQueue(aws_client("sqs"), self.config.scoring_queue_url)

    @cached_property
    def cursors(self) -> "CursorSigner":
        from chalicelib.adapters.cursors import CursorSigner, signing_keys

        ssm = aws_client("ssm", SIGNING_KEY_ATTEMPTS)
        return CursorSigner(lambda: signing_keys(ssm, self.config.signing_key_parameter))

    @cached_property
    def tokens(self) -> "TokenVerifier":
        from chalicelib.adapters.tokens import TokenVerifier

        config = self.config
        return TokenVerifier(config.oidc_issuer, config.oidc_audience, config.oidc_jwks_url, config.oidc_token_use)

    @cached_property
    def _run_completion(self) -> Any:
        from chalicelib.services.run_completion import RunCompletion

        return RunCompletion(self.tenants, self.scores, self.runs, self.alerts, self.clock)

    @cached_property
    def nightly_scoring(self) -> "NightlyScoring":
        from chalicelib.services.nightly import NightlyScoring

        return NightlyScoring(self.tenants, self.runs, self.due, self._run_completion, self.queue, self.clock, bound_to)

    @cached_property
    def page_scoring(self) -> "PageScoring":
        from chalicelib.services.page_scoring import PageScoring

        stores = self.tenants, self.roster, self.scores, self.runs
        return PageScoring(*stores, self._run_completion, self._clients_aside, self.clock)

    @cached_property
    def refresh(self) -> "Refresh":
        from chalicelib.services.refresh import Refresh

        stores = self.tenants, self.roster, self.scores, self.refresh_marks
        return Refresh(*stores, self.calculations, self.settling, self._clients_aside, self.clock)

    @cached_property
    def settling(self) -> "Settling":
        from chalicelib.services.settling import Settling

        return Settling(self.tenants, self.roster, self.directory, self._refreshes, self.clock, self.together)

    @cached_property
    def sweep(self) -> "Sweep":
        from chalicelib.services.sweep import Sweep

        return Sweep(
            self.tenants,
            self.runs,
            self.due,
            self._run_completion,
            self.refresh_marks,
            self.queue,
            self.relay,
            self.nightly_scoring,
            self.clock,
            bound_to,
        )

    @cached_property
    def record_intake(self) -> "RecordIntake":
        from chalicelib.services.records import RecordIntake

        return RecordIntake(
            self.tenants,
            self.roster,
            self.account_managers,
            self._refreshes,
            self.precise_clock,
            self.together,
            self.directory,
        )

    @cached_property
    def _refreshes(self) -> Any:
        from chalicelib.services.refresh_requests import RefreshRequests

        return RefreshRequests(self.refresh_marks, self.due, self.queue, self.clock, self.config.refresh_delay_seconds)

    @cached_property
    def clients(self) -> "Clients":
        from chalicelib.services.clients import Clients

        return Clients(self.tenants, self.roster, self.scores, self._refreshes, self.clock)

    @cached_property
    def client_records(self) -> "ClientRecordLists":
        from chalicelib.services.client_records import ClientRecordLists

        return ClientRecordLists(self.tenants, self.roster, self.clock)

    @cached_property
    def record_ids(self) -> "RecordIds":
        from chalicelib.services.record_ids import RecordIds

        return RecordIds(self.tenants, self.roster, self.account_managers)

    @cached_property
    def journal(self) -> "Journal":
        from chalicelib.services.journal import Journal

        return Journal(self.tenants, self.roster, self.record_intake, self.journal_store, self.idempotency, self.clock)

    @cached_property
    def cards(self) -> "HealthCards":
        from chalicelib.services.cards import HealthCards

        return HealthCards(
            self.tenants,
            self.roster,
            self.scores,
            self.runs,
            self.subscriptions,
            self.account_managers,
            self.clock,
        )

    @cached_property
    def histories(self) -> "Histories":
        from chalicelib.services.histories import Histories

        return Histories(self.roster, self.scores, self.clock)

    @cached_property
    def recalculation(self) -> "Recalculation":
        from chalicelib.services.recalculation import Recalculation

        return Recalculation(self.cards, self.calculations, self.due, self.clock)

    @cached_property
    def client_health(self) -> "ClientHealthAnalytics":
        from chalicelib.services.analytics import ClientHealthAnalytics

        return ClientHealthAnalytics(self.tenants, self.scores, self.runs, self.clock)

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from chalicelib.services.api_keys import ApiKeys

        return ApiKeys(self.api_key_store, self.clock, bound_to)

    @cached_property
    def settings_editor(self) -> "SettingsEditor":
        from chalicelib.services.settings import SettingsEditor

        return SettingsEditor(self.tenants, self._refreshes, self.clock)

    @cached_property
    def previews(self) -> "Previews":
        from chalicelib.services.previews import Previews

        return Previews(self.tenants, self.roster, self.scores)

    @cached_property
    def explanations(self) -> "Explanations":
        from chalicelib.services.explanations import Explanations

        return Explanations(self.tenants, self.roster, self.scores, self.clock)

    @cached_property
    def plans(self) -> "Plans":
        from chalicelib.services.plans import Plans

        return Plans(self.tenants, self.roster, self.clock)

    @cached_property
    def portfolios(self) -> "Portfolios":
        from chalicelib.services.portfolios import Portfolios

        return Portfolios(self.tenants, self.scores, self.runs, self.clock)

    @cached_property
    def tasks(self) -> "ports.TaskStore":
        from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore

        return DynamoTaskStore(self._table)

    @cached_property
    def subscription_store(self) -> "ports.SubscriptionStore":
        from chalicelib.adapters.dynamodb.subscriptions import DynamoSubscriptionStore

        return DynamoSubscriptionStore(self._table)

    @cached_property
    def notifier(self) -> "ports.Notifier":
        from chalicelib.adapters.sns import SnsNotifier

        return SnsNotifier(aws_client("sns"), self.config.topic_arn_prefix, self.config.undelivered_queue_arn)

    @cached_property
    def relay(self) -> "Relay":
        from chalicelib.services.notifications import Notifications
        from chalicelib.services.relay import Relay
        from chalicelib.services.workflow import AtRiskWorkflow

        workflow = AtRiskWorkflow(self.tenants, self.roster, self.tasks, self._refreshes)
        notifications = Notifications(self.config.dashboard_url)
        return Relay(self.alerts, self.due, self.notifier, notifications, workflow, self.subscriptions, self.clock)

    @staticmethod
    def outbox_tenant(partition: str) -> "TenantId | None":
        """The tenant whose outbox a record of the stream belongs to; None for any other record."""
        from chalicelib.adapters.dynamodb.keys import outbox_tenant

        return outbox_tenant(partition)

    @cached_property
    def alert_actions(self) -> "AlertActions":
        from chalicelib.services.alert_actions import AlertActions

        return AlertActions(self.alerts, self.tasks, self.roster, self.scores, self.clock)

    @cached_property
    def alert_lists(self) -> "AlertLists":
        from chalicelib.services.alert_lists import AlertLists

        return AlertLists(self.tenants, self.scores, self.alerts, self.tasks)

    @cached_property
    def subscriptions(self) -> "Subscriptions":
        from chalicelib.services.subscriptions import Subscriptions

        return Subscriptions(self.tenants, self.account_managers, self.subscription_store, self.notifier, self.clock)

    @cached_property
    def registration(self) -> "TenantRegistration":
        from chalicelib.services.tenant_registration import TenantRegistration

        return TenantRegistration(self.tenants, self.notifier, self.clock, bound_to)


def client_config(attempts: int = ATTEMPTS) -> Any:
    """Short timeouts and few retries: the queue is the only outer retry."""
    from botocore.config import Config as BotocoreConfig

    return BotocoreConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=CONNECTIONS,
    )


def aws_client(service: str, attempts: int = ATTEMPTS) -> Any:
    """A client with the function's own rights."""
    import boto3

    make: Any = boto3.client  # its overloads want the service as a literal
    return make(service, config=client_config(attempts))


@cache
def application() -> Application:
    """The application of this process."""
    return Application()
