"""What is deployed, read from the template that is deployed."""

import json
import re
import tomllib
from typing import Any

import pytest
import yaml

from chalicelib.api.auth import PERMISSIONS
from chalicelib.api.errors import COMMON_HEADERS, TITLES
from chalicelib.config import COGNITO
from chalicelib.domain.moment import NIGHT_HOUR
from infra.deployment.packaging import ROOT, Package
from infra.deployment.stack import stage_parameters
from tests.infra.linting import lint

FUNCTIONS = {
    *("APIHandler", "Authorizer", "ImportFiles", "NightlyScoring", "RelayAlerts", "ScorePages", "Sweep"),
    *("DispatchSyncs", "SyncConnections"),
}
STAGES = ("local", "dev", "prod")

COMMON = {"STAGE", "TABLE_NAME", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}
CLAIMS = ("TENANT_CLAIM", "GROUPS_CLAIM", "ACCOUNT_MANAGER_CLAIM")
QUEUE = {"SCORING_QUEUE_URL"}
IMPORTS = {"IMPORT_QUEUE_URL", "IMPORT_BUCKET"}
SUBSCRIPTIONS = {"sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"}
RELAY = QUEUE | {"REFRESH_DELAY_SECONDS", "TOPIC_ARN_PREFIX", "UNDELIVERED_QUEUE_ARN", "DASHBOARD_URL"}
SEALS = {"SECRETS_KEY_ID", "CONNECTWISE_CLIENT_ID"}
VARIABLES = {
    "APIHandler": COMMON | RELAY | IMPORTS | SEALS | {"SYNC_QUEUE_URL", "SIGNING_KEY_PARAMETER", "TENANT_ROLE_ARN"},
    "ImportFiles": COMMON | QUEUE | IMPORTS | {"REFRESH_DELAY_SECONDS"},
    "Authorizer": COMMON | {f"OIDC_{name}" for name in ("ISSUER", "AUDIENCE", "JWKS_URL", "TOKEN_USE", *CLAIMS)},
    "NightlyScoring": COMMON | QUEUE,
    "ScorePages": COMMON | QUEUE,
    "RelayAlerts": COMMON | RELAY,
    "Sweep": COMMON | RELAY,
    "DispatchSyncs": COMMON | {"SYNC_QUEUE_URL"},
    "SyncConnections": COMMON | QUEUE | SEALS | {"SYNC_QUEUE_URL", "REFRESH_DELAY_SECONDS"},
}


def _untyped(template: dict[str, Any]) -> set[str]:
    """Resources without a type: what a misspelt name in the merge template leaves behind."""
    return {name for name, resource in template["Resources"].items() if "Type" not in resource}


def _properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"][name]["Properties"]
    return properties


