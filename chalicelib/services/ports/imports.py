"""Imports of files: what is kept of them, where their files are, and who works at them."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.domain.ids import TenantId
from chalicelib.domain.imports import Import, SavedMap, Upload


class ImportMapStore(Protocol):
    def get(self, tenant: TenantId, name: str) -> SavedMap | None: ...

    def list(self, tenant: TenantId) -> list[SavedMap]:
        """All of them, by name."""

    def put(self, tenant: TenantId, saved: SavedMap) -> bool:
        """Stores a version if the one before it stands (of the first: none); False when another came first."""

    def delete(self, tenant: TenantId, name: str, version: int) -> bool:
        """Takes a map away; False when another version stands."""


class ImportStore(Protocol):
    """Imports; each expires a week after it was made."""

    def get(self, tenant: TenantId, import_id: str) -> Import | None:
        """Sees every acknowledged write."""

    def list(self, tenant: TenantId) -> list[Import]: ...

    def put(self, tenant: TenantId, held: Import) -> bool:
        """Replaces version `held.version` by the next one; False when another came first, or took it away."""

    def delete(self, tenant: TenantId, import_id: str) -> None: ...


class ImportFiles(Protocol):
    """The objects of imports: what was uploaded, by its number, and what was made of it. They go away after a week."""

    def upload(self, tenant: TenantId, import_id: str, number: int, size: int) -> Upload: ...

    def download(self, tenant: TenantId, import_id: str, name: str, shown: str) -> str:
        """Where a browser gets an object as a file of that name, for a quarter of an hour."""

    def fetch(self, tenant: TenantId, import_id: str, name: str, path: str) -> bool:
        """Writes an object to a path; False where there is none."""

    def read(self, tenant: TenantId, import_id: str, name: str) -> bytes | None: ...

    def put(self, tenant: TenantId, import_id: str, name: str, body: bytes) -> None: ...

    def put_file(self, tenant: TenantId, import_id: str, name: str, path: str) -> None: ...

    def delete(self, tenant: TenantId, import_id: str, names: Sequence[str]) -> None: ...


class ImportQueue(Protocol):
    def send(self, tenant: TenantId, import_id: str) -> None:
        """Has an import worked at. Safe to repeat."""
