"""A connector's key."""

from typing import NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import RecordId, TenantId


class ApiKey(NamedTuple):
    """A connector's key, without its secret; `made_by` is the key that made it (None: a person did)."""

    id: str
    tenant: TenantId
    name: str
    permissions: tuple[str, ...]
    created_at: Instant
    last_used_on: Day | None
    made_by: str | None = None
    account_manager_id: RecordId | None = None
    """The account manager that the key speaks for, where its permissions are for own clients."""
