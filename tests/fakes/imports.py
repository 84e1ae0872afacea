"""Imports in memory."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chalicelib.domain.ids import TenantId
from chalicelib.domain.imports import Import, SavedMap, Upload


class FakeImportMapStore:
    def __init__(self) -> None:
        self._maps: dict[tuple[TenantId, str], SavedMap] = {}

    def get(self, tenant: TenantId, name: str) -> SavedMap | None:
        return self._maps.get((tenant, name))

    def list(self, tenant: TenantId) -> list[SavedMap]:
        return sorted((each for (owner, _), each in self._maps.items() if owner == tenant), key=lambda each: each.name)

    def put(self, tenant: TenantId, saved: SavedMap) -> bool:
        held = self._maps.get((tenant, saved.name))
        if held == saved:
            return True
        if (0 if held is None else held.version) != saved.version - 1:
            return False
        self._maps[tenant, saved.name] = saved
        return True

    def delete(self, tenant: TenantId, name: str, version: int) -> bool:
        held = self._maps.get((tenant, name))
        if held is not None and held.version != version:
            return False
        self._maps.pop((tenant, name), None)
        return True


class FakeImportStore:
    def __init__(self) -> None:
        self._imports: dict[tuple[TenantId, str], Import] = {}

    def get(self, tenant: TenantId, import_id: str) -> Import | None:
        return self._imports.get((tenant, import_id))

    def list(self, tenant: TenantId) -> list[Import]:
        return [each for (owner, _), each in sorted(self._imports.items()) if owner == tenant]

    def put(self, tenant: TenantId, held: Import) -> bool:
        standing, wanted = self._imports.get((tenant, held.id)), replace(held, version=held.version + 1)
        if standing == wanted:
            return True
        if (0 if standing is None else standing.version) != held.version:
            return False
        self._imports[tenant, held.id] = wanted
        return True

    def delete(self, tenant: TenantId, import_id: str) -> None:
        self._imports.pop((tenant, import_id), None)


class FakeImportFiles:
    def __init__(self) -> None:
        self._objects: dict[tuple[TenantId, str, str], bytes] = {}

    def upload(self, tenant: TenantId, import_id: str, number: int, size: int) -> Upload:
        return Upload(f"https://files.example/{tenant}/{import_id}/{number}?size={size}", {})

    def download(self, tenant: TenantId, import_id: str, name: str, shown: str) -> str:
        return f"https://files.example/{tenant}/{import_id}/{name}?as={shown}"

    def fetch(self, tenant: TenantId, import_id: str, name: str, path: str) -> bool:
        body = self.read(tenant, import_id, name)
        if body is not None:
            Path(path).write_bytes(body)
        return body is not None

    def read(self, tenant: TenantId, import_id: str, name: str) -> bytes | None:
        return self._objects.get((tenant, import_id, name))

    def put(self, tenant: TenantId, import_id: str, name: str, body: bytes) -> None:
        self._objects[tenant, import_id, name] = body

    def put_file(self, tenant: TenantId, import_id: str, name: str, path: str) -> None:
        self.put(tenant, import_id, name, Path(path).read_bytes())

    def delete(self, tenant: TenantId, import_id: str, names: Sequence[str]) -> None:
        for name in names:
            self._objects.pop((tenant, import_id, name), None)


class FakeImportQueue:
    def __init__(self) -> None:
        self.sent: list[tuple[TenantId, str]] = []

    def send(self, tenant: TenantId, import_id: str) -> None:
        self.sent.append((tenant, import_id))