def _statements(template: dict[str, Any], function: dict[str, Any]) -> list[dict[str, Any]]:
    policies = _properties(template, function["Role"]["Fn::GetAtt"][0])["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_passes_cfn_lint(built: Package) -> None:
    run = lint(built.template)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_name_in_the_merge_template_is_one_chalice_knows_or_a_whole_resource(template: dict[str, Any]) -> None:
    assert _untyped(template) == set()


def test_a_misspelt_function_name_would_be_seen(template: dict[str, Any]) -> None:
    misspelt = {**template, "Resources": {**template["Resources"], "ScorePage": {"Properties": {"Timeout": 60}}}}
    assert _untyped(misspelt) == {"ScorePage"}


def test_the_night_begins_when_the_sweep_takes_it_to_begin(functions: dict[str, dict[str, Any]]) -> None:
    (event,) = functions["NightlyScoring"]["Events"].values()
    assert event["Properties"]["Schedule"] == f"cron(0 {NIGHT_HOUR} * * ? *)"


def test_has_exactly_the_functions_of_the_architecture(functions: dict[str, dict[str, Any]]) -> None:
    assert set(functions) == FUNCTIONS


@pytest.mark.parametrize(
    ("name", "timeout", "memory"),
    [
        ("APIHandler", 29, 1024),
        ("Authorizer", 10, 512),
        ("ImportFiles", 900, 1769),
        ("NightlyScoring", 300, 1024),
        ("ScorePages", 60, 1024),
        ("RelayAlerts", 60, 1024),
        ("Sweep", 120, 1024),
    ],
)
def test_function_limits(functions: dict[str, dict[str, Any]], name: str, timeout: int, memory: int) -> None:
    assert (functions[name]["Timeout"], functions[name]["MemorySize"]) == (timeout, memory)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_gets_the_variables_it_needs_and_no_others(functions: dict[str, dict[str, Any]], name: str) -> None:
    assert set(functions[name]["Environment"]["Variables"]) == VARIABLES[name]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_logs_into_a_group_with_an_end(
    template: dict[str, Any], functions: dict[str, dict[str, Any]], name: str
) -> None:
    group = _properties(template, functions[name]["LoggingConfig"]["LogGroup"]["Ref"])
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_every_function_has_a_role_of_its_own(functions: dict[str, dict[str, Any]]) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]
    assert len(set(roles)) == len(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_role_names_its_actions_and_resources(
    template: dict[str, Any], functions: dict[str, dict[str, Any]], name: str
) -> None:
    for statement in _statements(template, functions[name]):
        assert statement["Effect"] == "Allow"
        assert not [action for action in _as_list(statement["Action"]) if "*" in action or action.endswith(":Scan")]
        for resource in _as_list(statement["Resource"]):
            # A wildcard may only finish a name that starts as this stack's own.
            text = resource if isinstance(resource, str) else resource.get("Fn::Sub", "")
            if text == "*":  # IAM knows no resource for these two actions
                assert set(statement["Action"]) <= SUBSCRIPTIONS
            else:
                own = text.endswith(":${AWS::StackName}-*") or text == "${ImportBucket.Arn}/*"
                assert "*" not in text or own, statement["Sid"]


def test_the_authorizer_reads_api_keys_and_notes_their_use_and_nothing_else(
    template: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> None:
    read, note = [
        statement
        for statement in _statements(template, functions["Authorizer"])
        if any(action.startswith("dynamodb:") for action in statement["Action"])
    ]
    assert read["Action"] == ["dynamodb:GetItem"]
    assert read["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["APIKEY#*"]}}
    assert note["Action"] == ["dynamodb:UpdateItem"]
    written = note["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    assert set(written) == {"pk", "sk", "last_used_on"}
    assert "ALL_OLD" not in note["Condition"]["StringEqualsIfExists"]["dynamodb:ReturnValues"]


def test_every_batch_event_source_reports_partial_failures(functions: dict[str, dict[str, Any]]) -> None:
    sources = {
        f"{name}.{event}": properties["Properties"].get("FunctionResponseTypes")
        for name, function in functions.items()
        for event, properties in function.get("Events", {}).items()
        if properties["Type"] in {"SQS", "DynamoDB", "Kinesis", "MSK"}
    }
    assert sources == {
        "ImportFiles.ImportFilesSqsEventSource": ["ReportBatchItemFailures"],
        "ScorePages.ScorePagesSqsEventSource": ["ReportBatchItemFailures"],
        "SyncConnections.SyncConnectionsSqsEventSource": ["ReportBatchItemFailures"],
        "RelayAlerts.RelayAlertsDynamodbEventSource": ["ReportBatchItemFailures"],
    }


def test_event_sources_are_this_stacks_own(functions: dict[str, dict[str, Any]]) -> None:
    queue = functions["ScorePages"]["Events"]["ScorePagesSqsEventSource"]["Properties"]["Queue"]
    stream = functions["RelayAlerts"]["Events"]["RelayAlertsDynamodbEventSource"]["Properties"]["Stream"]
    assert (queue, stream) == ({"Fn::Sub": "${ScoringQueue.Arn}"}, {"Fn::Sub": "${Table.StreamArn}"})


def test_the_stream_wakes_the_relay_for_outbox_entries_alone(functions: dict[str, dict[str, Any]]) -> None:
    source = functions["RelayAlerts"]["Events"]["RelayAlertsDynamodbEventSource"]["Properties"]
    (pattern,) = [json.loads(each["Pattern"]) for each in source["FilterCriteria"]["Filters"]]
    assert pattern == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"pk": {"S": [{"suffix": "#OUTBOX"}]}}},
    }
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["UnrelayedAlerts", "Arn"]}


