"""The built dashboard into the stack's bucket, with its sign-in: ``/config.json`` is no part of the build."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infra.deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFIG = "config.json"
ENTRY = "index.html"

_KEPT = "public, max-age=31536000, immutable"  # their names change with their content
_ASKED_ANEW = "no-cache"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def sign_in(outputs: Mapping[str, str]) -> dict[str, str]:
    """What the page reads at ``/config.json``: where its visitors sign in, from the outputs of the stack."""
    config = {
        "mode": "oidc",
        "issuer": outputs["OidcIssuer"],
        "client_id": outputs["OidcClientId"],
        "scope": outputs["OidcScope"],
        "tenant_claim": outputs["OidcTenantClaim"],
        "groups_claim": outputs["OidcGroupsClaim"],
        "account_manager_claim": outputs["OidcAccountManagerClaim"],
    }
    if outputs["OidcClientId"] == outputs["UserPoolClientId"]:  # another issuer has sign-out pages of its own
        config["hosted_ui_domain"] = urlsplit(outputs["SignInUrl"]).netloc
    return config


def publish(target: Target, outputs: Mapping[str, str], built: Path, report: Callable[[str], None]) -> None:
    """Upload the page in ``built`` to the bucket of the stack with these ``outputs``.

    What a page of the last release still loads stays: nothing is deleted, and the entry comes last.
    """
    report("Uploading the dashboard")
    s3: S3Client = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
    bucket, owner = outputs["DashboardBucketName"], target.account

    def put(name: str, body: bytes) -> None:
        kept = _KEPT if name.startswith("assets/") else _ASKED_ANEW
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=body,
            ContentType=_TYPES[Path(name).suffix],
            CacheControl=kept,
            ExpectedBucketOwner=owner,
        )

    names = sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())
    put(CONFIG, json.dumps(sign_in(outputs)).encode())
    for name in sorted(names, key=lambda name: (name == ENTRY, name)):
        put(name, (built / name).read_bytes())
