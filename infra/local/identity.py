"""Users of the stack's own user pool, made on demand, and their real ID tokens."""

import contextlib
import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import encode
from chalicelib.api.auth import OWN, PERMISSIONS
from chalicelib.domain.ids import TenantId
from infra.local import emulator
from infra.local.errors import UnknownTenantError
from infra.local.state import Stack

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

OWN_PERMISSIONS = tuple(name for name in sorted(PERMISSIONS) if name.endswith(OWN))
DEFAULT_PERMISSIONS = tuple(name for name in sorted(PERMISSIONS - {*OWN_PERMISSIONS, "tenants.admin"}))
PLATFORM = "platform"  # whose administrator creates tenants


def id_token(
    stack: Stack,
    tenant: str,
    permissions: Collection[str] = DEFAULT_PERMISSIONS,
    *,
    account_manager: str | None = None,
    name: str | None = None,
) -> str:
    """An ID token of the stack's pool for ``tenant`` with exactly ``permissions``.

    With ``account_manager`` it is that one's, with ``name`` it says who somebody is. Its user, one for all of these, is
    created when absent. Its password follows from the pool and its
    name, so that several commands at once agree on it: a secret it is not, for whoever reaches the emulator may set it.
    """
    cognito: CognitoIdentityProviderClient = emulator.session().client("cognito-idp", endpoint_url=stack.endpoint)
    pool = stack.outputs["UserPoolId"]
    known_by = [*sorted(permissions), *filter(None, (account_manager, name))]
    user = f"{hashlib.sha256(' '.join(known_by).encode()).hexdigest()[:12]}@{tenant}.example"
    password = f"Aa1-{hashlib.sha256(f'{pool} {user}'.encode()).hexdigest()}"
    attributes = {
        "email": user,
        "email_verified": "true",
        "custom:tenant_id": tenant,
        "custom:account_manager_id": account_manager,
        "name": name,
    }
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=user,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": each, "Value": value} for each, value in attributes.items() if value is not None],
        )
    for group in permissions:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=stack.outputs["UserPoolClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return answer["AuthenticationResult"]["IdToken"]


def tenant_settings(stack: Stack, tenant: str) -> dict[str, str]:
    """The text attributes of the tenant's settings item, ``time_zone`` among them.

    Raises
    ------
    UnknownTenantError
    """
    dynamodb: DynamoDBClient = emulator.session().client("dynamodb", endpoint_url=stack.endpoint)
    place = encode(keys.settings(TenantId(tenant))._asdict())
    item = dynamodb.get_item(TableName=stack.outputs["TableName"], Key=place).get("Item")
    if item is None:
        raise UnknownTenantError(
            f"tenant {tenant!r} is unknown: create it with `python -m infra.local tenant {tenant} --time-zone …`"
        )
    return {name: value["S"] for name, value in item.items() if "S" in value}
