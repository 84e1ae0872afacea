"""Layer four: the API's function signs with credentials of the bound tenant, which reach that tenant's keys alone.

moto and the local stack's emulator know roles and sessions but do not evaluate `dynamodb:LeadingKeys`: that DynamoDB
refuses another tenant's keys is asserted of the policy's text, and matched here by IAM's rules.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

import boto3
import pytest
import yaml
from moto import mock_aws

from chalicelib import aws
from chalicelib.adapters.dynamodb import keys
from chalicelib.aws import AwsAdapters
from chalicelib.config import Config
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.tenancy import OtherTenantError, bound_to
from infra.deployment.packaging import ROOT
from infra.table import create_table

ACME: Final = TenantId("acme")
RIVAL: Final = TenantId("rival")
ROLE: Final = "arn:aws:iam::123456789012:role/tenant"


@pytest.fixture
def adapters(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAdapters]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        create_table(boto3.client("dynamodb"), "t")
        yield AwsAdapters(Config({"TABLE_NAME": "t", "TENANT_ROLE_ARN": ROLE}))


class Signatures:
    """Who signed what a client sent, and how the role was assumed."""

    def __init__(self, client: Any) -> None:
        self.signers: list[str] = []
        client.meta.events.register_first("before-send", self._note)

    def _note(self, request: Any, **_: Any) -> None:
        found = re.search(rb"Credential=([^/]+)/", _bytes(request.headers["Authorization"]))
        assert found is not None
        self.signers.append(found[1].decode())


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class Assumed:
    """How the role was assumed."""

    def __init__(self, adapters: AwsAdapters, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[dict[str, Any]] = []
        make = aws.aws_client

        def noting(service: str) -> Any:
            client = make(service)
            if service == "sts":
                client.meta.events.register("provide-client-params.sts.AssumeRole", self._note)
            return client

        monkeypatch.setattr(aws, "aws_client", noting)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.requests.append(params)


def test_each_tenants_requests_are_signed_by_its_own_session(
    adapters: AwsAdapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    assumed = Assumed(adapters, monkeypatch)
    signed = Signatures(adapters.table._client)
    for tenant in (ACME, RIVAL, ACME, RIVAL):
        with bound_to(tenant):
            adapters.table.get(keys.settings(tenant))
    first, second, third, fourth = signed.signers
    assert first == third != second == fourth
    assert [request["Tags"] for request in assumed.requests] == [
        [{"Key": "tenant", "Value": "acme"}],
        [{"Key": "tenant", "Value": "rival"}],
    ]
    assert {request["RoleArn"] for request in assumed.requests} == {ROLE}


def test_without_a_tenant_nothing_is_signed(adapters: AwsAdapters) -> None:
    signed = Signatures(adapters.table._client)
    with pytest.raises(OtherTenantError):
        adapters.table.get(keys.dispatch(Instant(1)))  # which the tripwire lets nobody's work reach
    assert signed.signers == []


def test_what_all_share_is_signed_by_the_function_itself(adapters: AwsAdapters) -> None:
    signed = Signatures(adapters.shared_table._client)
    with bound_to(ACME):
        adapters.shared_table.put(keys.registry(ACME), {})
    adapters.shared_table.get(keys.api_key("AAAABBBBCCCC2222"))
    assert len(set(signed.signers)) == 1


def test_a_session_is_renewed_before_it_ends(adapters: AwsAdapters, monkeypatch: pytest.MonkeyPatch) -> None:
    import time_machine

    assumed = Assumed(adapters, monkeypatch)
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as clock, bound_to(ACME):
        adapters.table.get(keys.settings(ACME))
        clock.shift(40 * 60)
        adapters.table.get(keys.settings(ACME))
        assert len(assumed.requests) == 1
        clock.shift(15 * 60)
        adapters.table.get(keys.settings(ACME))
    assert len(assumed.requests) == 2


# ---- the policy ------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Reads intrinsic functions as what they are applied to."""


def _intrinsic(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _intrinsic)


@pytest.fixture(scope="module")
def role() -> dict[str, Any]:
    template = yaml.load((ROOT / "infra" / "resources.yaml").read_text(), _Loader)  # noqa: S506
    properties: dict[str, Any] = template["Resources"]["TenantRole"]["Properties"]
    return properties


