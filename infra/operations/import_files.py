"""The files of a tenant's imports: copies of what it uploaded, kept for a week, which may name any of its clients."""

from chalicelib.domain.ids import TenantId
from infra.operations.site import Site


def delete_import_files(site: Site, tenant: TenantId, *, dry_run: bool = False) -> int:
    """Delete all of them; returns how many there were. Their imports then say that nothing was uploaded."""
    bucket = site.outputs.get("ImportBucketName")
    if bucket is None:  # a stack of before there were imports
        return 0
    objects, count = site.objects, 0
    for page in objects.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{tenant}/"):
        held = [each["Key"] for each in page.get("Contents", [])]
        count += len(held)
        if held and not dry_run:
            objects.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in held], "Quiet": True})
    return count
