"""The bucket of packages: this account's and nobody else's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws
from moto.iam.access_control import PermissionResult

from infra.deployment import page
from infra.deployment.bucket import PackageBucket
from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import Package
from infra.deployment.target import Target
from tests.infra.test_page import OUTPUTS

ACCOUNT = "123456789012"  # moto's


class Calls:
    """Every S3 call of a session: its operation and parameters."""

    def __init__(self, session: boto3.Session) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        session.events.register("provide-client-params.s3.*", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        self.made.append((model.name, params))


@pytest.fixture
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    # moto reads no conditions in a bucket's policy and would refuse everything.
    monkeypatch.setattr("moto.s3.models.FakeBucket.get_permission", lambda *_: PermissionResult.NEUTRAL)
    with mock_aws():
        yield


@pytest.fixture
def small(tmp_path: Path) -> Package:
    template = {"Resources": {"Worker": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./x.zip"}}}}
    (tmp_path / "template.json").write_text(json.dumps(template))
    (tmp_path / "x.zip").write_bytes(b"PK")
    return Package(tmp_path / "template.json", tmp_path / "x.zip", "content-1")


def _put(package: Package, region: str) -> tuple[boto3.Session, PackageBucket, str, Calls]:
    session = boto3.Session(region_name=region)
    calls = Calls(session)
    bucket = PackageBucket(Target("dev", session), package)
    url = bucket.put_template()
    bucket.put_code()
    return session, bucket, url, calls


@pytest.mark.usefixtures("_aws")
@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_is_made_in_the_accounts_own_namespace_and_guarded(small: Package, region: str) -> None:
    session, bucket, url, calls = _put(small, region)
    assert bucket.name == f"client-health-deployments-{ACCOUNT}-{region}-an"
    (created,) = [params for name, params in calls.made if name == "CreateBucket"]
    assert created["BucketNamespace"] == "account-regional"
    s3 = session.client("s3")
    assert all(s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"].values())
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket.name)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]}
    assert [rule["Filter"]["Prefix"] for rule in rules.values() if "Expiration" in rule] == ["templates/"]
    template = json.loads(s3.get_object(Bucket=bucket.name, Key=url.partition(bucket.name + "/")[2])["Body"].read())
    code = template["Resources"]["Worker"]["Properties"]["CodeUri"]
    assert code == {"Bucket": bucket.name, "Key": "dev/content-1.zip"}
    assert s3.get_object(**code)["Body"].read() == b"PK"


@pytest.mark.usefixtures("_aws")
def test_every_call_says_whose_bucket_it_must_be(small: Package, tmp_path: Path) -> None:
    session, bucket, _, calls = _put(small, "eu-central-1")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>")
    outputs = {**OUTPUTS, "DashboardBucketName": bucket.name}
    page.publish(Target("dev", session), outputs, tmp_path / "dist", lambda _: None)
    checked = [params for name, params in calls.made if name != "CreateBucket"]
    assert len(checked) >= 8
    assert {params.get("ExpectedBucketOwner") for params in checked} == {ACCOUNT}


@pytest.mark.usefixtures("_aws")
def test_what_is_there_is_not_sent_again(small: Package) -> None:
    _put(small, "eu-central-1")
    _, _, _, calls = _put(small, "eu-central-1")
    assert [name for name, _ in calls.made if name in {"CreateBucket", "UploadPart", "CreateMultipartUpload"}] == []
    assert [params["Key"] for name, params in calls.made if name == "PutObject" and params["Key"].endswith("zip")] == []


@pytest.mark.usefixtures("_aws")
def test_somebody_elses_bucket_is_refused(small: Package) -> None:
    session = boto3.Session(region_name="eu-central-1")
    bucket = PackageBucket(Target("dev", session), small)
    session.client("s3").create_bucket(
        Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    calls = Calls(session)
    bucket._owner = "999999999999"  # the credentials are those of another account
    bucket._s3 = session.client("s3")

    def forbidden(**_: object) -> tuple[Any, dict[str, Any]]:
        """What S3 answers where the owner is another one; moto does not look."""
        response = type("Response", (), {"status_code": 403, "headers": {}})()
        return response, {"Error": {"Code": "403", "Message": "Forbidden"}, "ResponseMetadata": {"HTTPStatusCode": 403}}

    bucket._s3.meta.events.register("before-call.s3.HeadBucket", cast("Any", forbidden))
    with pytest.raises(DeploymentError, match="belongs to another account, or these credentials lack s3:ListBucket"):
        bucket.put_template()
    assert [name for name, _ in calls.made] == ["HeadBucket"]
