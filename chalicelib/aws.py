"""The adapters on AWS, each made when it is first used: a function loads, and makes clients for, only what it uses."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from chalicelib.adapters.dynamodb.table import Table
    from chalicelib.config import Config
    from chalicelib.domain.outbound import Send
    from chalicelib.services.ports.access import Cursors, Tokens
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.aliases import AliasStore
    from chalicelib.services.ports.api_keys import ApiKeyStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.connections import ConnectionStore, Sealer, SyncMarks, SyncQueue
    from chalicelib.services.ports.directory import TicketDirectory
    from chalicelib.services.ports.imports import ImportFiles, ImportMapStore, ImportQueue, ImportStore
    from chalicelib.services.ports.journal import IdempotencyStore, JournalStore
    from chalicelib.services.ports.notifications import Notifier, SubscriptionStore
    from chalicelib.services.ports.process import Together
    from chalicelib.services.ports.refresh import AsideStore, DueMarkStore, RefreshMarkStore, ScoringQueue
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tasks import TaskStore
    from chalicelib.services.ports.tenants import TenantStore

CONNECT_SECONDS: Final = 1
READ_SECONDS: Final = 3
ATTEMPTS: Final = 3
CONNECTIONS: Final = 16
"""That a client keeps: so many calls can wait for AWS side by side."""
SIGNING_KEY_ATTEMPTS: Final = 6
"""Every process reads the signing key once, and the Parameter Store takes 40 reads a second of the whole account: when
hundreds of processes start at once, the last of them wait a few seconds instead of failing their first list."""


def client_config(attempts: int = ATTEMPTS) -> Any:
    """Short timeouts and few retries: the queue is the only outer retry."""
    from botocore.config import Config as BotocoreConfig

    return BotocoreConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=CONNECTIONS,
    )


def aws_client(service: str, attempts: int = ATTEMPTS, config: Any = None) -> Any:
    """A client with the function's own rights."""
    import boto3

    make: Any = boto3.client  # its overloads want the service as a literal
    return make(service, config=config or client_config(attempts))


