"""Who gets in, and what they reach: sign-in, tenants' sessions, API keys, the gateway's other stage."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.tenant_session import TENANT_TAG
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import day_of_instant
from infra.operations.verification.verdicts import REFUSED, Verdict, failed, passed, untold
from infra.operations.verification.visit import Visit, http

_TENANT_CLAIM: Final = "custom:tenant_id"


def sign_in(visit: Visit) -> Verdict:
    """An ID token names tenant and groups, and opens /v1/clients."""
    misset = _misset_client(visit)
    if misset:
        return failed(f"{misset}: deploy the template of this release")
    token = visit.id_token
    if token is None and visit.sign_in is not None:
        token = visit.sign_in(visit.tenants[0])
    if token is None:
        return untold(
            "the app client is set as it must be; the token itself comes from the hosted page: sign in at "
            f"{visit.site.outputs.get('DashboardUrl', 'the dashboard')}, copy the bearer token of any /v1 request from "
            "the browser's network page into a file, and repeat this with --id-token FILE"
        )
    answer = visit.http("GET", "/v1/clients?limit=1", token)
    if answer.status != 200:
        held = ", ".join(sorted(claims(token))) or "none that can be read"
        return failed(f"GET /v1/clients answered {answer.status} to this token; its claims: {held}")
    if visit.id_token is None:
        return passed("a token by password names tenant and groups and opens /v1/clients; no hosted page is emulated")
    return passed("the token opens /v1/clients")


def _misset_client(visit: Visit) -> str | None:
    """What keeps the tenant out of the tokens of our own pool."""
    outputs = visit.site.outputs
    if outputs["OidcClientId"] != outputs["UserPoolClientId"]:
        return None  # another issuer's tokens are its own affair
    found = visit.client("cognito-idp").describe_user_pool_client(
        UserPoolId=outputs["UserPoolId"], ClientId=outputs["UserPoolClientId"]
    )["UserPoolClient"]
    scopes = set(found.get("AllowedOAuthScopes", []))
    if "openid" not in scopes or (scopes > {"openid"} and "profile" not in scopes):
        return f"the scopes {sorted(scopes)} leave the tenant out of the ID token, which wants openid and profile"
    if _TENANT_CLAIM not in found.get("ReadAttributes", []):
        return f"the app client may not read {_TENANT_CLAIM}"
    return None


def claims(token: str) -> dict[str, Any]:
    """What a token says, unproved; nothing for what is no token."""
    try:
        body = token.strip().split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def tenants_sessions(visit: Visit) -> Verdict:
    """A session of one tenant is refused another's keys, whatever the operation."""
    ours, theirs = visit.tenants
    role = _tenant_role(visit)
    try:
        session = _session(visit, role, ours)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        return _by_simulation(visit, role, ours, theirs)
    dynamodb: Any = session.client("dynamodb", endpoint_url=visit.site.endpoint)
    table = visit.site.outputs["TableName"]
    own = next(iter(_operations(dynamodb, table, ours)))[1]
    own()  # its own item first: a session that may do nothing would pass everything
    allowed = [name for name, call in _operations(dynamodb, table, theirs) if not _denied(call)]
    if not allowed:
        return passed("each of the 8 operations on another tenant's keys is refused")
    if visit.emulated:
        return untold("the emulator does not evaluate dynamodb:LeadingKeys")
    return failed(
        f"a tenant's session reaches another tenant's keys by {', '.join(allowed)}: stop, and mend TenantRole"
    )


def _tenant_role(visit: Visit) -> str:
    stack = visit.site.target.stack_name
    found = visit.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId="TenantRole")
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    return str(visit.client("iam").get_role(RoleName=name)["Role"]["Arn"])


def _session(visit: Visit, role: str, tenant: TenantId) -> boto3.Session:
    found = visit.client("sts").assume_role(
        RoleArn=role, RoleSessionName=f"verify-{tenant}", Tags=[{"Key": TENANT_TAG, "Value": tenant}]
    )["Credentials"]
    return boto3.Session(
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
        region_name=visit.site.target.region,
    )


