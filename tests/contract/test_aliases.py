"""The contract of `ports.AliasStore`."""

from chalicelib.domain.aliases import Alias
from chalicelib.domain.ids import RecordId
from chalicelib.services.ports.aliases import AliasStore
from tests.contract.examples import ACME, OTHER

C1, C2 = RecordId("c1"), RecordId("c2")
DESK = Alias(C1, "desk", "Acme Inc")
BOOKS = Alias(C1, "books", "17")


def test_there_are_none_at_first(aliases: AliasStore) -> None:
    assert aliases.of_client(ACME, C1) == []
    assert aliases.listed(ACME, "desk", None, 10) == []
    assert aliases.replace(ACME, C1, []) is None


def test_aliases_are_read_back_by_client_and_source(aliases: AliasStore) -> None:
    assert aliases.replace(ACME, C1, [DESK, BOOKS]) is None
    assert aliases.of_client(ACME, C1) == [BOOKS, DESK]
    assert [alias for _, alias in aliases.listed(ACME, "desk", None, 10)] == [DESK]
    assert aliases.listed(ACME, "des", None, 10) == []
    assert {alias for _, alias in aliases.listed(ACME, None, None, 10)} == {DESK, BOOKS}
    assert aliases.of_client(OTHER, C1) == []


def test_replacing_takes_away_what_is_not_said_again(aliases: AliasStore) -> None:
    aliases.replace(ACME, C1, [DESK, BOOKS])
    for _ in range(2):
        assert aliases.replace(ACME, C1, [BOOKS]) is None
        assert aliases.of_client(ACME, C1) == [BOOKS]
    assert aliases.listed(ACME, "desk", None, 10) == []
    assert aliases.replace(ACME, C2, [DESK._replace(client_id=C2)]) is None


def test_a_value_that_looks_the_same_is_the_same(aliases: AliasStore) -> None:
    aliases.replace(ACME, C1, [DESK])
    later = DESK._replace(value="ＡＣＭＥ   inc")
    assert aliases.replace(ACME, C1, [later]) is None
    assert aliases.of_client(ACME, C1) == [later]


def test_an_alias_is_one_clients(aliases: AliasStore) -> None:
    aliases.replace(ACME, C1, [DESK])
    other = Alias(C2, "desk", "acme inc")
    assert aliases.replace(ACME, C2, [Alias(C2, "books", "9"), other]) == DESK
    assert aliases.of_client(ACME, C2) == []
    assert aliases.replace(OTHER, C2, [other]) is None


def test_the_aliases_of_a_source_come_in_pages(aliases: AliasStore) -> None:
    for number in range(5):
        client = RecordId(f"c{number}")
        aliases.replace(ACME, client, [Alias(client, "desk", f"Client {number}")])
    first = aliases.listed(ACME, "desk", None, 2)
    rest = aliases.listed(ACME, "desk", first[-1][0], 10)
    assert (len(first), len(rest)) == (2, 3)
    assert len({alias.client_id for _, alias in (*first, *rest)}) == 5
    assert aliases.listed(ACME, None, first[-1][0], 10) == rest


def test_holders_are_found_by_value_and_an_alias_is_claimed_once(aliases: AliasStore) -> None:
    assert aliases.holders(ACME, "cw", ["250", "251"]) == {}
    assert aliases.claim(ACME, Alias(C1, "cw", "250")) == C1
    assert aliases.claim(ACME, Alias(C2, "cw", "250")) == C1
    assert aliases.claim(ACME, Alias(C1, "cw", "250")) == C1
    assert aliases.claim(ACME, Alias(C2, "xero", "250")) == C2
    assert aliases.holders(ACME, "cw", ["250", "251"]) == {"250": C1}
    assert aliases.of_client(ACME, C1) == [Alias(C1, "cw", "250")]
