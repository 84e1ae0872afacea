"""What each GET route costs: the DynamoDB calls and read units of one warm request, by the API's own handler."""

from typing import Final, NamedTuple

from benchmarks.stack import Stack, get
from benchmarks.workload import ZONE
from chalicelib.domain.facts import Instant
from chalicelib.domain.moment import local_day
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import format_day
from infra.meter import Cost

FIRST_CLIENT: Final = "c-00001"
PARAMETERS: Final = {"client_id": FIRST_CLIENT, "manager_id": "am-1", "version": "1"}

NOT_IN_B1: Final = frozenset({"Imports", "Connections"})
"""What the workload has none of."""

LISTS: Final = frozenset({"/v1/analytics/clients", "/v1/clients"})
"""Routes that look at the whole fleet: 2 calls and one per 100 pages."""

FLAT: Final = frozenset(
    {
        "/v1/analytics/portfolio",
        "/v1/clients/{client_id}/health",
        "/v1/settings/health-score",
        "/v1/settings/business-hours",
        "/v1/settings/workflows",
    }
)
"""Portfolio, card and settings: the same calls and read units for a fleet of any size."""


class RouteCost(NamedTuple):
    """DynamoDB calls and read units of a request."""

    calls: int
    read_units: float


def route_costs(stack: Stack) -> dict[str, RouteCost]:
    """Every GET route that reads from the table, when warm, but those of what B1 has none of."""
    from app import app
    from chalicelib.api.endpoint import PUBLIC, ROUTES

    assert app
    found = {}
    for route in ROUTES:
        if route.method == "GET" and route.permission != PUBLIC and route.tag not in NOT_IN_B1:
            for _ in range(2):  # the first one makes clients and reads the signing key
                with stack.meter.counting() as cost:
                    get(route.path, route.permission, _query(stack, route.path), _parameters(route.path))
            found[route.path] = _cost(cost)
    return found


def _cost(cost: Cost) -> RouteCost:
    calls = sum(count for operation, count in cost.calls.items() if operation.startswith("dynamodb."))
    return RouteCost(calls, cost.read)


def _parameters(path: str) -> dict[str, str]:
    return {name: value for name, value in PARAMETERS.items() if f"{{{name}}}" in path}


def _query(stack: Stack, path: str) -> dict[str, str]:
    if path.endswith("/records/ids"):
        return {"type": "ticket"}
    if not path.endswith("/explanation"):
        return {}
    return {"from": format_day(local_day(Instant(stack.now), ZoneInfo(ZONE)) - 30), "to": "now"}