def _operations(dynamodb: Any, table: str, tenant: TenantId) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each operation that the role allows, on an item of a tenant that nothing else uses."""
    key = {"pk": {"S": f"T#{tenant}#VERIFY"}, "sk": {"S": "NOTHING"}}
    here: Any = {"TableName": table}
    yield "GetItem", lambda: dynamodb.get_item(**here, Key=key)
    yield "BatchGetItem", lambda: dynamodb.batch_get_item(RequestItems={table: {"Keys": [key]}})
    condition = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": key["pk"]}}
    yield "Query", lambda: dynamodb.query(**here, **condition)
    yield "PutItem", lambda: dynamodb.put_item(**here, Item=key)
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    yield "UpdateItem", lambda: dynamodb.update_item(**here, Key=key, **update)
    transacted = [{"Put": {**here, "Item": key}}]
    yield "TransactWriteItems", lambda: dynamodb.transact_write_items(TransactItems=transacted)
    check = [{"ConditionCheck": {**here, "Key": key, "ConditionExpression": "attribute_exists(pk)"}}]
    yield "ConditionCheck", lambda: dynamodb.transact_write_items(TransactItems=check)
    yield "DeleteItem", lambda: dynamodb.delete_item(**here, Key=key)


def _denied(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        codes = {error.response["Error"]["Code"], *(each.get("Code", "") for each in reasons)}
        if codes & REFUSED:
            return True
        if "TransactionCanceledException" in codes:
            return False  # it was looked at
        raise
    return False


def _by_simulation(visit: Visit, role: str, ours: TenantId, theirs: TenantId) -> Verdict:
    """Nobody but the API's function may assume the role; IAM's own engine says what its policy means."""
    table = visit.client("dynamodb").describe_table(TableName=visit.site.outputs["TableName"])["Table"]["TableArn"]

    def decisions(tenant: TenantId) -> set[str]:
        leading = {"ContextKeyName": "dynamodb:LeadingKeys", "ContextKeyType": "stringList"}
        tag = {"ContextKeyName": f"aws:PrincipalTag/{TENANT_TAG}", "ContextKeyType": "string"}
        names = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
        found = visit.client("iam").simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=[f"dynamodb:{name}" for name in names],
            ResourceArns=[table],
            ContextEntries=[
                {**leading, "ContextKeyValues": [f"T#{tenant}#VERIFY"]},
                {**tag, "ContextKeyValues": [ours]},
            ],
        )
        return {each["EvalDecision"] for each in found["EvaluationResults"]}

    if visit.emulated:
        return untold("nobody but the API's function may assume TenantRole, and the emulator evaluates no LeadingKeys")
    if "allowed" in decisions(theirs):
        return failed("IAM's policy simulator allows another tenant's keys to a tenant: stop, and mend TenantRole")
    if decisions(ours) != {"allowed"}:
        return failed("IAM's policy simulator refuses a tenant its own keys: see TenantRole")
    return untold(
        "IAM's policy simulator refuses another tenant's keys; to see DynamoDB refuse them, add your principal to the "
        "trust policy of TenantRole for as long as you repeat this"
    )


def api_keys_first_use(visit: Visit) -> Verdict:
    """The first use of an API key on a day is answered and noted."""
    tenant = visit.tenants[0]
    credential = visit.make_key(tenant)
    answer = visit.http("GET", "/v1/clients?limit=1", credential)
    if answer.status != 200:
        return failed(f"an API key's first use is answered {answer.status}: see the logs of the authorizer")
    today = day_of_instant(Instant(time.time()))
    if any(noted is None or today - noted > 1 for noted in _noted_days(visit, tenant, credential.split("_")[1])):
        return failed("an API key's first use is not noted: see the conditions of .chalice/policy-authorizer.json")
    if visit.emulated:
        return passed("an API key's first use is answered and noted; the emulator evaluates no dynamodb:Attributes")
    return passed("an API key's first use is answered and noted")


def _noted_days(visit: Visit, tenant: TenantId, key_id: str) -> list[int | None]:
    """When the key was last used, as the authorizer's index and as the tenant's listing say."""
    table = Table(visit.site.tables, visit.site.outputs["TableName"])
    items = (
        table.get(place, consistent=True) for place in (keys.api_key(key_id), keys.api_key_listing(tenant, key_id))
    )
    return [None if item is None else item.get("last_used_on") for item in items]


def other_stage(visit: Visit) -> Verdict:
    """The gateway serves one stage: SAM's own, named Stage, would be a second way in, without throttle and log."""
    if visit.emulated:
        url = f"{visit.site.endpoint}/restapis/{visit.site.outputs['RestAPIId']}/Stage/_user_request_/v1/healthz"
    else:
        url = f"{visit.site.outputs['ApiUrl'].rpartition('/')[0]}/Stage/v1/healthz"
    answer = http("GET", url)
    if answer.status in {403, 404}:
        return passed(f"/Stage/v1/healthz is answered {answer.status}")
    return failed(
        f"/Stage/v1/healthz is answered {answer.status}: delete that stage, and see OpenApiVersion in the template"
    )
