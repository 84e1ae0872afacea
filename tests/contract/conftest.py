"""Every suite here runs three times: on the fakes, on DynamoDB, and on a DynamoDB whose acknowledgements get lost.

The third sends every write twice and takes the second answer, as a client does that never saw the first: where a
store keeps its promise that writes are safe to repeat, nobody can tell the difference.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.adapters.dynamodb.account_managers import DynamoAccountManagerStore
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.aliases import DynamoAliasStore
from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore
from chalicelib.adapters.dynamodb.aside import DynamoAsideStore
from chalicelib.adapters.dynamodb.connections import DynamoConnectionStore, DynamoSyncMarks
from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory
from chalicelib.adapters.dynamodb.due import DynamoDueMarkStore
from chalicelib.adapters.dynamodb.erasure import DynamoErasureStore
from chalicelib.adapters.dynamodb.idempotency import DynamoIdempotencyStore
from chalicelib.adapters.dynamodb.imports import DynamoImportMapStore, DynamoImportStore
from chalicelib.adapters.dynamodb.journal import DynamoJournalStore
from chalicelib.adapters.dynamodb.refresh_marks import DynamoRefreshMarkStore
from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.runs import DynamoRunStore
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.subscriptions import DynamoSubscriptionStore
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore
from chalicelib.adapters.dynamodb.tenants import DynamoTenantStore
from chalicelib.services.ports.account_managers import AccountManagerStore
from chalicelib.services.ports.alerts import AlertStore
from chalicelib.services.ports.aliases import AliasStore
from chalicelib.services.ports.api_keys import ApiKeyStore
from chalicelib.services.ports.clients import Roster
from chalicelib.services.ports.connections import ConnectionStore, SyncMarks
from chalicelib.services.ports.directory import TicketDirectory
from chalicelib.services.ports.erasure import ErasureStore
from chalicelib.services.ports.imports import ImportMapStore, ImportStore
from chalicelib.services.ports.journal import IdempotencyStore, JournalStore
from chalicelib.services.ports.notifications import SubscriptionStore
from chalicelib.services.ports.refresh import AsideStore, DueMarkStore, RefreshMarkStore
from chalicelib.services.ports.runs import RunStore
from chalicelib.services.ports.scores import ScoreStore
from chalicelib.services.ports.tasks import TaskStore
from chalicelib.services.ports.tenants import TenantStore
from infra.table import create_table
from tests.fakes.connections import FakeConnectionStore, FakeSyncMarks
from tests.fakes.erasure import FakeErasureStore
from tests.fakes.imports import FakeImportMapStore, FakeImportStore
from tests.fakes.stores import (
    FakeAccountManagerStore,
    FakeAlertStore,
    FakeAliasStore,
    FakeApiKeyStore,
    FakeAsideStore,
    FakeDueMarkStore,
    FakeIdempotencyStore,
    FakeJournalStore,
    FakeRefreshMarkStore,
    FakeRoster,
    FakeRunStore,
    FakeScoreStore,
    FakeSubscriptionStore,
    FakeTaskStore,
    FakeTenantStore,
    FakeTicketDirectory,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "eu-central-1"
WRITES = frozenset({"put_item", "update_item", "delete_item"})
"""Not `transact_write_items`: its token makes DynamoDB itself answer a repeated transaction as it did the first."""

_table_names = map("contract-{}".format, count())


class Stores(NamedTuple):
    """One implementation of each port; mypy proves here that fakes and adapters fit."""

    tenants: TenantStore
    roster: Roster
    scores: ScoreStore
    runs: RunStore
    refresh_marks: RefreshMarkStore
    due: DueMarkStore
    managers: AccountManagerStore
    requests: IdempotencyStore
    api_keys: ApiKeyStore
    alerts: AlertStore
    tasks: TaskStore
    subscriptions: SubscriptionStore
    directory: TicketDirectory
    aside: AsideStore
    aliases: AliasStore
    journals: JournalStore
    erasure: ErasureStore
    import_maps: ImportMapStore
    import_store: ImportStore
    connections: ConnectionStore
    sync_marks: SyncMarks


def fake_stores() -> Stores:
    alerts = FakeAlertStore()
    roster, scores, runs, tasks = FakeRoster(), FakeScoreStore(alerts), FakeRunStore(), FakeTaskStore()
    directory, aside, aliases, journals = FakeTicketDirectory(), FakeAsideStore(), FakeAliasStore(), FakeJournalStore()
    requests = FakeIdempotencyStore()
    return Stores(
        FakeTenantStore(),
        roster,
        scores,
        runs,
        FakeRefreshMarkStore(),
        FakeDueMarkStore(),
        FakeAccountManagerStore(),
        requests,
        FakeApiKeyStore(),
        alerts,
        tasks,
        FakeSubscriptionStore(),
        directory,
        aside,
        aliases,
        journals,
        FakeErasureStore(roster, scores, runs, alerts, tasks, directory, aside, aliases, journals, requests),
        FakeImportMapStore(),
        FakeImportStore(),
        FakeConnectionStore(),
        FakeSyncMarks(),
    )


def dynamo_stores(table: Table) -> Stores:
    return Stores(
        DynamoTenantStore(table, lambda: table),
        DynamoRoster(table),
        DynamoScoreStore(table),
        DynamoRunStore(table),
        DynamoRefreshMarkStore(table),
        DynamoDueMarkStore(lambda: table),
        DynamoAccountManagerStore(table),
        DynamoIdempotencyStore(table),
        DynamoApiKeyStore(table, lambda: table),
        DynamoAlertStore(table),
        DynamoTaskStore(table),
        DynamoSubscriptionStore(table),
        DynamoTicketDirectory(table),
        DynamoAsideStore(table),
        DynamoAliasStore(table),
        DynamoJournalStore(table),
        DynamoErasureStore(table),
        DynamoImportMapStore(table),
        DynamoImportStore(table),
        DynamoConnectionStore(table),
        DynamoSyncMarks(lambda: table),
    )


class ForgetfulClient:
    """A client that never sees the first acknowledgement of a write."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Any] = getattr(self._client, name)
        if name not in WRITES:
            return call

        def twice(**request: Any) -> Any:
            with suppress(ClientError):
                call(**request)
            return call(**request)

        return twice


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture(scope="module")
def dynamodb(aws: None) -> "DynamoDBClient":
    return boto3.client("dynamodb", region_name=REGION)


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> Table:
    """An empty table with the key schema of infra/resources.yaml."""
    name = next(_table_names)
    create_table(dynamodb, name)
    return Table(dynamodb, name)


