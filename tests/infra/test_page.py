"""The dashboard on AWS: what serves it, who may read it, and what a deployment uploads."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from infra import dashboard
from infra.deployment import page
from infra.deployment.target import Target
from infra.local.front import is_file, page_headers

OUTPUTS = {
    "DashboardBucketName": "page-bucket",
    "OidcIssuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool",
    "OidcClientId": "the-client",
    "OidcScope": "openid email profile",
    "OidcTenantClaim": "custom:tenant_id",
    "OidcGroupsClaim": "cognito:groups",
    "OidcAccountManagerClaim": "custom:account_manager_id",
    "UserPoolClientId": "the-client",
    "SignInUrl": "https://client-health-dev-1.auth.eu-central-1.amazoncognito.com",
}


@pytest.fixture
def distribution(template: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = template["Resources"]["DashboardDistribution"]["Properties"]["DistributionConfig"]
    return config


def test_the_bucket_is_private_and_read_by_this_distribution_alone(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    bucket = resources["DashboardBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    read, plain = resources["DashboardBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert read["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    (source,) = read["Condition"]["StringEquals"].values()
    assert source["Fn::Sub"].endswith(":distribution/${DashboardDistribution}")
    assert plain["Effect"] == "Deny"


def test_pages_come_from_the_bucket_and_v1_from_the_api_uncached(distribution: dict[str, Any]) -> None:
    bucket, api = distribution["Origins"]
    assert bucket["OriginAccessControlId"] == {"Fn::GetAtt": ["DashboardAccess", "Id"]}
    assert api["OriginPath"] == {"Fn::Sub": "/${RestAPI.Stage}"}
    assert distribution["DefaultCacheBehavior"]["TargetOriginId"] == bucket["Id"]
    (behavior,) = distribution["CacheBehaviors"]
    assert (behavior["PathPattern"], behavior["TargetOriginId"]) == ("/v1/*", api["Id"])
    assert set(behavior["AllowedMethods"]) >= {"GET", "POST", "PUT", "PATCH", "DELETE"}
    # AWS's own policies: nothing is cached, everything but the host (Authorization, If-Match) is passed on.
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    # An error page would replace the API's own 403 and 404.
    assert "CustomErrorResponses" not in distribution


def test_the_page_is_served_under_the_same_policy_as_on_the_local_stack(template: dict[str, Any]) -> None:
    """But for the issuer and its token endpoint, which the page calls on AWS."""
    local = dict(page_headers("${Uploads}"))
    config = template["Resources"]["DashboardHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    headers = config["SecurityHeadersConfig"]
    policy, names = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    assert policy.replace(" ${Issuer} ${Tokens}", "") == local["Content-Security-Policy"]
    assert names["Uploads"] == {"Fn::Sub": "https://${ImportBucket.RegionalDomainName}"}
    assert set(names) == {"Issuer", "Tokens", "Uploads"}
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31536000
    assert headers["ReferrerPolicy"]["ReferrerPolicy"] == local["Referrer-Policy"]


def test_the_local_stack_has_none_of_it(template: dict[str, Any]) -> None:
    ours = {
        name: each.get("Condition")
        for name, each in template["Resources"].items()
        if each["Type"].startswith(("AWS::CloudFront::", "AWS::S3::")) and not name.startswith("Import")
    }
    assert len(ours) == 6
    assert set(ours.values()) == {"ServesDashboard"}
    assert template["Conditions"]["ServesDashboard"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "local"]}]}


def test_nothing_that_the_distribution_needs_refers_back_to_it(template: dict[str, Any]) -> None:
    """API, functions and app client come before it: a reference would be a circle, which no linter sees through SAM."""
    resources = template["Resources"].items()
    referring = {name for name, each in resources if "DashboardDistribution" in json.dumps(each)}
    assert referring == {"DashboardBucketPolicy"}


def test_the_app_client_is_public_and_returns_to_the_page(template: dict[str, Any]) -> None:
    client = template["Resources"]["UserPoolClient"]["Properties"]
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == client["LogoutURLs"] == [{"Fn::Sub": "${DashboardUrl}/"}]


PATHS = {
    "/": False,
    "/analytics/clients": False,
    "/clients/acme.co": False,
    "/settings/versions": False,
    "/favicon.svg": True,
    "/config.json": True,
    "/assets/index-1.js": True,
    "/assets/none": True,
    "/.env": False,
}


def test_a_path_of_the_page_is_the_page_here_and_there(template: dict[str, Any]) -> None:
    """The function that CloudFront runs and the local front server agree about every path."""
    node = shutil.which("node", path=dashboard._npm()[1])
    assert node is not None
    code = template["Resources"]["DashboardRoutes"]["Properties"]["FunctionCode"]
    script = f"{code}\nconst asked = {json.dumps(list(PATHS))};"
    script += "console.log(JSON.stringify(asked.map(uri => handler({request: {uri}}).uri)))"
    run = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    expected = [path if file else "/index.html" for path, file in PATHS.items()]
    assert json.loads(run.stdout) == expected
    assert {path: is_file(path) for path in PATHS} == PATHS


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-1.js").write_text("1")
    return tmp_path


def test_a_deployment_uploads_the_page_and_its_sign_in(dist: Path) -> None:
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="page-bucket")
        s3.put_object(Bucket="page-bucket", Key="assets/index-0.js", Body=b"0")
        page.publish(Target("dev", session), OUTPUTS, dist, lambda _: None)
        held = {entry["Key"]: s3.get_object(Bucket="page-bucket", Key=entry["Key"]) for entry in _listed(s3)}
        config = json.loads(held["config.json"]["Body"].read())
    # What a page of the last release may still load stays.
    assert set(held) == {"index.html", "favicon.svg", "assets/index-1.js", "assets/index-0.js", "config.json"}
    assert "immutable" in held["assets/index-1.js"]["CacheControl"]
    assert {held[name]["CacheControl"] for name in ("index.html", "favicon.svg", "config.json")} == {"no-cache"}
    assert held["assets/index-1.js"]["ContentType"].startswith("text/javascript")
    assert config == {
        "mode": "oidc",
        "issuer": OUTPUTS["OidcIssuer"],
        "client_id": "the-client",
        "scope": "openid email profile",
        "tenant_claim": "custom:tenant_id",
        "groups_claim": "cognito:groups",
        "account_manager_claim": "custom:account_manager_id",
        "hosted_ui_domain": "client-health-dev-1.auth.eu-central-1.amazoncognito.com",
    }


def _listed(s3: Any) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", s3.list_objects_v2(Bucket="page-bucket")["Contents"])


def test_the_entry_comes_last(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[str] = []

    class _S3:
        def put_object(self, **asked: Any) -> None:
            put.append(asked["Key"])

        def get_caller_identity(self) -> dict[str, str]:
            return {"Account": "111122223333"}

    class _Session:
        region_name = "eu-central-1"

        def client(self, *_: object, **__: object) -> _S3:
            return _S3()

    page.publish(Target("dev", cast("boto3.Session", _Session())), OUTPUTS, dist, lambda _: None)
    assert put[-1] == "index.html"


def test_another_issuer_signs_out_by_itself() -> None:
    other = {**OUTPUTS, "OidcIssuer": "https://login.example", "OidcClientId": "other", "OidcTenantClaim": "org"}
    assert page.sign_in(other) == {
        "mode": "oidc",
        "issuer": "https://login.example",
        "client_id": "other",
        "scope": "openid email profile",
        "tenant_claim": "org",
        "groups_claim": "cognito:groups",
        "account_manager_claim": "custom:account_manager_id",
    }
