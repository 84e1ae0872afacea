"""AWS credentials that reach one tenant's items alone: whichever tenant is bound when a request is signed.

The API's functions hold no right to tenants' items of their own. They may assume one role, tagged with a tenant, whose
policy allows the keys of that tenant (`dynamodb:LeadingKeys`). One client serves all tenants: its credentials answer
for the bound one. What is kept in between is a tenant's temporary credentials, never data.
"""

from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.credentials import (
    CredentialProvider,
    Credentials,
    DeferredRefreshableCredentials,
    ReadOnlyCredentials,
)
from botocore.session import get_session

from chalicelib.domain.ids import TenantId
from chalicelib.tenancy import OtherTenantError, bound_tenant

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

TENANT_TAG: Final = "tenant"
LIFE_SECONDS: Final = 3600
"""The longest that AWS gives for a role assumed with another role's credentials."""

TENANTS_KEPT: Final = 256


class TenantCredentials(Credentials):
    """The bound tenant's credentials, fetched when first needed, and again some minutes before they expire."""

    def __init__(self, sts: "STSClient", role_arn: str) -> None:
        super().__init__("", "", method="tenant-role")
        self._sts, self._role_arn = sts, role_arn
        self._of = lru_cache(maxsize=TENANTS_KEPT)(self._refreshable)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Raises OtherTenantError where no tenant is bound."""
        tenant = bound_tenant()
        if tenant is None:
            raise OtherTenantError("no tenant is bound whose credentials to use")
        return self._of(tenant).get_frozen_credentials()

    def _refreshable(self, tenant: TenantId) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(partial(self._assume, tenant), method="tenant-role")

    def _assume(self, tenant: TenantId) -> dict[str, str]:
        found = self._sts.assume_role(
            RoleArn=self._role_arn,
            RoleSessionName=f"tenant-{tenant}",
            Tags=[{"Key": TENANT_TAG, "Value": tenant}],
            DurationSeconds=LIFE_SECONDS,
        )["Credentials"]
        return {
            "access_key": found["AccessKeyId"],
            "secret_key": found["SecretAccessKey"],
            "token": found["SessionToken"],
            "expiry_time": _utc(found["Expiration"]).isoformat(),
        }


class _Provider(CredentialProvider):
    METHOD = "tenant-role"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def tenant_client(service: str, role_arn: str, sts: "STSClient", config: Config) -> Any:
    """A client of a service that signs each request for the tenant that is bound then."""
    session = get_session()
    provider = _Provider(TenantCredentials(sts, role_arn))
    session.get_component("credential_provider").insert_before("env", provider)
    make: Any = boto3.Session(botocore_session=session).client
    return make(service, config=config)


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
