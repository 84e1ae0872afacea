"""The body of a connector key."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.auth import PERMISSIONS
from chalicelib.api.schemas.fields import ManagerId, Name
from chalicelib.api.schemas.validation import Schema

Permission = Annotated[str, Field(json_schema_extra={"enum": sorted(PERMISSIONS - {"tenants.admin"})})]


class ApiKeyBody(Schema):
    """A connector key to make; it can hold no permission that its maker lacks."""

    name: Name
    """What the key is for."""
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=len(PERMISSIONS))]
    """Permissions that you hold yourself; never `tenants.admin`."""
    account_manager_id: ManagerId | None = None
    """The account manager that the key speaks for, which cannot be changed: whose clients are own (`.own`)."""
