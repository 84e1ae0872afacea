"""Answers about tenants."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Version
from chalicelib.domain.ids import TENANT_ID_PATTERN


class Tenant(TypedDict):
    """A tenant."""

    tenant_id: Annotated[str, Field(pattern=TENANT_ID_PATTERN)]
    name: str
    time_zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    settings_version: Version
