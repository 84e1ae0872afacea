"""Layer three: a request with a key outside the bound tenant is refused before it leaves the process."""

from collections.abc import Iterator
from typing import Any, Final

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.dynamodb.tripwire import refuse_foreign, watch
from chalicelib.aws import AwsAdapters
from chalicelib.config import Config
from chalicelib.domain.ids import TenantId
from chalicelib.tenancy import OtherTenantError, bound_tenant, bound_to
from infra.table import create_table

ACME: Final = TenantId("acme")
ACME2: Final = TenantId("acme-2")


def key(pk: str, sk: str = "X") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def query(pk: str, condition: str = "pk = :pk AND sk BETWEEN :first AND :last") -> dict[str, Any]:
    return {"TableName": "t", "KeyConditionExpression": condition, "ExpressionAttributeValues": {":pk": {"S": pk}}}


def requests(pk: str) -> list[tuple[str, dict[str, Any]]]:
    """Every way that an item can be reached, the last of several keys included."""
    mine = key("T#acme")
    return [
        ("GetItem", {"Key": key(pk)}),
        ("UpdateItem", {"Key": key(pk)}),
        ("DeleteItem", {"Key": key(pk)}),
        ("PutItem", {"Item": key(pk)}),
        ("Query", query(pk)),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": [mine, key(pk)]}}}),
        *(
            ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": mine}}, {verb: {"Key": key(pk)}}]})
            for verb in ("Update", "Delete", "ConditionCheck")
        ),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": mine}}, {"Put": {"Item": key(pk)}}]}),
    ]


FOREIGN: Final = [
    *("T#rival", "T#rival#P#0000", "T#rival#OUTBOX", "T#acme-2", "T#acme-2#P#0000", "T#acmee", "T#acm", "T#", "T"),
    *("t#acme", "T#ACME", "T#acme ", " T#acme", "T#\u0430cme", "T#acme\u200b", "T#acm\u0435#P#0000", "", "acme"),
    *("APIKEY#AAAABBBBCCCC2222", "REGISTRY#00", "REGISTRY#15", "DISPATCH#20261122T020000Z", "APIKEY#", "OTHER#acme"),
]


@pytest.mark.parametrize("pk", ["T#acme", "T#acme#P#0000", "T#acme#OUTBOX", "T#acme#"])
def test_the_bound_tenants_keys_pass(pk: str) -> None:
    for operation, request in requests(pk):
        refuse_foreign(operation, request, ACME)


@pytest.mark.parametrize("pk", FOREIGN)
def test_any_other_key_is_refused(pk: str) -> None:
    for operation, request in requests(pk):
        with pytest.raises(OtherTenantError):
            refuse_foreign(operation, request, ACME)


@pytest.mark.parametrize("pk", ["T#acme", "T#acme#P#0000", "T#", "OTHER"])
def test_nobodys_work_reaches_no_tenant(pk: str) -> None:
    for operation, request in requests(pk):
        with pytest.raises(OtherTenantError):
            refuse_foreign(operation, request, None)


@pytest.mark.parametrize("place", [("REGISTRY#03", "T#rival"), ("DISPATCH#20261122T020000Z", "STATE")])
def test_nobodys_work_reaches_what_all_share(place: tuple[str, str]) -> None:
    refuse_foreign("GetItem", {"Key": key(*place)}, None)
    refuse_foreign("PutItem", {"Item": key(*place)}, None)