class AwsAdapters:
    """`Adapters` as a deployment has them. Any of them can be replaced by another of its port."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def shared_table(self) -> Table:
        """The table with the function's own rights; where it works for one tenant at a time, to what none owns."""
        return self._watched(aws_client("dynamodb"))

    @cached_property
    def table(self) -> Table:
        """The table with the rights of the bound tenant, where the function has a role for that; else with its own."""
        if self._config.tenant_role_arn is None:
            return self.shared_table
        return self._watched(self._tenant_client("dynamodb"))

    def _tenant_client(self, service: str, config: Any = None) -> Any:
        """A client with the rights of the bound tenant, where the function has a role for that; else with its own."""
        role = self._config.tenant_role_arn
        if role is None:
            return aws_client(service, config=config)
        from chalicelib.adapters.tenant_session import tenant_client

        return tenant_client(service, role, aws_client("sts"), config or client_config())

    def _watched(self, client: Any) -> Table:
        """The table by a client whose requests are all held to the bound tenant."""
        from chalicelib.adapters.dynamodb import tripwire
        from chalicelib.adapters.dynamodb.table import Table

        tripwire.watch(client)
        return Table(client, self._config.table_name)

    # ---- the table ----

    @cached_property
    def tenants(self) -> TenantStore:
        from chalicelib.adapters.dynamodb.tenants import DynamoTenantStore

        return DynamoTenantStore(self.table, lambda: self.shared_table)

    @cached_property
    def roster(self) -> Roster:
        from chalicelib.adapters.dynamodb.roster import DynamoRoster

        return DynamoRoster(self.table)

    @cached_property
    def directory(self) -> TicketDirectory:
        from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory

        return DynamoTicketDirectory(self.table, self.together)

    @cached_property
    def scores(self) -> ScoreStore:
        from chalicelib.adapters.dynamodb.scores import DynamoScoreStore

        return DynamoScoreStore(self.table)

    @cached_property
    def runs(self) -> RunStore:
        from chalicelib.adapters.dynamodb.runs import DynamoRunStore

        return DynamoRunStore(self.table)

    @cached_property
    def refresh_marks(self) -> RefreshMarkStore:
        from chalicelib.adapters.dynamodb.refresh_marks import DynamoRefreshMarkStore

        return DynamoRefreshMarkStore(self.table)

    @cached_property
    def due(self) -> DueMarkStore:
        from chalicelib.adapters.dynamodb.due import DynamoDueMarkStore

        return DynamoDueMarkStore(lambda: self.shared_table)

    @cached_property
    def alerts(self) -> AlertStore:
        from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore

        return DynamoAlertStore(self.table)

    @cached_property
    def tasks(self) -> TaskStore:
        from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore

        return DynamoTaskStore(self.table)

    @cached_property
    def subscriptions(self) -> SubscriptionStore:
        from chalicelib.adapters.dynamodb.subscriptions import DynamoSubscriptionStore

        return DynamoSubscriptionStore(self.table)

    @cached_property
    def account_managers(self) -> AccountManagerStore:
        from chalicelib.adapters.dynamodb.account_managers import DynamoAccountManagerStore

        return DynamoAccountManagerStore(self.table)

    @cached_property
    def aliases(self) -> AliasStore:
        from chalicelib.adapters.dynamodb.aliases import DynamoAliasStore

        return DynamoAliasStore(self.table)

    @cached_property
    def api_keys(self) -> ApiKeyStore:
        from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore

        return DynamoApiKeyStore(self.table, lambda: self.shared_table)

    @cached_property
    def journal(self) -> JournalStore:
        from chalicelib.adapters.dynamodb.journal import DynamoJournalStore

        return DynamoJournalStore(self.table)

    @cached_property
    def idempotency(self) -> IdempotencyStore:
        from chalicelib.adapters.dynamodb.idempotency import DynamoIdempotencyStore

        return DynamoIdempotencyStore(self.table)

    @cached_property
    def aside(self) -> AsideStore:
        from chalicelib.adapters.dynamodb.aside import DynamoAsideStore

        return DynamoAsideStore(self.table)

    @cached_property
    def import_maps(self) -> ImportMapStore:
        from chalicelib.adapters.dynamodb.imports import DynamoImportMapStore

        return DynamoImportMapStore(self.table)

    @cached_property
    def imports(self) -> ImportStore:
        from chalicelib.adapters.dynamodb.imports import DynamoImportStore

        return DynamoImportStore(self.table)

    @cached_property
    def connections(self) -> ConnectionStore:
        from chalicelib.adapters.dynamodb.connections import DynamoConnectionStore

        return DynamoConnectionStore(self.table)

    @cached_property
    def sync_marks(self) -> SyncMarks:
        from chalicelib.adapters.dynamodb.connections import DynamoSyncMarks

        return DynamoSyncMarks(lambda: self.shared_table)

    # ---- other services of AWS, and none ----

    @cached_property
    def import_files(self) -> ImportFiles:
        from chalicelib.adapters.s3 import S3ImportFiles, s3_config

        client = self._tenant_client("s3", client_config().merge(s3_config()))
        return S3ImportFiles(client, self._config.import_bucket)

    @cached_property
    def import_queue(self) -> ImportQueue:
        from chalicelib.adapters.import_queue import SqsImportQueue

        return SqsImportQueue(aws_client("sqs"), self._config.import_queue_url)

    @cached_property
    def sync_queue(self) -> SyncQueue:
        from chalicelib.adapters.sync_queue import SqsSyncQueue

        return SqsSyncQueue(aws_client("sqs"), self._config.sync_queue_url)

    @cached_property
    def sealer(self) -> Sealer:
        from chalicelib.adapters.sealing import KmsSealer

        return KmsSealer(self._tenant_client("kms"), self._config.secrets_key_id)

    @cached_property
    def outbound(self) -> Send:
        from chalicelib.adapters.outbound import Outbound

        return Outbound(local=self._config.calls_itself)

    @cached_property
    def queue(self) -> ScoringQueue:
        from chalicelib.adapters.sqs import SqsScoringQueue

        return SqsScoringQueue(aws_client("sqs"), self._config.scoring_queue_url)

    @cached_property
    def notifier(self) -> Notifier:
        from chalicelib.adapters.sns import SnsNotifier

        config = self._config
        return SnsNotifier(aws_client("sns"), config.topic_arn_prefix, config.undelivered_queue_arn)

    @cached_property
    def cursors(self) -> Cursors:
        from chalicelib.adapters.cursors import CursorSigner, signing_keys

        ssm = aws_client("ssm", SIGNING_KEY_ATTEMPTS)
        return CursorSigner(lambda: signing_keys(ssm, self._config.signing_key_parameter))

    @cached_property
    def tokens(self) -> Tokens:
        from chalicelib.adapters.tokens import TokenVerifier

        config = self._config
        return TokenVerifier(config.oidc_issuer, config.oidc_audience, config.oidc_jwks_url, config.oidc_token_use)

    @cached_property
    def together(self) -> Together:
        from chalicelib.adapters.threads import Threads

        return Threads(CONNECTIONS)
