"""Whose data the work at hand may touch: bound at the edge from what was verified, checked at every request.

Within a tenant, a caller may be in scope of one account manager: of clients it then sees that manager's own alone.

An edge binds a tenant for a request, a message or one step of a walk over all tenants. Nothing below it can choose
another: the tripwire refuses keys outside the bound tenant, and the API's credentials are that tenant's alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.domain.ids import RecordId, TenantId

# A context variable: what is bound in one thread is unbound in all others.
_bound: "ContextVar[TenantId | None]" = ContextVar("tenant", default=None)
_scope: "ContextVar[RecordId | None]" = ContextVar("scope", default=None)


class OtherTenantError(Exception):
    """Something reached for a tenant that the work at hand is not for: a defect, never a caller's mistake."""


@contextmanager
def bound_to(tenant: "TenantId") -> Iterator[None]:
    """Binds what is done within to a tenant. Raises OtherTenantError when another one is bound already."""
    held = _bound.get()
    if held is not None and held != tenant:
        raise OtherTenantError("work for one tenant cannot turn to another")
    token = _bound.set(tenant)
    try:
        yield
    finally:
        _bound.reset(token)


def bound_tenant() -> "TenantId | None":
    """The tenant that is bound; None for work that belongs to none, such as checking a credential."""
    return _bound.get()


@contextmanager
def in_scope_of(manager: "RecordId | None") -> Iterator[None]:
    """Leaves of a tenant's clients those of one account manager to what is done within; all of them for None."""
    token = _scope.set(manager)
    try:
        yield
    finally:
        _scope.reset(token)


def scope() -> "RecordId | None":
    """The account manager whose clients alone may be seen; None where all may."""
    return _scope.get()


def may_see(manager: str | None) -> bool:
    """Whether a client may be seen whose current record names this account manager (None: it has none)."""
    own = _scope.get()
    return own is None or own == manager
