"""Off-boarding: a tenant leaves, and with it everything that is held of it.

First whatever lets anybody in or sets anything off goes (registry, API keys, people, topic), then the items, the
settings last: they know how many roster pages there are, so an off-boarding that died goes on.
"""

from collections.abc import Callable, Iterator, Set
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore
from chalicelib.adapters.dynamodb.erasure import delete_span
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.sns import topic_name
from chalicelib.domain.ids import RecordId, TenantId
from infra.operations.alone import Alone
from infra.operations.errors import OperationError
from infra.operations.import_files import delete_import_files
from infra.operations.site import Site
from infra.operations.tenant_table import known_tenant, tenant_table

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

Tell = Callable[[str], object]

PASSES: Final = 10


def clients_of(site: Site, tenant: TenantId) -> list[RecordId]:
    """The ids of all clients of a tenant, archived and churned ones too. Raises OperationError for no tenant."""
    with tenant_table(site, tenant) as table:
        known_tenant(table, tenant)
        return [RecordId(keys.id_of(item["sk"])) for item in table.query(keys.directories(tenant))]


def offboard_tenant(site: Site, tenant: TenantId, tell: Tell, *, dry_run: bool = False) -> int:
    """Delete everything held of a tenant; returns how many items were deleted (dry run: would be).

    Repeat it at will: it goes on where it stopped, and what fails of it keeps nothing else. Raises OperationError for a
    tenant that does not exist, and where something is left: its settings are then, too.
    """
    with tenant_table(site, tenant) as table:
        pages = known_tenant(table, tenant).pages
        people = list(_people(site.identities, site.outputs["UserPoolId"], tenant))
        if dry_run:
            items = sum(1 for span in _spans(tenant, pages) for _ in table.query(span))
            files = delete_import_files(site, tenant, dry_run=True)
            tell(f"{len(people)} people, {pages} roster pages, {items} items, {files} files of imports")
            return items
        alone, pool = Alone(tell), site.outputs["UserPoolId"]
        alone.each(["the registry"], lambda _: table.delete(keys.registry(tenant)))
        api_keys = DynamoApiKeyStore(table, lambda: table)
        alone.each([key.id for key in api_keys.list(tenant)], partial(api_keys.delete, tenant))
        known = {keys.api_key_listing(tenant, name).sk for name in alone.failed if keys.is_api_key_id(name)}
        alone.each(people, lambda name: site.identities.admin_delete_user(UserPoolId=pool, Username=name))
        if not alone.failed:
            tell(f"nobody comes in any more: {len(people)} people and all API keys are gone")
        alone.each(["the topic"], lambda _: _delete_topic(site, tenant))
        (files,) = alone.each(["files of imports"], lambda _: delete_import_files(site, tenant)) or [0]
        tell(f"{files} files of imports deleted")
        total = _delete_items(table, tenant, pages, tell, alone, known)
        alone.end()
        table.delete(keys.due_mark(tenant))  # those of nights, where there are any, are taken away by the sweep
        table.delete(keys.settings(tenant))
        return total + 1


def _spans(tenant: TenantId, pages: int) -> Iterator[keys.Span]:
    """All partitions of a tenant, the one with its settings last."""
    for page in range(pages):
        yield keys.whole_partition(keys.page_partition(tenant, page))
    yield keys.whole_partition(keys.outbox_partition(tenant))
    yield keys.whole_partition(keys.directory_partition(tenant))
    yield keys.whole_partition(keys.tenant_partition(tenant))


def _delete_items(table: Table, tenant: TenantId, pages: int, tell: Tell, alone: Alone, known: Set[str]) -> int:
    """In passes, until one finds nothing: a request that was under way may still have stored something.

    The settings stay for the end, and `known` what a repeat has to find.
    """
    kept = frozenset({keys.settings(tenant).sk, *known})
    total = 0
    for _ in range(PASSES):
        deleted = sum(alone.each(_spans(tenant, pages), partial(delete_span, table, keep=kept)))
        total += deleted
        if not deleted:
            return total
        tell(f"{total} items deleted")
    raise OperationError(f"something keeps writing of {tenant}: see that nobody comes in any more, then repeat")


def _delete_topic(site: Site, tenant: TenantId) -> None:
    """The topic with its subscriptions; deleting one that is gone is no error."""
    sns = site.topics
    arn = sns.create_topic(Name=topic_name(site.outputs["TopicPrefix"], tenant))["TopicArn"]  # tells an existing one's
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
        for held in page["Subscriptions"]:
            if held["SubscriptionArn"].startswith("arn:"):  # one that nobody confirmed has no address yet
                sns.unsubscribe(SubscriptionArn=held["SubscriptionArn"])
    sns.delete_topic(TopicArn=arn)


def _people(cognito: "CognitoIdentityProviderClient", pool: str, tenant: TenantId) -> Iterator[str]:
    """The user names of a tenant's people. Cognito finds nobody by an attribute of ours, so all are looked at."""
    try:
        for page in cognito.get_paginator("list_users").paginate(UserPoolId=pool):
            for user in page["Users"]:
                held = {each["Name"]: each.get("Value") for each in user.get("Attributes", [])}
                if held.get("custom:tenant_id") == tenant:
                    yield user["Username"]
    except ClientError as error:
        raise OperationError(f"the user pool cannot be read: {error}") from error
