"""Answers about keys, account managers, tenants, records, and the service itself."""

from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.api.auth import PERMISSIONS
from chalicelib.api.openapi.answers.common import Answer, Count, CountedPage, Day, Fault, Id, Instant, Page, Version
from chalicelib.domain.ids import TENANT_ID_PATTERN

GrantedPermission = Annotated[str, Field(json_schema_extra={"enum": sorted(PERMISSIONS - {"tenants.admin"})})]


class ApiKey(Answer):
    """A connector's key, without its secret."""

    id: Annotated[str, Field(pattern=r"^[A-Z2-7]{16}$")]
    name: str
    permissions: list[GrantedPermission]
    created_at: Instant
    last_used_on: Day | None = Field(description="The UTC date of its last use; null: never.")


class ApiKeyList(Page):
    """The tenant's keys, newest first."""

    items: list[ApiKey]


class CreatedApiKey(ApiKey):
    """A new key with its credential, which is never shown again."""

    key: Annotated[str, Field(pattern=r"^hk_[A-Z2-7]{16}_[A-Za-z0-9_-]{43}$")]


class AccountManager(Answer):
    """Who gets the alerts of some clients."""

    id: Id
    name: str
    email: str
    clients: Count = Field(description="Scored clients assigned to them.")
    reached: bool = Field(description="They have a confirmed subscription; else the fallback addresses are told.")


class FallbackAddress(Answer):
    """An e-mail address that is told what reaches no account manager."""

    email: str
    state: Literal["pending", "confirmed", "ended"] = Field(
        description="As of a subscription: only a confirmed one is told."
    )


class AccountManagerList(CountedPage):
    """All account managers, by name."""

    items: list[AccountManager]
    fallback: list[FallbackAddress] = Field(description="The tenant's fallback addresses, as SNS last said.")
    unreached_clients: Count = Field(
        description="Scored clients whose alerts reach nobody now: neither an account manager nor a fallback address."
    )


class Tenant(Answer):
    """A tenant."""

    tenant_id: Annotated[str, Field(pattern=TENANT_ID_PATTERN)]
    name: str
    time_zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    settings_version: Version


class RejectedRecord(Answer):
    """A record that was not stored, and why."""

    index: Count = Field(description="Its place in the request, from 0.")
    id: str | None = Field(description="Its id as sent; null when there was none.")
    errors: Annotated[list[Fault], Field(min_length=1)]


class RecordsOutcome(Answer):
    """What became of the records of a request."""

    accepted: Count = Field(description="Records that changed something.")
    unchanged: Count = Field(description="Records that were known already, or older than what is known.")
    rejected: list[RejectedRecord]


class Liveness(Answer):
    """The service answers."""

    status: Literal["ok"]
    time_zones: str = Field(
        description="The edition of the IANA time zones by which local days and business hours are counted."
    )


class OpenApiDocument(Answer):
    """This document."""

    openapi: str
    info: dict[str, Any]
    servers: list[Any]
    tags: list[Any]
    paths: dict[str, Any]
    components: dict[str, Any]