def statements(role: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What the policies say of the table, of the files of imports, and of the key of secrets."""
    (table, files), (sealing,) = [policy["PolicyDocument"]["Statement"] for policy in role["Policies"]]
    return table, files, sealing


def allowed(role: dict[str, Any], tenant: str, partition: str) -> bool:
    """Whether the policy lets a tenant's session reach a partition: IAM's StringLike, its variables put in."""
    statement, _, _ = statements(role)
    ((operator, condition),) = statement["Condition"].items()
    assert (operator, list(condition)) == ("ForAllValues:StringLike", ["dynamodb:LeadingKeys"])
    patterns = condition["dynamodb:LeadingKeys"]
    return any(fnmatchcase(partition, each.replace("${aws:PrincipalTag/tenant}", tenant)) for each in patterns)


def test_the_role_reaches_its_tenants_keys_and_no_others(role: dict[str, Any]) -> None:
    for partition in (keys.tenant_partition(ACME), keys.page_partition(ACME, 7), keys.outbox_partition(ACME)):
        assert allowed(role, "acme", partition)
    for partition in (
        *("T#rival", "T#rival#P#0000", "T#acme-2", "T#acme-2#P#0000", "T#acm", "T#", "T#acmee"),
        *(keys.registry(ACME).pk, keys.dispatch(Instant(1)).pk, "APIKEY#AAAABBBBCCCC2222"),
    ):
        assert not allowed(role, "acme", partition)


def test_no_tenant_id_is_a_pattern() -> None:
    """`*` and `?` in an id would be wildcards of the policy; `#`, `$` and look-alikes would reach into other keys."""
    for text in ("*", "acme*", "a?me", "acme#", "acme#P", "${aws:x}", "a$me", "\u0430cme", "acme ", "acme\n", "ACME"):
        with pytest.raises(ValueError):  # noqa: PT011
            TenantId(text)


def test_no_record_id_reaches_into_another_key() -> None:
    for text in ("c1#FACTS", "#", "c1*", "c1\x00", "c1\n", "\u0441" * 3, "c" * 200, ""):
        with pytest.raises(ValueError):  # noqa: PT011
            RecordId(text)


@pytest.mark.parametrize("forged", ["acme", object(), 7, None])
def test_a_key_is_built_from_checked_ids_alone(forged: Any) -> None:
    with pytest.raises(TypeError):
        keys.settings(forged)
    with pytest.raises(TypeError):
        keys.client_record(ACME, 0, forged)


def test_the_role_is_assumed_by_the_api_alone_and_only_with_a_tenant(role: dict[str, Any]) -> None:
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": "ApiHandlerRole.Arn"}
    assert trust["Condition"] == {
        "StringLike": {"aws:RequestTag/tenant": "?*"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
    }


def test_the_role_seals_for_its_own_tenant_and_opens_nothing(role: dict[str, Any]) -> None:
    _, _, sealing = statements(role)
    assert (sealing["Action"], sealing["Resource"]) == ("kms:Encrypt", "SecretsKey.Arn")
    own = {"kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}"}
    assert sealing["Condition"] == {"StringEquals": own}


def test_the_role_cannot_scan_nor_reach_any_other_service(role: dict[str, Any]) -> None:
    statement, files, _ = statements(role)
    assert statement["Resource"] == "Table.Arn"
    verbs = {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"}
    assert set(statement["Action"]) == {f"dynamodb:{verb}" for verb in verbs}
    assert files["Resource"] == "${ImportBucket.Arn}/${!aws:PrincipalTag/tenant}/*"
    assert set(files["Action"]) == {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}


def test_the_apis_own_role_reaches_no_tenants_items() -> None:
    import json

    policy = json.loads((ROOT / ".chalice" / "policy-api_handler.json").read_text())
    on_table = [each for each in policy["Statement"] if any(a.startswith("dynamodb:") for a in each["Action"])]
    patterns = [
        pattern for each in on_table for pattern in each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    ]
    assert sorted(patterns) == ["APIKEY#*", "DUE#*", "REGISTRY#*"]
    assert not any(fnmatchcase(keys.tenant_partition(ACME), pattern) for pattern in patterns)