def test_the_scoring_queue_outwaits_its_worker_and_has_a_dead_letter_queue(
    template: dict[str, Any], functions: dict[str, dict[str, Any]]
) -> None:
    queue = _properties(template, "ScoringQueue")
    assert queue["VisibilityTimeout"] >= 6 * functions["ScorePages"]["Timeout"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["ScoringDeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }
    dead_letters = _properties(template, "ScoringDeadLetters")
    assert dead_letters["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


def test_files_of_imports_are_private_for_a_week_and_from_the_page_alone(template: dict[str, Any]) -> None:
    """The emulator allows any origin: this is the one place that says which."""
    bucket = _properties(template, "ImportBucket")
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (kept,) = bucket["LifecycleConfiguration"]["Rules"]
    assert kept["ExpirationInDays"] == 7
    (cors,) = bucket["CorsConfiguration"]["CorsRules"]
    assert (cors["AllowedOrigins"], cors["AllowedMethods"]) == ([{"Ref": "DashboardUrl"}], ["PUT"])
    (tls,) = _properties(template, "ImportBucketPolicy")["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_an_import_is_handed_out_once_at_a_time(template: dict[str, Any], functions: dict[str, dict[str, Any]]) -> None:
    queue, source = (
        _properties(template, "ImportQueue"),
        functions["ImportFiles"]["Events"]["ImportFilesSqsEventSource"],
    )
    assert queue["VisibilityTimeout"] > functions["ImportFiles"]["Timeout"]
    assert source["Properties"]["BatchSize"] == 1
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["ImportDeadLetters", "Arn"]}


def test_the_api_reaches_the_tenants_own_files_alone(template: dict[str, Any], functions: dict[str, Any]) -> None:
    assert not [each for each in _statements(template, functions["APIHandler"]) if "s3:" in str(each["Action"])]
    statements = _properties(template, "TenantRole")["Policies"][0]["PolicyDocument"]["Statement"]
    (files,) = [each for each in statements if "s3:GetObject" in each["Action"]]
    assert files["Resource"] == {"Fn::Sub": "${ImportBucket.Arn}/${!aws:PrincipalTag/tenant}/*"}


def test_the_table_is_protected_and_streams_keys(template: dict[str, Any]) -> None:
    table = _properties(template, "Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}
    assert table["SSESpecification"] == {"SSEEnabled": False}, "encrypted with the key of AWS, which costs nothing"
    assert table["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}, "cannot be changed later"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert "GlobalSecondaryIndexes" not in table
    assert template["Resources"]["Table"]["DeletionPolicy"] == "Retain"


def test_app_clients_cannot_write_the_tenant(template: dict[str, Any]) -> None:
    client = _properties(template, "UserPoolClient")
    assert client["WriteAttributes"] == ["email"]
    attributes = {each["Name"]: each["Mutable"] for each in _properties(template, "UserPool")["Schema"]}
    assert attributes == {"tenant_id": False, "account_manager_id": True}


def test_the_page_asks_for_tokens_that_name_the_tenant(template: dict[str, Any]) -> None:
    """Cognito puts only what the scopes name into an ID token: `email` without `profile` leaves the tenant out."""
    client = _properties(template, "UserPoolClient")
    custom = {"custom:tenant_id", "custom:account_manager_id"}
    assert set(client["ReadAttributes"]) == {"email", "email_verified", "name", *custom}
    asked = template["Parameters"]["OidcScope"]["Default"]
    assert asked.split() == client["AllowedOAuthScopes"] == ["openid", "email", "profile"]


def test_claims_are_named_by_parameters_and_those_of_the_pool_by_default(template: dict[str, Any]) -> None:
    variables = _properties(template, "Authorizer")["Environment"]["Variables"]
    assert variables["OIDC_TENANT_CLAIM"] == {"Ref": "OidcTenantClaim"}
    assert variables["OIDC_GROUPS_CLAIM"] == {"Ref": "OidcGroupsClaim"}
    assert variables["OIDC_ACCOUNT_MANAGER_CLAIM"] == {"Ref": "OidcAccountManagerClaim"}
    assert variables["OIDC_TOKEN_USE"] == {"Fn::If": ["OwnIssuer", "id", ""]}
    defaults = {name: each.get("Default") for name, each in template["Parameters"].items()}
    assert defaults["OidcTenantClaim"] == COGNITO["OIDC_TENANT_CLAIM"]
    assert defaults["OidcGroupsClaim"] == COGNITO["OIDC_GROUPS_CLAIM"]
    assert defaults["OidcAccountManagerClaim"] == COGNITO["OIDC_ACCOUNT_MANAGER_CLAIM"]
    read = {"OidcScope", "OidcTenantClaim", "OidcGroupsClaim", "OidcAccountManagerClaim"}
    assert read <= template["Outputs"].keys(), "the page reads them"


def _holds(condition: Any, parameters: dict[str, str]) -> bool:
    """What CloudFormation makes of a rule's assertion."""
    ((function, parts),) = condition.items()
    if function == "Fn::Equals":
        left, right = [parameters[each["Ref"]] if isinstance(each, dict) else each for each in parts]
        return bool(left == right)
    within = [_holds(each, parameters) for each in parts]
    return {"Fn::And": all(within), "Fn::Or": any(within), "Fn::Not": not within[0]}[function]


def _refused(template: dict[str, Any], **given: str) -> list[str]:
    """The rules that refuse these parameters."""
    parameters = {**{name: each.get("Default", "x") for name, each in template["Parameters"].items()}, **given}
    return [
        name
        for name, rule in template["Rules"].items()
        if _holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}), parameters)
        if not all(_holds(each["Assert"], parameters) for each in rule["Assertions"])
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_no_rule_refuses_the_parameters_of_a_stage(template: dict[str, Any], stage: str) -> None:
    assert _refused(template, **{name: str(value) for name, value in stage_parameters(stage).items()}) == []


def test_an_issuer_of_ones_own_is_named_whole(template: dict[str, Any]) -> None:
    whole = {"OidcIssuer": "https://i.example", "OidcAudience": "app", "OidcJwksUrl": "https://i.example/keys"}
    assert _refused(template, **whole) == []
    for name in whole:
        assert _refused(template, **{**whole, name: ""}) == ["IssuerOfYourOwn"]
        assert _refused(template, **{name: whole[name]}) == ["IssuerOfYourOwn"]


def test_a_certificate_is_for_an_address(template: dict[str, Any]) -> None:
    assert _refused(template, DashboardCertificate="arn:aws:acm:…") == ["AddressOfYourOwn"]
    assert _refused(template, DashboardCertificate="arn:aws:acm:…", DashboardUrl="https://health.example.com") == []


def test_what_cannot_be_changed_of_the_user_pool_is_right_from_the_start(template: dict[str, Any]) -> None:
    pool = template["Resources"]["UserPool"]
    assert pool["DeletionPolicy"] == "Retain"
    on_aws, _ = pool["Properties"]["UsernameConfiguration"]["Fn::If"][1:]
    assert on_aws == {"CaseSensitive": False}, "or else Grace@ and grace@ are two users"
    assert pool["Properties"]["DeletionProtection"] == {"Fn::If": ["IsProtected", "ACTIVE", "INACTIVE"]}


def test_the_sign_in_address_tells_no_account_id(template: dict[str, Any]) -> None:
    on_aws, _ = _properties(template, "UserPoolDomain")["Domain"]["Fn::If"][1:]
    domain = json.dumps(on_aws)
    assert "AWS::AccountId" not in domain
    assert "AWS::StackId" in domain, "prefixes are unique among all customers of AWS"


def test_invitations_lead_to_the_page_and_can_be_sent_by_a_mailer_of_ones_own(template: dict[str, Any]) -> None:
    pool = _properties(template, "UserPool")
    invitation = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]["Fn::Sub"]
    assert "${DashboardUrl}/" in invitation
    assert "{username}" in invitation, "Cognito refuses an invitation without either"
    assert "{####}" in invitation
    own, ses = pool["EmailConfiguration"]["Fn::If"][1:]
    assert own == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert (ses["EmailSendingAccount"], ses["SourceArn"]) == ("DEVELOPER", {"Ref": "SenderIdentityArn"})
    assert _refused(template, SenderAddress="no-reply@example.com") == ["SenderOfYourOwn"]
    assert _refused(template, SenderIdentityArn="arn:aws:ses:…", SenderAddress="no-reply@example.com") == []


def test_people_may_use_a_second_factor_and_can_be_made_to(template: dict[str, Any]) -> None:
    pool = _properties(template, "UserPool")
    assert pool["MfaConfiguration"] == {"Ref": "SecondFactor"}
    assert pool["EnabledMfas"]["Fn::If"] == ["OneFactor", {"Ref": "AWS::NoValue"}, ["SOFTWARE_TOKEN_MFA"]]
    factor = template["Parameters"]["SecondFactor"]
    assert (factor["Default"], factor["AllowedValues"]) == ("OPTIONAL", ["OFF", "OPTIONAL", "ON"])
    assert pool["UserPoolTier"] == "ESSENTIALS"


def test_the_accounts_role_for_logs_can_be_left_alone(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    assert {name for name, each in resources.items() if each.get("Condition") == "SetsGatewayAccount"} == {
        "GatewayAccount",
        "GatewayLogsRole",
    }
    # Where it is not left alone it is set before there is a stage that logs: the API names it.
    described = resources["RestAPI"]["Properties"]["Description"]["Fn::If"]
    assert described[:2] == ["SetsGatewayAccount", {"Fn::Sub": "Writes logs through ${GatewayAccount}"}]


def test_bounds_that_an_operator_can_set(template: dict[str, Any]) -> None:
    assert _properties(template, "Table")["OnDemandThroughput"] == {
        "MaxReadRequestUnits": {"Ref": "MaxReadUnitsPerSecond"},
        "MaxWriteRequestUnits": {"Ref": "MaxWriteUnitsPerSecond"},
    }
    for function, name in (("APIHandler", "Api"), ("Authorizer", "Authorizer")):
        reserved = _properties(template, function)["ReservedConcurrentExecutions"]["Fn::If"]
        assert reserved == [f"ReservesFor{name}", {"Ref": f"ReservedFor{name}"}, {"Ref": "AWS::NoValue"}]
        assert template["Parameters"][f"ReservedFor{name}"]["Default"] == 0, "none by default"


def test_protection_is_the_default(template: dict[str, Any]) -> None:
    assert template["Parameters"]["Protected"]["Default"] == "true"
    assert template["Conditions"]["IsProtected"] == {"Fn::Equals": [{"Ref": "Protected"}, "true"]}


def test_there_is_a_group_for_every_permission(template: dict[str, Any]) -> None:
    groups = [
        resource["Properties"]["GroupName"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Cognito::UserPoolGroup"
    ]
    assert sorted(groups) == sorted(PERMISSIONS)


def test_the_api_is_regional_and_throttled(template: dict[str, Any]) -> None:
    api = _properties(template, "RestAPI")
    assert api["EndpointConfiguration"] == "REGIONAL"
    (settings,) = api["MethodSettings"]
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= settings.keys()


def test_answers_are_compressed_where_etags_stay_strong(template: dict[str, Any]) -> None:
    assert 0 < _properties(template, "RestAPI")["MinimumCompressionSize"] <= 10_000_000
    (api,) = _properties(template, "DashboardDistribution")["DistributionConfig"]["CacheBehaviors"]
    assert (api["PathPattern"], api["Compress"]) == ("/v1/*", False)


def test_the_gateways_own_answers_are_problems_that_the_page_can_read(template: dict[str, Any]) -> None:
    responses = _properties(template, "RestAPI")["GatewayResponses"]
    statuses = {response.get("StatusCode") for response in responses.values()}
    assert {400, 401, 403, 404, 413, 429, 500, 503, 504} <= statuses
    for name, response in responses.items():
        (body,) = response["ResponseTemplates"].values()
        problem = json.loads(body)
        assert problem.keys() - {"status"} == {"type", "title", "detail", "request_id"}
        assert problem.get("status") == response.get("StatusCode")
        # A default's status would be that of everything that has no answer of its own, such as a firewall's 403.
        assert ("StatusCode" in response) == (not name.startswith("DEFAULT_"))
        assert "status" not in problem or problem["title"] == TITLES[problem["status"]]
        headers = response["ResponseParameters"]["Headers"]
        assert headers["Content-Type"] == "'application/problem+json'"
        assert headers["Access-Control-Allow-Origin"] == "'*'"
        for name, value in COMMON_HEADERS.items():  # those of the functions' answers
            assert headers[name] == f"'{value}'"
        assert ("Retry-After" in headers) == (response.get("StatusCode") in (429, 503))


def test_a_credential_that_cannot_be_checked_now_may_be_sent_again(template: dict[str, Any]) -> None:
    """By either of the gateway's words for it: what an authorizer raises, it takes for a wrong configuration."""
    responses = _properties(template, "RestAPI")["GatewayResponses"]
    for name in ("AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"):
        assert responses[name]["StatusCode"] == 503
        assert int(responses[name]["ResponseParameters"]["Headers"]["Retry-After"].strip("'")) > 0
    assert responses["UNAUTHORIZED"]["StatusCode"] == 401, "a refused credential stays refused"


def test_every_queue_is_encrypted(template: dict[str, Any]) -> None:
    """checkov's own check of this knows keys of ours alone, so it is skipped."""
    queues = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::SQS::Queue"]
    assert len(queues) >= 3
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)


def test_every_log_group_has_an_end(template: dict[str, Any]) -> None:
    groups = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) >= len(FUNCTIONS)
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups)


def test_the_access_log_names_routes_and_not_what_was_asked_for(template: dict[str, Any]) -> None:
    separator, parts = _properties(template, "RestAPI")["AccessLogSetting"]["Format"]["Fn::Join"]
    line = json.loads(separator.join(parts))
    # Ids, codes, numbers and the program that asks: no address, path, query or message, which may repeat what was sent.
    assert set(line.values()) == {
        *("$context.requestId", "$context.identity.userAgent", "$context.httpMethod", "$context.resourcePath"),
        *("$context.status", "$context.responseLatency", "$context.responseLength", "$context.error.responseType"),
        *("$context.authorizer.tenant_id", "$context.authorizer.principalId", "$context.authorizer.status"),
        *("$context.authorizer.latency", "$context.integration.status", "$context.integration.latency"),
    }


def test_every_check_that_is_skipped_says_why(template: dict[str, Any]) -> None:
    skips = [
        (name, skip)
        for name, resource in template["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert skips
    assert [(name, skip["id"]) for name, skip in skips if len(skip["comment"]) < 40] == []
    assert not [path.name for path in ROOT.glob(".checkov.y*ml")], "skips stand beside what they excuse"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_parameters_and_its_share_of_workers(template: dict[str, Any], stage: str) -> None:
    parameters = tomllib.loads((ROOT / "infra" / "parameters" / f"{stage}.toml").read_text())
    assert parameters.keys() <= template["Parameters"].keys()
    assert template["Mappings"]["ScoringWorkers"][stage]["Most"] >= 2  # Lambda's own least


def test_stages_are_those_chalice_knows(template: dict[str, Any]) -> None:
    assert set(json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]) == set(STAGES)
    assert set(template["Mappings"]["ScoringWorkers"]) == set(STAGES)


def test_the_merge_template_never_merges_an_intrinsic_over_another(template: dict[str, Any]) -> None:
    """Merging key by key could leave {"Ref": …, "Fn::Sub": …}, which CloudFormation refuses only at deployment."""
    text = json.dumps(template)
    intrinsic = re.compile(r"\{\"(Ref|Fn::[A-Za-z]+)\": [^{}]*?, \"(Ref|Fn::[A-Za-z]+)\":")
    assert not intrinsic.search(text)
    assert yaml.safe_load(text) == template
