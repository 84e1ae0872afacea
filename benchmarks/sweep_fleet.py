"""What one sweep of many tenants costs, counted: ``python -m benchmarks.sweep_fleet TENANTS``; prints JSON.

One tenant in a hundred has rows that were never refreshed. It runs against any build whose tree is its working folder:
an earlier one walks all tenants and knows no due marks.
"""

import json
import os
import sys
from inspect import signature
from typing import Any, Final
from unittest.mock import patch

from benchmarks.emulator import put_item
from benchmarks.stack import TABLE, Stack, started
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import encode
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.tenancy import bound_to

SEATS: Final = 1_000
DUE_IN: Final = 100
"""One tenant in so many has something due."""

DAY: Final = 86_400


def count(tenants: int) -> dict[str, Any]:
    """Calls and units of a sweep, and how many messages it sent: one for each tenant with something due."""
    with patch.dict(os.environ, {"DASHBOARD_URL": "https://health.example"}), started() as stack:
        names = [TenantId(f"t{number:05d}") for number in range(tenants)]
        _register(stack, names)
        due = names[::DUE_IN]
        for name in due:
            with bound_to(name):
                _refresh_marks(stack).mark(name, 0, {"c1": None}, stack.now)
        _leave_marks(stack, due)
        stack.now += DAY
        with stack.meter.counting() as cost:
            swept = _sweep(stack)
    return {
        "calls": sum(cost.calls.values()),
        "read_units": cost.read,
        "write_units": cost.write,
        "due": len(due),
        "messages": swept.messages,
    }


def _stores(stack: Stack) -> Any:
    """The stores; an earlier build's application shows them itself."""
    return getattr(stack, "adapters", stack.app)


def _refresh_marks(stack: Stack) -> Any:
    """Their store, which an earlier build calls otherwise."""
    stores = _stores(stack)
    return stores.refresh_marks if hasattr(type(stores), "refresh_marks") else stores.dirty


def _register(stack: Stack, names: list[TenantId]) -> None:
    first = names[0]
    with bound_to(first):
        _stores(stack).tenants.create(Tenant(first, "Tenant", "Europe/Rome", "EUR"), stack.now, "benchmark")
        _stores(stack).tenants.take_seats(first, SEATS)
    settings = stack.peek.item(TABLE, encode(keys.settings(first)._asdict()))
    assert settings is not None
    for name in names[1:]:
        put_item(TABLE, {**settings, **encode(keys.settings(name)._asdict())})
        put_item(TABLE, encode({**keys.registry(name)._asdict()}))


def _leave_marks(stack: Stack, due: list[TenantId]) -> None:
    """What a request leaves beside its refresh marks, and that everybody was looked at before."""
    if not hasattr(_stores(stack), "due"):
        return
    from chalicelib.domain.run import Walk

    for name in due:
        with bound_to(name):
            _stores(stack).due.mark(name, stack.now, stack.now)
    _stores(stack).due.save_walk(Walk(complete=True))


def _sweep(stack: Stack) -> Any:
    sweep: Any = stack.app.sweep.sweep
    known = [lambda: True, _fail][: len(signature(sweep).parameters)]
    return sweep(*known)


def _fail(tenant: TenantId, error: Exception) -> None:
    raise AssertionError(f"{tenant} could not be swept") from error


if __name__ == "__main__":
    print(json.dumps(count(int(sys.argv[1]))))
