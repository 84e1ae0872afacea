"""Layer five: a warm process keeps nothing of a tenant; two tenants that take turns in it never meet."""

import gc
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, Final

import pytest
from chalice.app import Request as ChaliceRequest

from chalicelib import bootstrap
from chalicelib.api.endpoint import ROUTES
from tests.functional.examples import account_manager, ticket
from tests.functional.service import Service
from tests.functional.support import STACK, change, night, standardized

MARKS: Final = {"acme": "Quetzalcoatl", "rival": "Huitzilopochtli"}
"""A word that stands in every name of a tenant, and nowhere else."""

PARAMETERS: Final = {"client_id": "c1", "manager_id": "m1", "version": "1"}


@pytest.fixture
def two(service: Service) -> Service:
    """Two tenants whose ids are the same in everything; their names and scores differ."""
    service.tenant("rival")
    for tenant, points in (("acme", 20), ("rival", 90)):
        mark = MARKS[tenant]
        change(service, tenant, **STACK, primary_model="weighted")
        service.take(
            {**account_manager("m1"), "name": f"Manager {mark}"},
            *standardized("c1", points, name=f"Client {mark}", industry=f"Industry {mark}", account_manager_id="m1"),
            ticket("t1", "c1"),
            tenant=tenant,
        )
    night(service, "2026-11-23", "acme")
    service.trigger("2026-11-23T02:00:00Z", ["rival"])
    service.drain()
    for tenant in MARKS:
        service.publish(tenant)
    return service


def reads() -> Iterator[str]:
    """Every route that reads, with the ids that both tenants have."""
    for route in ROUTES:
        names = {name for name in PARAMETERS if f"{{{name}}}" in route.path}
        if route.method == "GET" and route.path.count("{") == len(names) and not route.path.endswith("openapi.json"):
            yield route.path.format(**PARAMETERS)


def answers(service: Service, tenant: str) -> dict[str, Any]:
    """What a tenant is answered, without what tells one answer from the next."""
    found = {}
    for path in reads():
        body = dict(service.http("GET", path, tenant=tenant).body)
        body.pop("request_id", None)
        found[path] = body
    return found


def test_taking_turns_changes_no_answer(two: Service) -> None:
    alone = {}
    for tenant in MARKS:
        restart()
        alone[tenant] = answers(two, tenant)
    assert alone["acme"] != alone["rival"]
    assert MARKS["acme"] not in repr(alone["rival"])
    assert MARKS["rival"] not in repr(alone["acme"])
    restart()
    for path in reads():
        for tenant in ("acme", "rival", "acme"):
            body = dict(two.http("GET", path, tenant=tenant).body)
            body.pop("request_id", None)
            assert body == alone[tenant][path], path


def test_nothing_of_a_tenant_stays_in_the_process(two: Service) -> None:
    """After requests, records, nights, refreshes and messages: no name, no fact in anything that a module reaches."""
    assert MARKS["acme"] in repr(answers(two, "acme"))
    two.take(*standardized("c2", 10, name=f"Another {MARKS['acme']}"))
    two.drain()
    two.sweep()
    assert found_in_modules("chalicelib") == []


def test_the_search_finds_what_stays(two: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    import chalicelib.services.cards as module

    monkeypatch.setattr(module, "CACHE", {"c1": [("kept", b"Client Quetzalcoatl")]}, raising=False)
    assert found_in_modules("chalicelib") == ["chalicelib.services.cards"]
    monkeypatch.undo()
    monkeypatch.setattr(bootstrap.application(), "last", f"Client {MARKS['acme']}", raising=False)
    assert "chalicelib.bootstrap" in found_in_modules("chalicelib")


def restart() -> None:
    """A new process, as far as the service is concerned; the tokens that the tests issue are not its own."""
    bootstrap.application.cache_clear()


def found_in_modules(package: str) -> list[str]:
    """The modules from whose globals, caches and closures something of a tenant can be reached."""
    gc.collect()
    modules = [(name, module) for name, module in sys.modules.items() if name.split(".")[0] == package]
    return sorted(name for name, module in modules if _reaches(module))


def _reaches(module: ModuleType) -> bool:
    """Whether a tenant's mark is in anything that a module holds; other modules speak for themselves."""
    seen: set[int] = set()
    waiting: list[Any] = [value for name, value in vars(module).items() if name != "__builtins__"]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, ModuleType):
            continue
        seen.add(id(value))
        if isinstance(value, str | bytes):
            if any((mark if isinstance(value, str) else mark.encode()) in value for mark in MARKS.values()):  # type: ignore[operator]
                return True
        elif isinstance(value, FunctionType):
            waiting += [*(value.__closure__ or ()), vars(value), value.__defaults__ or ()]
        elif not _is_elsewhere(value):
            waiting += gc.get_referents(value)
    return False


def _is_elsewhere(value: Any) -> bool:
    """Clients of AWS and the tests' own: moto holds the table, the tests hold what they sent.

    Chalice holds the last request until the next one takes its place; nothing of ours reads an earlier one.
    """
    if isinstance(value, ChaliceRequest):
        return True
    return type(value).__module__.split(".")[0] in {"botocore", "boto3", "moto", "tests", "logging", "_pytest"}
