"""The process's configuration: read from the environment when first needed, frozen from then on."""

import os
from collections.abc import Mapping
from typing import Final

DEFAULT_REFRESH_DELAY_SECONDS: Final = 30

COGNITO: Final = {
    "OIDC_TOKEN_USE": "id",  # nosec B105  a kind of token
    "OIDC_TENANT_CLAIM": "custom:tenant_id",
    "OIDC_GROUPS_CLAIM": "cognito:groups",
    "OIDC_ACCOUNT_MANAGER_CLAIM": "custom:account_manager_id",
}
"""How the stack's own user pool writes its ID tokens: what counts where a deployment says nothing else."""


class MissingVariableError(RuntimeError):
    """An environment variable that this function needs is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The environment variable {name} is not set; infra/resources.yaml gives it to each function.")


class Config:
    """Settings of the deployment. A variable is looked up when it is used: each function has only those it needs."""

    __slots__ = ("_environment",)

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = dict(os.environ if environment is None else environment)

    def _required(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise MissingVariableError(name)
        return value

    @property
    def stage(self) -> str:
        """The deployment stage; metrics of several stages of an account are told apart by it."""
        return self._environment.get("STAGE") or "none"

    @property
    def table_name(self) -> str:
        return self._required("TABLE_NAME")

    @property
    def scoring_queue_url(self) -> str:
        return self._required("SCORING_QUEUE_URL")

    @property
    def import_queue_url(self) -> str:
        return self._required("IMPORT_QUEUE_URL")

    @property
    def import_bucket(self) -> str:
        """The bucket with the files of imports."""
        return self._required("IMPORT_BUCKET")

    @property
    def sync_queue_url(self) -> str:
        """The queue of connections' steps."""
        return self._required("SYNC_QUEUE_URL")

    @property
    def secrets_key_id(self) -> str:
        """The KMS key that seals tenants' secrets."""
        return self._required("SECRETS_KEY_ID")

    @property
    def given_to_connections(self) -> Mapping[str, Mapping[str, str]]:
        """What the deployment gives to kinds of connections; an empty value: that kind is not available."""
        return {"connectwise": {"vendor_id": self._environment.get("CONNECTWISE_CLIENT_ID", "")}}

    @property
    def calls_itself(self) -> bool:
        """Whether connections may call this very machine: on a stage of one's own alone."""
        return self.stage == "local"

    @property
    def refresh_delay_seconds(self) -> int:
        """Seconds between a stored record and the refresh of its client's row, 0–900: what coalesces in between."""
        return int(self._environment.get("REFRESH_DELAY_SECONDS", DEFAULT_REFRESH_DELAY_SECONDS))

    @property
    def signing_key_parameter(self) -> str:
        """Name of the SSM parameter with the keys of cursors."""
        return self._required("SIGNING_KEY_PARAMETER")

    @property
    def topic_arn_prefix(self) -> str:
        """What the ARNs of the tenants' topics start with."""
        return self._required("TOPIC_ARN_PREFIX")

    @property
    def undelivered_queue_arn(self) -> str | None:
        """The queue that gets the notifications that SNS gave up on; None where there is none."""
        return self._environment.get("UNDELIVERED_QUEUE_ARN") or None

    @property
    def dashboard_url(self) -> str:
        """Where the dashboard is, for links in messages."""
        return self._required("DASHBOARD_URL")

    @property
    def tenant_role_arn(self) -> str | None:
        """The role that a function assumes to work for one tenant; None for one that has rights of its own."""
        return self._environment.get("TENANT_ROLE_ARN") or None

    @property
    def oidc_issuer(self) -> str:
        return self._required("OIDC_ISSUER")

    @property
    def oidc_audience(self) -> str:
        return self._required("OIDC_AUDIENCE")

    @property
    def oidc_token_use(self) -> str | None:
        """What the claim `token_use` has to say; None for an issuer that sends no such claim."""
        return self._claim("OIDC_TOKEN_USE") or None

    @property
    def oidc_tenant_claim(self) -> str:
        """Name of the claim with the tenant's id."""
        return self._claim("OIDC_TENANT_CLAIM")

    @property
    def oidc_groups_claim(self) -> str:
        """Name of the claim with the permissions: a list, or one text with spaces between them."""
        return self._claim("OIDC_GROUPS_CLAIM")

    @property
    def oidc_account_manager_claim(self) -> str:
        """Name of the claim with the id of the account manager that the caller is."""
        return self._claim("OIDC_ACCOUNT_MANAGER_CLAIM")

    def _claim(self, name: str) -> str:
        return self._environment.get(name, COGNITO[name])

    @property
    def oidc_jwks_url(self) -> str:
        """Where the issuer's keys are; by OIDC convention below the issuer."""
        return self._environment.get("OIDC_JWKS_URL") or f"{self.oidc_issuer}/.well-known/jwks.json"
