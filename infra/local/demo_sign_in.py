"""The dashboard's one-click sign-in: real ID tokens of this stack's user pool, for whoever sits at this machine.

Only the front server offers it, and only to its own page; nothing of it exists on AWS.
"""

import re
from collections.abc import Sequence
from typing import Any

from infra.local import identity, seeding
from infra.local.errors import LocalStackError
from infra.local.state import StateDirectory

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")


class SignInRefusedError(LocalStackError):
    """What was asked for is no sign-in; the message says why."""


class DemoSignIn:
    """Signs in to the stack noted in a state directory."""

    def __init__(self, state: StateDirectory) -> None:
        self._state = state

    def config(self) -> dict[str, object]:
        """What the page reads at ``/config.json``."""
        return {"mode": "demo", "tenants": [seeding.TENANT]}

    def token(self, asked: Any) -> str:
        """An ID token for ``{tenant, permissions?}``; without permissions, all but ``tenants.admin``.

        Raises
        ------
        SignInRefusedError, UnknownTenantError, LocalStackError
        """
        tenant, permissions = _read(asked)
        stack = self._state.noted()
        if stack is None:
            raise LocalStackError("the stack is still starting; try again in a moment")
        identity.tenant_settings(stack, tenant)
        return identity.id_token(stack, tenant, permissions)


def _read(asked: Any) -> tuple[str, Sequence[str]]:
    tenant = asked.get("tenant") if isinstance(asked, dict) else None
    if not isinstance(tenant, str) or not _TENANT.fullmatch(tenant):
        raise SignInRefusedError("tenant is the id of a tenant, such as demo")
    permissions = asked.get("permissions", list(identity.DEFAULT_PERMISSIONS))
    if not isinstance(permissions, list) or not set(permissions) <= set(identity.DEFAULT_PERMISSIONS):
        raise SignInRefusedError(f"permissions are some of {', '.join(identity.DEFAULT_PERMISSIONS)}")
    return tenant, permissions
