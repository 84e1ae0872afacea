"""Off-boarding: a tenant leaves, and with it everything that is held of it.

First whatever lets anybody in or sets anything off goes (registry, API keys, people, topic), then the items, the
settings last: they know how many roster pages there are, so an off-boarding that died goes on.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore
from chalicelib.adapters.dynamodb.erasure import delete_span
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.sns import topic_name
from chalicelib.domain.ids import RecordId, TenantId
from infra.operations.errors import OperationError
from infra.operations.import_files import delete_import_files
from infra.operations.site import Site
from infra.operations.tenant_table import known_tenant, tenant_table

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

Tell = Callable[[str], object]


def clients_of(site: Site, tenant: TenantId) -> list[RecordId]:
    """The ids of all clients of a tenant, archived and churned ones too. Raises OperationError for no tenant."""
    with tenant_table(site, tenant) as table:
        known_tenant(table, tenant)
        return [RecordId(keys.id_of(item["sk"])) for item in table.query(keys.directories(tenant))]


def offboard_tenant(site: Site, tenant: TenantId, tell: Tell, *, dry_run: bool = False) -> int:
    """Delete everything held of a tenant; returns how many items were deleted (dry run: would be).

    Repeat it at will: it goes on where it stopped. Raises OperationError for a tenant that does not exist.
    """
    with tenant_table(site, tenant) as table:
        pages = known_tenant(table, tenant).pages
        people = list(_people(site.identities, site.outputs["UserPoolId"], tenant))
        if dry_run:
            items = sum(1 for span in _spans(tenant, pages) for _ in table.query(span))
            files = delete_import_files(site, tenant, dry_run=True)
            tell(f"{len(people)} people, {pages} roster pages, {items} items, {files} files of imports")
            return items
        table.delete(keys.registry(tenant))
        api_keys = DynamoApiKeyStore(table, lambda: table)
        for key in api_keys.list(tenant):
            api_keys.delete(tenant, key.id)
        for name in people:
            site.identities.admin_delete_user(UserPoolId=site.outputs["UserPoolId"], Username=name)
        tell(f"nobody comes in any more: {len(people)} people and all API keys are gone")
        _delete_topic(site, tenant)
        deleted = _delete_items(table, tenant, pages, tell)
        tell(f"{delete_import_files(site, tenant)} files of imports deleted")
        return deleted


def _spans(tenant: TenantId, pages: int) -> Iterator[keys.Span]:
    """All partitions of a tenant, the one with its settings last."""
    for page in range(pages):
        yield keys.whole_partition(keys.page_partition(tenant, page))
    yield keys.whole_partition(keys.outbox_partition(tenant))
    yield keys.whole_partition(keys.directory_partition(tenant))
    yield keys.whole_partition(keys.tenant_partition(tenant))


def _delete_items(table: Table, tenant: TenantId, pages: int, tell: Tell) -> int:
    """In passes, until one finds nothing: a request that was under way may still have stored something."""
    settings = keys.settings(tenant)
    total = 0
    while True:
        deleted = sum(delete_span(table, span, keep=frozenset({settings.sk})) for span in _spans(tenant, pages))
        total += deleted
        if not deleted:
            break
        tell(f"{total} items deleted")
    table.delete(keys.due_mark(tenant))  # those of nights, where there are any, are taken away by the sweep
    table.delete(settings)
    return total + 1


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