def test_a_tenants_work_writes_its_own_api_keys_and_registry_entry_alone() -> None:
    index = key("APIKEY#AAAABBBBCCCC2222", "KEY")
    refuse_foreign("PutItem", {"Item": {**index, "tenant": {"S": "acme"}}}, ACME)
    conditional = {"Key": index, "ConditionExpression": f"attribute_not_exists(pk) OR {keys.OWNED}"}
    refuse_foreign("DeleteItem", {**conditional, "ExpressionAttributeValues": {":tenant": {"S": "acme"}}}, ACME)
    refuse_foreign("PutItem", {"Item": key(*keys.registry(ACME))}, ACME)
    for operation, request in (
        ("PutItem", {"Item": {**index, "tenant": {"S": "rival"}}}),
        ("PutItem", {"Item": index}),
        ("DeleteItem", {**conditional, "ExpressionAttributeValues": {":tenant": {"S": "rival"}}}),
        ("DeleteItem", {"Key": index}),
        ("GetItem", {"Key": index}),
        ("PutItem", {"Item": key(keys.registry(ACME).pk, "T#rival")}),
        ("Query", query(keys.registry(ACME).pk)),
    ):
        with pytest.raises(OtherTenantError):
            refuse_foreign(operation, request, ACME)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("Scan", {"TableName": "t"}),
        ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": key("T#acme")}}]}}),
        ("ExecuteStatement", {"Statement": "SELECT * FROM t"}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"Key": key("T#acme")}}]}),
        ("Query", query("T#acme", "pk = :other AND sk BETWEEN :first AND :last")),
        ("Query", query("T#acme", "sk BETWEEN :first AND :last AND pk = :pk")),
    ],
)
def test_what_has_no_rule_is_refused(operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(OtherTenantError):
        refuse_foreign(operation, request_, ACME)


tenants = st.from_regex(r"[a-z0-9][a-z0-9-]{1,20}", fullmatch=True).map(TenantId)


@given(tenants, tenants, st.sampled_from(["", "#P#0000", "#OUTBOX"]))
def test_no_tenants_keys_are_anothers(one: TenantId, other: TenantId, rest: str) -> None:
    if one == other:
        return
    with pytest.raises(OtherTenantError):
        refuse_foreign("GetItem", {"Key": key(keys.tenant_partition(other) + rest)}, one)


# ---- on a client -----------------------------------------------------------------------------------------


class Sent:
    """Counts what leaves the process."""

    def __init__(self, client: Any) -> None:
        self.operations: list[str] = []
        client.meta.events.register_first("before-send.dynamodb", self)

    def __call__(self, event_name: str, **_: Any) -> None:
        self.operations.append(event_name.rpartition(".")[2])


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("dynamodb", region_name="eu-central-1")
        create_table(made, "t")
        yield made


def test_a_wrong_key_never_leaves_the_process(client: Any) -> None:
    watch(client)
    sent, table = Sent(client), Table(client, "t")
    wrong = keys.settings(TenantId("rival"))
    with bound_to(ACME):
        table.put(keys.settings(ACME), {"name": "Acme"})
        for reach in (
            lambda: table.get(wrong),
            lambda: table.put(wrong, {}),
            lambda: table.delete(wrong),
            lambda: table.update(wrong, "SET x = :x", x=1),
            lambda: table.batch_get([keys.settings(ACME), wrong]),
            lambda: list(table.query(keys.settings_versions(TenantId("rival")))),
        ):
            with pytest.raises(OtherTenantError):
                reach()
        assert table.get(keys.settings(ACME)) == {**keys.settings(ACME)._asdict(), "name": "Acme"}
    assert sent.operations == ["PutItem", "GetItem"]


def test_watching_twice_is_watching_once(client: Any) -> None:
    for _ in range(2):
        watch(client)
    with bound_to(ACME), pytest.raises(OtherTenantError):
        Table(client, "t").get(keys.settings(ACME2))


@pytest.mark.parametrize("role", [{}, {"TENANT_ROLE_ARN": "arn:aws:iam::123456789012:role/tenant"}])
def test_every_table_of_the_application_is_watched(client: Any, role: dict[str, str]) -> None:
    adapters = AwsAdapters(Config({"TABLE_NAME": "t", **role}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        for table in (adapters.table, adapters.shared_table):
            sent = Sent(table._client)
            with bound_to(ACME), pytest.raises(OtherTenantError):
                table.get(keys.settings(ACME2))
            assert sent.operations == []


# ---- binding ---------------------------------------------------------------------------------------------


def test_work_for_one_tenant_cannot_turn_to_another() -> None:
    with bound_to(ACME):
        with bound_to(ACME):
            assert bound_tenant() == ACME
        with pytest.raises(OtherTenantError), bound_to(ACME2):
            pass
        assert bound_tenant() == ACME
    assert bound_tenant() is None


def test_a_failure_unbinds() -> None:
    with pytest.raises(ValueError, match="gone"), bound_to(ACME):
        raise ValueError("gone")
    assert bound_tenant() is None