@pytest.fixture
def forgetful_table(table: Table, dynamodb: "DynamoDBClient") -> Table:
    return Table(cast("DynamoDBClient", ForgetfulClient(dynamodb)), table.name)


@pytest.fixture(params=["fakes", "dynamodb", "lost acknowledgements"])
def stores(request: pytest.FixtureRequest) -> Stores:
    match request.param:
        case "dynamodb":
            return dynamo_stores(request.getfixturevalue("table"))
        case "lost acknowledgements":
            return dynamo_stores(request.getfixturevalue("forgetful_table"))
    return fake_stores()


@pytest.fixture
def tenants(stores: Stores) -> TenantStore:
    return stores.tenants


@pytest.fixture
def roster(stores: Stores) -> Roster:
    return stores.roster


@pytest.fixture
def connections(stores: Stores) -> ConnectionStore:
    return stores.connections


@pytest.fixture
def sync_marks(stores: Stores) -> SyncMarks:
    return stores.sync_marks


@pytest.fixture
def scores(stores: Stores) -> ScoreStore:
    return stores.scores


@pytest.fixture
def runs(stores: Stores) -> RunStore:
    return stores.runs


@pytest.fixture
def refresh_marks(stores: Stores) -> RefreshMarkStore:
    return stores.refresh_marks


@pytest.fixture
def due(stores: Stores) -> DueMarkStore:
    return stores.due


@pytest.fixture
def managers(stores: Stores) -> AccountManagerStore:
    return stores.managers


@pytest.fixture
def requests(stores: Stores) -> IdempotencyStore:
    return stores.requests


@pytest.fixture
def api_keys(stores: Stores) -> ApiKeyStore:
    return stores.api_keys


@pytest.fixture
def alerts(stores: Stores) -> AlertStore:
    return stores.alerts


@pytest.fixture
def aside(stores: Stores) -> AsideStore:
    return stores.aside


@pytest.fixture
def tasks(stores: Stores) -> TaskStore:
    return stores.tasks


@pytest.fixture
def subscriptions(stores: Stores) -> SubscriptionStore:
    return stores.subscriptions


@pytest.fixture
def aliases(stores: Stores) -> AliasStore:
    return stores.aliases


@pytest.fixture
def directory(stores: Stores) -> TicketDirectory:
    return stores.directory


@pytest.fixture
def journals(stores: Stores) -> JournalStore:
    return stores.journals


@pytest.fixture
def import_maps(stores: Stores) -> ImportMapStore:
    return stores.import_maps


@pytest.fixture
def import_store(stores: Stores) -> ImportStore:
    return stores.import_store
