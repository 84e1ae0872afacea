"""The body of POST /tenants."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from chalicelib.api.schemas.fields import Currency, Name
from chalicelib.api.schemas.validation import Schema
from chalicelib.domain.ids import TENANT_ID_PATTERN, TenantId
from chalicelib.domain.time_zones import is_time_zone


def _known_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError("Send an IANA time zone such as Europe/Rome.")
    return name


class NewTenant(Schema):
    """A tenant to create; its id and its IANA time zone cannot be changed."""

    tenant_id: Annotated[
        str, AfterValidator(TenantId), WithJsonSchema({"type": "string", "pattern": TENANT_ID_PATTERN})
    ]
    """It cannot be changed."""
    name: Name
    time_zone: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]
    """An IANA time zone such as `Europe/Rome`; it cannot be changed."""
    currency: Currency
    """ISO 4217 code of the currency that money columns are sorted by."""
