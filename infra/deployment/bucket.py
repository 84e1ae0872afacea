"""The bucket that CloudFormation and Lambda read a package from: this account's, made on the first deployment."""

import hashlib
import json
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import Package
from infra.deployment.target import APPLICATION, Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import BucketLifecycleConfigurationTypeDef

_TEMPLATES = "templates/"
_LIFECYCLE: "BucketLifecycleConfigurationTypeDef" = {
    "Rules": [
        {
            # CloudFormation keeps its own copy. Archives stay: a deployment that rolls back reads the one before it.
            "ID": "templates",
            "Status": "Enabled",
            "Filter": {"Prefix": _TEMPLATES},
            "Expiration": {"Days": 30},
        },
        {
            "ID": "uploads-that-broke-off",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    ]
}


class PackageBucket:
    """Names of what it holds are made from the content, so that what is there already is not sent again."""

    def __init__(self, target: Target, package: Package) -> None:
        self._s3: S3Client = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
        self._target = target
        self._package = package
        self._owner = target.account
        # The form of names that nobody but their account can take, in its namespace.
        self.name = f"{APPLICATION}-deployments-{self._owner}-{target.region}-an"
        self._code = f"{target.stage}/{package.content}.zip"

    def put_template(self) -> str:
        """The URL from which CloudFormation reads the template, which names the archive of `put_code`.

        Raises
        ------
        DeploymentError
            When the bucket belongs to another account.
        """
        self._ensure()
        template = json.loads(self._package.template.read_text())
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": self.name, "Key": self._code}
        body = json.dumps(template, sort_keys=True).encode()
        name = f"{_TEMPLATES}{self._target.stage}/{hashlib.sha256(body).hexdigest()}.json"
        self._s3.put_object(
            Bucket=self.name, Key=name, Body=body, ContentType="application/json", ExpectedBucketOwner=self._owner
        )
        return f"{self._s3.meta.endpoint_url}/{self.name}/{name}"

    def put_code(self) -> None:
        """Upload the archive, unless it is there."""
        try:
            self._s3.head_object(Bucket=self.name, Key=self._code, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
                raise
            extra = {"ExpectedBucketOwner": self._owner}
            self._s3.upload_file(str(self._package.archive), self.name, self._code, ExtraArgs=extra)

    def _ensure(self) -> None:
        """Make the bucket where it is missing; what guards it is set each time, so that no half-made one stays."""
        try:
            self._s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"403", "AccessDenied"}:
                raise DeploymentError(
                    f"the bucket {self.name} is not to be read: it belongs to another account, or these credentials "
                    "lack s3:ListBucket on it"
                ) from error
            if code not in {"404", "NoSuchBucket"}:
                raise
            self._create()
        self._guard()

    def _create(self) -> None:
        if self._target.region == "us-east-1":  # the one region that refuses to be named
            self._s3.create_bucket(Bucket=self.name, BucketNamespace="account-regional")
            return
        place = cast("BucketLocationConstraintType", self._target.region)  # the stubs list the regions of their day
        self._s3.create_bucket(
            Bucket=self.name,
            BucketNamespace="account-regional",
            CreateBucketConfiguration={"LocationConstraint": place},
        )

    def _guard(self) -> None:
        self._s3.put_public_access_block(
            Bucket=self.name,
            ExpectedBucketOwner=self._owner,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        arn = f"arn:{self._target.partition}:s3:::{self.name}"
        no_plain_http = {
            "Sid": "NoPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        self._s3.put_bucket_policy(
            Bucket=self.name,
            ExpectedBucketOwner=self._owner,
            Policy=json.dumps({"Version": "2012-10-17", "Statement": [no_plain_http]}),
        )
        self._s3.put_bucket_lifecycle_configuration(
            Bucket=self.name, ExpectedBucketOwner=self._owner, LifecycleConfiguration=_LIFECYCLE
        )
