"""One whole night through the Lambda functions, once for every AWS call and every way in which that call can fail."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.adapters.dynamodb.runs import DynamoRunStore
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from tests.faults.aws import Account, Items, moto, stopped_clock
from tests.faults.broken import AlertsAfterRows, CountedPages
from tests.faults.full_night import State, differences, live, prepare
from tests.faults.wire import MODES, Mode, Wire

WRITES: Final = frozenset({"dynamodb.PutItem", "dynamodb.TransactWriteItems", "dynamodb.UpdateItem"})
CHUNKS: Final = 4
"""The cases of a mode are spread over so many tests, for as many processes to take."""


class Stage(NamedTuple):
    """The night before it begins, and what comes of it when nothing fails."""

    account: Account
    wire: Wire
    items: Items
    clean: State
    calls: tuple[str, ...]

    def cases(self, mode: Mode) -> list[int]:
        """The calls that can fail so."""
        return [number for number, operation in enumerate(self.calls) if mode.applies(operation)]

    def run(self, call: int | None, mode: Mode | None) -> State:
        """The night in which a call fails."""
        self.account.restore(self.items)
        self.wire.plan(call, mode)
        return live(self.account)

    def check(self, call: int, mode: Mode) -> None:
        """One fault breaks one function at most, and leaves nothing behind."""
        told = differences(self.clean, self.run(call, mode))
        assert told == [], f"{mode.name} of call {call}, {self.calls[call]}: {self.account.failures}"
        assert self.wire.injected, f"call {call} was never made"
        assert len(self.account.failures) <= 1


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    wire = Wire()
    with moto(wire), stopped_clock("2026-10-23T12:00:00Z") as clock:
        account = Account(clock)
        account.function_ended = wire.function_ended
        items = prepare(account)
        account.restore(items)
        wire.plan(None)
        clean = live(account)
        assert account.failures == []
        yield Stage(account, wire, items, clean, tuple(wire.calls))


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_every_call_that_fails(stage: Stage, mode: Mode, chunk: int, record_property: Any) -> None:
    cases = stage.cases(mode)[chunk::CHUNKS]
    for call in cases:
        stage.check(call, mode)
    record_property("cases", len(cases))


def test_the_cases_are_all_calls_of_the_clean_night(stage: Stage, record_property: Any) -> None:
    """What the sweep of faults covers; a second clean night makes the very same calls."""
    assert differences(stage.clean, stage.run(None, None)) == []
    assert tuple(stage.wire.calls) == stage.calls
    cases = {mode.name: len(stage.cases(mode)) for mode in MODES.values()}
    batches = sum(map(Counter(stage.calls).__getitem__, ("dynamodb.BatchGetItem", "sqs.SendMessageBatch")))
    everywhere = dict.fromkeys(set(MODES) - {"partial_once", "partial_always"}, len(stage.calls))
    assert cases == everywhere | {"partial_once": batches, "partial_always": batches}
    assert batches > 10
    record_property("cases", cases)


def test_the_clean_night_has_everything_in_it(stage: Stage) -> None:
    """Two pages, a digest, an alert, a notice, a recovery, tasks, flags that were refreshed."""
    kinds = {name: [body["kind"] for body in mail.values()] for name, mail in stage.clean.mail.items()}
    assert kinds == {"m1": ["digest"], "m2": ["alert"], "nobody": ["settings_notice"]}
    stored = Counter(sort.partition("#")[0] for _, sort in stage.clean.items)
    assert (stored["ALERT"], stored["TASK"], stored["SUMMARY"], stored["DAY"]) == (4, 4, 1, 2)
    statuses = [item["status"]["S"] for (_, sort), item in stage.clean.items.items() if sort.startswith("ALERT#")]
    assert sorted(statuses) == ["OPEN", "OPEN", "OPEN", "RESOLVED"]
    rows = [row for (_, sort), item in stage.clean.items.items() if sort == "NOW" for row in item["d"].values()]
    assert sum(row.client.at_risk_since is not None for row in rows) == 4
    used = {operation.partition(".")[0] for operation in stage.calls}
    assert used == {"dynamodb", "sqs", "sns"}


# ---- tests of the tests ----------------------------------------------------------------------------------


def caught(stage: Stage, mode: Mode) -> bool:
    """Whether a fault tells a broken service apart from itself without faults."""
    clean = stage.run(None, None)
    calls = list(stage.wire.calls)
    writes = [call for call, operation in enumerate(calls) if operation in WRITES]
    return any(differences(clean, stage.run(call, mode)) for call in writes)


def test_alerts_that_are_written_after_their_rows_are_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DynamoScoreStore, "put_current", AlertsAfterRows.put_current)
    assert differences(stage.clean, stage.run(None, None)) == [], "without a fault nobody notices"
    assert caught(stage, MODES["crash_after"])


def test_a_counter_of_pages_is_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DynamoRunStore, "add_done", CountedPages.add_done)
    monkeypatch.setattr("chalicelib.adapters.dynamodb.runs._run", CountedPages.read)
    assert caught(stage, MODES["lost_once"])
