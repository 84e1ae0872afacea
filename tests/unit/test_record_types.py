"""A record type is said three times, each for its own reader: what the API takes, how facts are held, what a table has.

They agree here: names, what may be absent, the words that a field may be.
"""

from typing import Any, Final, get_args

import pytest

from chalicelib.api.schemas.records import TYPES, AnyRecord
from chalicelib.domain.records import FACT_TYPES
from chalicelib.importing.fields import LAYOUTS, Kind

MODELS: Final = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(AnyRecord)[0])
}
LAYOUT: Final = {layout.type: layout for layout in LAYOUTS}


def schema(name: str) -> dict[str, Any]:
    """The fields of a type as the API says them, without what says which record it is."""
    properties: dict[str, Any] = dict(MODELS[name].model_json_schema()["properties"])
    return {field: described for field, described in properties.items() if field not in {"type", "id"}}


def words(described: dict[str, Any]) -> tuple[str, ...]:
    """What a field may be, where that is one of a few words."""
    every = [described, *described.get("anyOf", [])]
    found = next((each["enum"] for each in every if "enum" in each), ())
    return tuple(found) if found else tuple(each["const"] for each in every if "const" in each)


def test_the_types_are_the_same() -> None:
    assert set(TYPES) == set(MODELS) == set(LAYOUT)
    assert set(FACT_TYPES) == set(TYPES) - {"client", "account_manager"}


@pytest.mark.parametrize("name", TYPES)
def test_a_table_has_the_fields_of_the_api(name: str) -> None:
    assert {field.name for field in LAYOUT[name].fields} == set(schema(name))
    required = set(MODELS[name].model_json_schema()["required"]) - {"type", "id"}
    assert {field.name for field in LAYOUT[name].fields if field.required} == required


@pytest.mark.parametrize("name", TYPES)
def test_a_table_has_the_words_of_the_api(name: str) -> None:
    described = schema(name)
    for field in LAYOUT[name].fields:
        if field.kind is Kind.CODE:
            assert field.codes == words(described[field.name]), field.name
        else:
            assert words(described[field.name]) == (), field.name


@pytest.mark.parametrize("name", FACT_TYPES)
def test_facts_hold_the_fields_of_the_api(name: str) -> None:
    common = {"client_id", "updated_at", "deleted"}
    assert {field for field, _ in FACT_TYPES[name].fields} == set(schema(name)) - common
