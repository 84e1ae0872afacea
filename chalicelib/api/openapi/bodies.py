"""Bodies that no schema reads as a whole while serving."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.records import MAX_RECORDS, AnyRecord, Deletion
from chalicelib.api.schemas.validation import Schema


class RecordsBody(Schema):
    """Records of any types, in any order: clients and account managers apply first."""

    records: Annotated[list[AnyRecord | Deletion], Field(min_length=1, max_length=MAX_RECORDS)]
    backfill: Annotated[bool, Field(description="Records of the past: they store no calculations.")] = False
