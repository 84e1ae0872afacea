"""The body of POST /tenants."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.fields import CURRENCY_PATTERN, Name
from chalicelib.api.schemas.validation import Schema
from chalicelib.domain.ids import TENANT_ID_PATTERN


class NewTenant(Schema):
    """A tenant to create; its id and its IANA time zone are for life."""

    tenant_id: Annotated[str, Field(pattern=TENANT_ID_PATTERN)]
    name: Name
    time_zone: Annotated[str, Field(min_length=1, max_length=64)]
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)]
