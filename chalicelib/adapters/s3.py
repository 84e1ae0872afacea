"""The objects of imports in their bucket: below the tenant's id, then the import's."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.adapters.overload import ask
from chalicelib.domain.ids import TenantId
from chalicelib.domain.imports import Upload
from chalicelib.tenancy import OtherTenantError, bound_tenant

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIGNED_SECONDS: Final = 15 * 60
_MOST_DELETED: Final = 1_000
"""By one request: S3's own bound."""


def s3_config() -> Config:
    """Addresses that are signed name the region, and no checksum that a browser would have to send."""
    return Config(
        signature_version="s3v4", s3={"addressing_style": "virtual"}, request_checksum_calculation="when_required"
    )


class S3ImportFiles:
    """`ports.imports.ImportFiles` on S3."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def upload(self, tenant: TenantId, import_id: str, number: int, size: int) -> Upload:
        # The length is signed: a longer body, or a shorter one, is refused with 403.
        place = {**self._place(tenant, import_id, str(number)), "ContentLength": size}
        url = self._client.generate_presigned_url("put_object", Params=place, ExpiresIn=SIGNED_SECONDS)
        return Upload(url, {})

    def download(self, tenant: TenantId, import_id: str, name: str, shown: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9._-]", "-", shown)
        place = {
            **self._place(tenant, import_id, name),
            "ResponseContentDisposition": f'attachment; filename="{plain}"',
            "ResponseContentType": "text/csv; charset=utf-8",
        }
        return self._client.generate_presigned_url("get_object", Params=place, ExpiresIn=SIGNED_SECONDS)

    def fetch(self, tenant: TenantId, import_id: str, name: str, path: str) -> bool:
        try:
            found = ask(self._client.get_object, **self._place(tenant, import_id, name))
        except ClientError as error:
            return _absent(error)
        with Path(path).open("wb") as stream:
            for chunk in found["Body"].iter_chunks(1 << 20):
                stream.write(chunk)
        return True

    def read(self, tenant: TenantId, import_id: str, name: str) -> bytes | None:
        try:
            found = ask(self._client.get_object, **self._place(tenant, import_id, name))
        except ClientError as error:
            _absent(error)
            return None
        return found["Body"].read()

    def put(self, tenant: TenantId, import_id: str, name: str, body: bytes) -> None:
        ask(self._client.put_object, **self._place(tenant, import_id, name), Body=body)

    def put_file(self, tenant: TenantId, import_id: str, name: str, path: str) -> None:
        with Path(path).open("rb") as stream:
            ask(self._client.put_object, **self._place(tenant, import_id, name), Body=stream)

    def delete(self, tenant: TenantId, import_id: str, names: Sequence[str]) -> None:
        for start in range(0, len(names), _MOST_DELETED):
            objects = [{"Key": self._key(tenant, import_id, each)} for each in names[start : start + _MOST_DELETED]]
            wanted: Any = {"Objects": objects, "Quiet": True}
            ask(self._client.delete_objects, Bucket=self._bucket, Delete=wanted)

    def _place(self, tenant: TenantId, import_id: str, name: str) -> Any:
        return {"Bucket": self._bucket, "Key": self._key(tenant, import_id, name)}

    @staticmethod
    def _key(tenant: TenantId, import_id: str, name: str) -> str:
        if bound_tenant() not in (None, tenant):
            raise OtherTenantError("an object of another tenant's import")
        return f"{TenantId(tenant)}/{import_id}/{name}"


def _absent(error: ClientError) -> bool:
    """False for an object that does not exist. Raises what else went wrong."""
    if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
        raise error
    return False
