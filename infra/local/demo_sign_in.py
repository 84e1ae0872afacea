"""The dashboard's one-click sign-in: real ID tokens of this stack's user pool, for whoever sits at this machine.

Only the front server offers it, and only to its own page; nothing of it exists on AWS.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.api.auth import LONGEST_NAME
from chalicelib.domain.ids import RECORD_ID_PATTERN, TENANT_ID_PATTERN, compiled
from infra.local import identity, seeding
from infra.local.errors import LocalStackError
from infra.local.state import StateDirectory

_TENANT, _MANAGER = compiled(TENANT_ID_PATTERN), compiled(RECORD_ID_PATTERN)


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
        """An ID token for ``{tenant, permissions?, account_manager_id?, name?}``.

        Without permissions it has all but ``tenants.admin`` and those for own clients.

        Raises
        ------
        SignInRefusedError, UnknownTenantError, LocalStackError
        """
        tenant, permissions, manager, name = _read(asked)
        stack = self._state.noted()
        if stack is None:
            raise LocalStackError("the stack is still starting; try again in a moment")
        identity.tenant_settings(stack, tenant)
        return identity.id_token(stack, tenant, permissions, account_manager=manager, name=name)


def _read(asked: Any) -> tuple[str, Sequence[str], str | None, str | None]:
    tenant = asked.get("tenant") if isinstance(asked, dict) else None
    if not isinstance(tenant, str) or not _TENANT.match(tenant):
        raise SignInRefusedError("tenant is the id of a tenant, such as demo")
    permissions = asked.get("permissions", list(identity.DEFAULT_PERMISSIONS))
    offered = (*identity.DEFAULT_PERMISSIONS, *identity.OWN_PERMISSIONS)
    if not isinstance(permissions, list) or not set(permissions) <= set(offered):
        raise SignInRefusedError(f"permissions are some of {', '.join(offered)}")
    manager, name = asked.get("account_manager_id"), asked.get("name")
    if manager is not None and (not isinstance(manager, str) or not _MANAGER.match(manager)):
        raise SignInRefusedError("account_manager_id is the id of an account manager, such as am-3")
    if name is not None and (not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME):
        raise SignInRefusedError(f"name is a text of 1 to {LONGEST_NAME} characters")
    return tenant, permissions, manager, name
