"""docs/api.md holds what the code has: every route with its permission, every permission, every field of a record."""

from pathlib import Path
from typing import Final, get_args

import pytest

import app  # noqa: F401  declares the routes
from chalicelib.api.auth import PERMISSIONS
from chalicelib.api.endpoint import PREFIX, PUBLIC, ROUTES
from chalicelib.api.schemas.records import AnyRecord
from tests.openapi import DOCUMENT

PAGE: Final = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
ROWS: Final = {line.split(" | ")[0].strip("| `"): line for line in PAGE.splitlines() if line.startswith("| `")}
RECORDS: Final = get_args(get_args(AnyRecord)[0])


def test_every_route_is_there_with_its_permission_and_parameters() -> None:
    for route in ROUTES:
        row = ROWS[f"{route.method} {route.path.removeprefix(PREFIX)}"]
        assert (f"`{route.permission}`" in row) or (route.permission == PUBLIC and "| none |" in row)
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        for parameter in operation.get("parameters", []):
            assert parameter["in"] == "path" or f"`{parameter['name']}`" in row, (route, parameter["name"])


def test_no_route_is_there_that_is_not_served() -> None:
    served = {f"{route.method} {route.path.removeprefix(PREFIX)}" for route in ROUTES}
    assert {name for name in ROWS if name.split(" ")[0] in {"GET", "PUT", "POST", "PATCH", "DELETE"}} == served


def test_every_permission_is_explained() -> None:
    access = PAGE[PAGE.index("## Who may call") : PAGE.index("## Errors")]
    for permission in PERMISSIONS:
        assert f"`{permission}`" in access


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_every_field_of_a_record_is_there(model: type) -> None:
    fields = model.model_fields  # type: ignore[attr-defined]
    row = ROWS[get_args(fields["type"].annotation)[0]]
    for name, field in fields.items():
        if name != "type":
            assert f"`{name}`{'' if field.is_required() else '?'}" in row, name
