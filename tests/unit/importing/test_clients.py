"""Whom rows are about: found by alias, id or name, created with an id that depends on no order."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import RecordId
from chalicelib.domain.text import folded
from chalicelib.importing.clients import (
    LONGEST_SLUG,
    Alias,
    Known,
    Mentions,
    NewClient,
    NoClient,
    Resolution,
    TooManyClientsError,
    Wanted,
    resolve,
    slug,
    told_apart,
)


def wanted(*names: str, by: str = "name", source: str = "desk", create: bool = True) -> list[Wanted]:
    return [Wanted(source, by, create, name, date(2026, 1, 1)) for name in names]


def ids(found: Resolution) -> dict[str, str | NoClient]:
    return {key: client for (_, _, key), client in found.ids.items()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme Inc", "acme-inc"),
        ("  Müller & Söhne GmbH ", "muller-sohne-gmbh"),
        ("Ｆｕｌｌ　Width", "full-width"),
        ("(Example)", "example"),
        ("顧客", ""),
        ("x" * 80, "x" * LONGEST_SLUG),
        ("a" * 49 + " b", "a" * 49),
    ],
)
def test_the_id_of_a_name(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_known_client_is_found_by_its_name_however_it_is_written() -> None:
    found = resolve(wanted("ACME   inc", " acme inc"), [Known("c1", "Acme Inc")], {})
    assert ids(found) == {"acme inc": "c1"}
    assert found.created == []
    assert set(found.aliases) == {("c1", Alias("desk", "ACME inc")), ("c1", Alias("desk", "acme inc"))}


def test_an_alias_comes_first() -> None:
    aliases = {("desk", "acme"): "c7", ("books", "acme"): "c8"}
    found = resolve(wanted("Acme"), [Known("acme", "Acme")], aliases)
    assert (ids(found), found.aliases) == ({"acme": "c7"}, [])
    assert ids(resolve(wanted("17", by="id"), [], {("desk", "17"): "c9"})) == {"17": "c9"}


def test_ids_are_told_apart_to_the_letter() -> None:
    assert ids(resolve(wanted("C1", "c1", by="id"), [], {})) == {"C1": "C1", "c1": "c1"}


def test_two_clients_of_one_name_are_a_fault() -> None:
    (reason,) = ids(resolve(wanted("Acme"), [Known("c2", "ACME"), Known("c1", "acme")], {})).values()
    assert isinstance(reason, NoClient)
    assert "(c1, c2)" in reason.reason


def test_nobody_is_created_where_the_map_does_not_say_so() -> None:
    found = resolve(wanted("Acme", create=False), [], {})
    assert isinstance(ids(found)["acme"], NoClient)
    assert isinstance(ids(resolve(wanted("a", by="alias"), [], {}))["a"], NoClient)
    assert found.created == []


def test_a_created_client_has_its_name_and_the_earliest_day() -> None:
    both = [
        Wanted("desk", "name", True, "Acme", date(2026, 3, 1)),
        Wanted("books", "name", True, "ACME", date(2025, 3, 1)),
    ]
    found = resolve(both, [], {})
    assert found.created == [NewClient("acme", "ACME", date(2025, 3, 1))]
    assert found.aliases == [("acme", Alias("books", "ACME")), ("acme", Alias("desk", "ACME"))]
    assert set(found.ids.values()) == {"acme"}


def test_an_id_that_two_want_is_neithers() -> None:
    found = resolve(wanted("Acme!", "Acme?"), [], {})
    assert [client.id for client in found.created] == sorted([told_apart("acme", "acme!"), told_apart("acme", "acme?")])


def test_an_id_that_another_has_is_not_taken() -> None:
    found = resolve(wanted("Acme"), [Known("acme", "Something Else")], {})
    assert [client.id for client in found.created] == [told_apart("acme", "acme")]


def test_a_name_without_letters_of_ours_has_a_hash() -> None:
    (client,) = resolve(wanted("顧客"), [], {}).created
    assert client.id == told_apart("", "顧客")
    assert len(client.id) == 6


def test_a_name_that_no_client_may_have_is_a_fault() -> None:
    assert isinstance(ids(resolve(wanted("x" * 201), [], {}))["x" * 201], NoClient)


def test_an_import_names_so_many_clients_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.importing.clients.MOST_NAMES", 3)
    mentions = Mentions("name")
    for name in ("a", "b", "A ", "c", "b"):
        mentions.of(name)
    with pytest.raises(TooManyClientsError):
        mentions.of("d")


NAMES = st.text(st.sampled_from("aAáÀ .-!ßé顧1"), min_size=1, max_size=5).filter(lambda text: folded(text) != "")


@given(st.lists(NAMES, max_size=8), st.lists(NAMES, max_size=4, unique_by=folded), st.randoms())
def test_ids_depend_on_no_order_and_fall_on_nobody(names: list[str], held: list[str], random: object) -> None:
    known = [Known(slug(name) or "k", name) for name in held]
    known = list({client.id: client for client in known}.values())
    found = resolve(wanted(*names), known, {})
    again = resolve(wanted(*reversed(names)), list(reversed(known)), {})
    assert (found.ids, found.created) == (again.ids, again.created)
    created = [client.id for client in found.created]
    assert len(set(created)) == len(created)
    assert not set(created) & {client.id for client in known}
    assert all(RecordId(client_id) for client_id in created)
    later = [*known, *(Known(client.id, client.name) for client in found.created)]
    second = resolve(wanted(*names), later, {})
    assert (second.ids, second.created) == (found.ids, [])
