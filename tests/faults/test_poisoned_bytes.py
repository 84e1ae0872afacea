"""Every stored item of one unit unreadable, one after the other: the whole table and all mail of the others stay equal.

A night through the Lambda functions on moto, of two roster pages. What is damaged is of the second page, its clients
and their account manager; the first page and its mail are compared with the night without damage.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.adapters.dynamodb import keys, roster
from chalicelib.services import page_scoring, relay
from chalicelib.services.errors import raised
from chalicelib.workers.sweep import sweep
from tests.faults.aws import TENANT, Account, Item, Items, moto, stopped_clock
from tests.faults.full_night import NIGHT, comparable, prepare
from tests.faults.wire import Wire
from tests.functional.service import schedule_event

BAD: Final = ("#dan", "#rob", "P#0001", "SUB#m2")
"""What names the second page, its clients Dan and Rob, and Dan's account manager."""

SWEEPS: Final = 3
CASES: Final = 50
"""As docs/reliability.md counts them."""

OTHERS_MAIL: Final = ("m1", "nobody")

DAMAGES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "noise": lambda value: {"B": b"\x01\xff\x00"} if "B" in value else {"S": "{]"},
    "another type": lambda value: {"BOOL": True},
}


class Case(NamedTuple):
    """An attribute of an item, and what becomes of it."""

    key: tuple[str, str]
    attribute: str
    damage: str

    def damaged(self, items: Items) -> Items:
        item = dict(items[self.key])
        item[self.attribute] = DAMAGES[self.damage](item[self.attribute])
        return {**items, self.key: item}


class Stage(NamedTuple):
    account: Account
    items: Items
    clean: dict[Any, Any]

    def run(self, items: Items) -> dict[Any, Any]:
        self.account.restore(items)
        return live(self.account)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with moto(Wire()), stopped_clock("2026-10-23T12:00:00Z") as clock:
        account = Account(clock)
        items = prepare(account)
        account.restore(items)
        yield Stage(account, items, live(account))


def live(account: Account) -> dict[Any, Any]:
    """The night and some sweeps; returns what the others have of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "DIGEST_ABOVE", 1)
        account.trigger(NIGHT)
        account.deliver()
        for _ in range(SWEEPS):
            account.clock.advance(3600)
            account.invoke(sweep, schedule_event(NIGHT))
            account.deliver()
    found: dict[Any, Any] = {key: comparable(item) for key, item in account.items().items() if is_others(key, item)}
    mail = account.mail()
    for name in OTHERS_MAIL:
        found |= {("mail", name, key): body for key, body in mail[name].bodies.items() if "'dan'" not in repr(body)}
    return found


def is_others(key: tuple[str, str], item: Item) -> bool:
    """Whether an item is of the first page or of one of its clients."""
    if key[0].endswith("#P#0000"):
        return True
    told = repr(item)
    return key[0] == f"T#{TENANT}" and any(f"{name}" in told for name in ("ann", "bob", "eve")) and key[1] != "SUMMARY"


def cases(items: Items) -> list[Case]:
    """Every attribute of every item of the poisoned unit but its keys."""
    return [
        Case(key, attribute, damage)
        for key, item in sorted(items.items())
        if any(part in f"{key[0]}/{key[1]}" for part in BAD)
        for attribute in sorted(item.keys() - {"pk", "sk"})
        for damage in DAMAGES
    ]


def different(clean: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[str]:
    return [
        f"{key}: {clean.get(key)!r:.300} became {other.get(key)!r:.300}"
        for key in clean.keys() | other.keys()
        if clean.get(key) != other.get(key)
    ]


def test_an_item_that_cannot_be_read_is_nobody_elses_failure(stage: Stage) -> None:
    tried = cases(stage.items)
    told = []
    for case in tried:
        found = different(stage.clean, stage.run(case.damaged(stage.items)))
        told += [f"{case.key[1]} {case.attribute} {case.damage}: {each}" for each in found]
    assert told == []
    assert len(tried) == CASES, tried


def test_the_night_has_others_in_it(stage: Stage) -> None:
    assert sorted(key[1] for key in stage.clean if key[0] == "mail") == ["m1", "nobody"]
    assert sum(key[0].endswith("P#0000") for key in stage.clean) > 5


# ---- tests of the tests --------------------------------------------------------------------------------


def test_a_page_that_fails_with_its_message_is_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are read together, and what fails fails for all of them."""

    def together(self: Any, tenant: Any, pages: Any, day: Any) -> Any:
        current, snapshots = self._scores.with_snapshots(tenant, pages, day, self._clock())
        return lambda page: (current[page], snapshots.get(page))

    monkeypatch.setattr(page_scoring.PageScoring, "_earlier_results", together)
    case = Case((f"T#{TENANT}#P#0001", "NOW"), "d", "noise")
    assert different(stage.clean, stage.run(case.damaged(stage.items)))


def test_a_client_that_fails_with_its_page_is_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def page_facts(self: Any, tenant: Any, page: int, failed: Any) -> Any:
        return list(roster._facts(self._table.query(keys.page_items(tenant, page)), raised))

    monkeypatch.setattr(roster.DynamoRoster, "page_facts", page_facts)
    key = (f"T#{TENANT}#P#0000", "C#bob")
    assert different(stage.clean, stage.run(Case(key, "d", "noise").damaged(stage.items)))
