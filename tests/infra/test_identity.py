"""Users of the local stack's pool, while several commands want a token of the same one."""

from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
from moto import mock_aws

from chalicelib.api.auth import PERMISSIONS
from infra.local import emulator, identity
from infra.local.state import Stack


class Session:
    """Makes clients that something else happens beside: `meanwhile` runs once, before the password is sent."""

    def __init__(self) -> None:
        self.meanwhile: Any = None

    def client(self, service: Any, **_: Any) -> Any:
        made = boto3.client(service, region_name="eu-central-1")
        made.meta.events.register("before-call.cognito-idp.AdminInitiateAuth", self._interrupt)
        return made

    def _interrupt(self, **_: Any) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    made = Session()
    monkeypatch.setattr(emulator, "session", lambda: made)
    with mock_aws():
        yield made


@pytest.fixture
def stack(session: Session) -> Stack:
    cognito = session.client("cognito-idp")
    pool = cognito.create_user_pool(
        PoolName="p", Schema=[{"Name": "tenant_id", "AttributeDataType": "String", "Mutable": False}]
    )["UserPool"]["Id"]
    for group in PERMISSIONS:
        cognito.create_group(UserPoolId=pool, GroupName=group)
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    return Stack(1, 2, {"UserPoolId": pool, "UserPoolClientId": client})


def claims(token: str) -> Any:
    return jwt.decode(token, options={"verify_signature": False})


def test_two_commands_at_once_both_get_a_token(stack: Stack, session: Session) -> None:
    other = []
    session.meanwhile = lambda: other.append(identity.id_token(stack, "acme"))
    own = identity.id_token(stack, "acme")
    assert [claims(token)["custom:tenant_id"] for token in (own, *other)] == ["acme", "acme"]
    assert claims(own)["sub"] == claims(other[0])["sub"]


def test_a_user_that_an_earlier_version_gave_a_password_of_its_own_gets_a_token(stack: Stack, session: Session) -> None:
    identity.id_token(stack, "acme", ["reports.read"])
    cognito = session.client("cognito-idp")
    (user,) = cognito.list_users(UserPoolId=stack.outputs["UserPoolId"])["Users"]
    cognito.admin_set_user_password(
        UserPoolId=stack.outputs["UserPoolId"], Username=user["Username"], Password="Another-1", Permanent=True
    )
    assert claims(identity.id_token(stack, "acme", ["reports.read"]))["cognito:groups"] == ["reports.read"]
