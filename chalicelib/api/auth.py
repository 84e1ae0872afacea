"""The authorizer: who calls, for which tenant, with which permissions. What is not proved is refused."""

from collections.abc import Mapping
from typing import Any, Final

from chalice.app import AuthRequest, AuthResponse, Blueprint

from chalicelib.bootstrap import application
from chalicelib.domain.errors import InvalidIdError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.observability import count, failed, flush_metrics, logger
from chalicelib.services.errors import BadTokenError

blueprint = Blueprint(__name__)

SCOPED: Final = frozenset({"reports.read", "clients.read", "alerts.write", "activities.write"})
"""Permissions that there are for an account manager's own clients alone, too: with `.own` behind their names."""

OWN: Final = ".own"

PERMISSIONS: Final = frozenset(
    {
        *(f"{permission}{OWN}" for permission in SCOPED),
        "reports.read",
        "clients.read",
        "settings.read",
        "settings.write",
        "records.write",
        "scores.recalculate",
        "alerts.write",
        "activities.write",
        "tenants.admin",
    }
)


LONGEST_NAME: Final = 200

KEY_SUBJECT: Final = "api-key:"
"""What the subject of an API key starts with; its id follows."""


class UnauthorizedError(Exception):
    """API Gateway answers 401 when an authorizer fails with just this word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@blueprint.authorizer(ttl_seconds=60, name="authorizer")
def authorizer(request: AuthRequest) -> AuthResponse:
    """Allows all routes for a valid credential: the answer is cached per token, and views check permissions.

    When it cannot tell, API Gateway answers 503. That is counted: to Lambda a refusal is as much of an error.
    """
    try:
        return AuthResponse(routes=["*"], **_proved(request.token))
    except UnauthorizedError:
        raise
    except Exception as error:
        count(AuthorizerFailures=1)
        raise failed(error) from None
    finally:
        flush_metrics()


def _proved(header: str) -> dict[str, Any]:
    """Who the Authorization header speaks for."""
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise UnauthorizedError
    return _key_principal(credential) if credential.startswith("hk_") else _principal(_claims(credential))


def _key_principal(credential: str) -> dict[str, Any]:
    """Who a connector's API key speaks for."""
    key = application().api_key_check.check(credential)
    if key is None:
        raise UnauthorizedError
    try:
        application().api_key_check.note_use(key)
    except Exception:  # for the listing alone; a key that is good stays good when its use cannot be noted
        logger.exception("the use of an API key was not noted", extra={"key_id": key.id})
    context = {
        "tenant_id": str(key.tenant),
        "subject": f"{KEY_SUBJECT}{key.id}",
        "name": key.name,
        "permissions": " ".join(sorted(PERMISSIONS.intersection(key.permissions))),
        **_speaks_for(key.account_manager_id),
    }
    return {"principal_id": key.id, "context": context}


def _claims(token: str) -> Mapping[str, Any]:
    try:
        return application().tokens.claims(token)
    except BadTokenError as error:
        logger.info("token refused", extra={"reason": str(error)})
        raise UnauthorizedError from error


def _principal(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Who a token speaks for.

    Tenant and account manager are those of the verified credential; the tenant is empty for the platform's own people.
    """
    config = application().config
    tenant, manager = claims.get(config.oidc_tenant_claim), claims.get(config.oidc_account_manager_claim)
    try:
        tenant = "" if tenant in (None, "") else TenantId(tenant)
        manager = None if manager in (None, "") else RecordId(manager)
    except InvalidIdError as error:
        raise UnauthorizedError from error
    groups = _names(claims.get(config.oidc_groups_claim))
    held = sorted(each for each in PERMISSIONS if each in groups)
    subject = str(claims["sub"])
    context = {
        "tenant_id": str(tenant),
        "subject": subject,
        "permissions": " ".join(held),
        **_speaks_for(manager),
        **_name(claims),
    }
    return {"principal_id": subject, "context": context}


def _speaks_for(manager: RecordId | None) -> dict[str, str]:
    """The account manager that a credential names."""
    return {} if manager is None else {"account_manager_id": str(manager)}


def _name(claims: Mapping[str, Any]) -> dict[str, str]:
    """What a person is called: the token's name, else its e-mail address. It is shown to others, and never logged."""
    from chalicelib.domain.text import stored_text  # a key's authorization needs no names

    said = (claims.get(name) for name in ("name", "email"))
    whole = (each.encode("utf-8", "replace").decode() for each in said if isinstance(each, str))
    named = (stored_text(each).strip()[:LONGEST_NAME] for each in whole)
    return next(({"name": name} for name in named if name), {})


def _names(claim: Any) -> list[Any]:
    """The names in a claim: a list (most issuers) or a text with spaces between them (as OAuth writes scopes)."""
    if isinstance(claim, str):
        return claim.split()
    return claim if isinstance(claim, list) else []
