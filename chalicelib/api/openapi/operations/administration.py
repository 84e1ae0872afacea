"""Operations of keys, account managers, tenants, records, and the service itself."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.openapi import problems
from chalicelib.api.openapi.answers.administration import (
    AccountManager,
    AccountManagerList,
    ApiKeyList,
    CreatedApiKey,
    Liveness,
    OpenApiDocument,
    RecordsOutcome,
    Tenant,
)
from chalicelib.api.openapi.bodies import RecordsBody
from chalicelib.api.openapi.examples import administration as examples
from chalicelib.api.openapi.parameters import LIST
from chalicelib.api.openapi.parts import Answer, Body, Operation, Operations
from chalicelib.api.schemas.settings import AccountManagerBody, ApiKeyBody
from chalicelib.api.schemas.tenants import NewTenant

OPERATIONS: Final[Operations] = {
    ("POST", "/records"): Operation(
        "send_records",
        "Records",
        answers=(
            Answer(HTTPStatus.OK, "All records were taken.", RecordsOutcome, {"all_taken": examples.ALL_TAKEN}),
            Answer(
                HTTPStatus.MULTI_STATUS,
                "Some records were rejected; the others are stored.",
                RecordsOutcome,
                {"one_rejected": examples.SOME_REJECTED},
            ),
            Answer(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "No record was taken. This is no problem document: it names every fault of every record.",
                RecordsOutcome,
                {"all_rejected": examples.NONE_TAKEN},
            ),
        ),
        problems=(
            problems.NO_PARAMETERS,
            problems.NOT_JSON,
            problems.NO_RECORDS,
            problems.TOO_MANY_RECORDS,
            problems.UNKNOWN_TENANT,
            problems.TOO_LARGE,
            problems.NO_JSON_TYPE,
            problems.BUSY,
        ),
        body=Body(RecordsBody, {"live": examples.LIVE_RECORDS, "one_of_each_type": examples.ALL_RECORDS}),
        details="A ticket's identity is its type and id, that of any other fact its type, client and id. Sending the "
        "same record twice changes nothing; a strictly older `updated_at` (to the microsecond; absent: the time of "
        "receipt, and never older than what is held) never overwrites a newer one, whatever order they come in, and of "
        "equal times the later received stands. One that is more than five minutes ahead of the clock is rejected. "
        "Within a request clients and account managers apply first, and of several versions of one record the newest "
        "counts. A record of an unknown client is rejected. `deleted: true` takes a fact away; a client is archived "
        "instead. A ticket sent under another client, or with another `created_at`, moves there within a minute.\n\n"
        "Dates lie in 1970–2100; a contract's `end_date` may be `9999-12-31`: open-ended.\n\n"
        "The current rows of the clients are refreshed within a minute. A completed QBR, a touchpoint and a "
        "reconciliation also store a calculation, unless `backfill` is true.",
    ),
    ("GET", "/account-managers"): Operation(
        "list_account_managers",
        "Account managers",
        answers=(Answer(HTTPStatus.OK, "A page of the list.", AccountManagerList, {"two": examples.ACCOUNT_MANAGERS}),),
        problems=(
            problems.UNKNOWN_PARAMETER,
            problems.BAD_PARAMETER,
            problems.BAD_CURSOR,
            problems.UNKNOWN_TENANT,
        ),
        parameters=LIST,
    ),
    ("PUT", "/account-managers/{manager_id}"): Operation(
        "put_account_manager",
        "Account managers",
        answers=(Answer(HTTPStatus.OK, "The account manager.", AccountManager, {"stored": examples.ACCOUNT_MANAGER}),),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.UNKNOWN_TENANT,
            problems.BAD_MANAGER_ID,
            problems.invalid(("/email", "Send one e-mail address such as ada@example.com.")),
        ),
        body=Body(AccountManagerBody, {"account_manager": examples.NEW_ACCOUNT_MANAGER}),
    ),
    ("GET", "/settings/api-keys"): Operation(
        "list_api_keys",
        "API keys",
        answers=(Answer(HTTPStatus.OK, "A page of the list.", ApiKeyList, {"one": examples.API_KEYS}),),
        problems=(problems.UNKNOWN_PARAMETER, problems.BAD_PARAMETER, problems.BAD_CURSOR),
        parameters=LIST,
    ),
    ("POST", "/settings/api-keys"): Operation(
        "create_api_key",
        "API keys",
        answers=(
            Answer(
                HTTPStatus.CREATED,
                "The key. Keep the credential in `key`: it is shown this once.",
                CreatedApiKey,
                {"created": examples.CREATED_API_KEY},
            ),
        ),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.UNKNOWN_TENANT,
            problems.KEY_OF_KEYS,
            problems.invalid(("/permissions/1", "A key can hold only permissions that you hold, never tenants.admin.")),
        ),
        body=Body(ApiKeyBody, {"connector": examples.NEW_API_KEY}),
        details="Send the credential as `Authorization: Bearer <key>`. It is bound to the tenant.",
    ),
    ("DELETE", "/settings/api-keys/{key_id}"): Operation(
        "revoke_api_key",
        "API keys",
        answers=(Answer(HTTPStatus.NO_CONTENT, "The key is revoked."),),
        problems=(problems.NO_PARAMETERS, problems.UNKNOWN_KEY),
    ),
    ("POST", "/tenants"): Operation(
        "create_tenant",
        "Tenants",
        answers=(Answer(HTTPStatus.CREATED, "The tenant.", Tenant, {"created": examples.TENANT}),),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.TENANT_TAKEN,
            problems.invalid(("/time_zone", "Send an IANA time zone such as Europe/Rome.")),
        ),
        body=Body(NewTenant, {"tenant": examples.NEW_TENANT}),
        details="For the platform's own people.",
    ),
    ("GET", "/healthz"): Operation(
        "get_liveness",
        "Service",
        answers=(Answer(HTTPStatus.OK, "The service answers.", Liveness, {"alive": examples.LIVENESS}),),
    ),
    ("GET", "/openapi.json"): Operation(
        "get_openapi_document",
        "Service",
        answers=(Answer(HTTPStatus.OK, "The document.", OpenApiDocument, {"shortened": examples.OPENAPI}),),
    ),
}
