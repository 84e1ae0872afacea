"""The simulated queue: what a queue must do, and what fair groups change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fair_queue import JITTER, Message, simulate

MESSAGES = st.lists(
    st.builds(Message, st.floats(0, 50), st.sampled_from("abc"), st.floats(0.1, 3)), min_size=1, max_size=40
)


@given(MESSAGES, st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_every_message_is_taken_once_and_not_before_it_was_sent(
    messages: list[Message], workers: int, batch: int, fair: bool
) -> None:
    found = simulate(messages, workers=workers, batch=batch, fair=fair, seed=1)
    for tenant in {message.tenant for message in messages}:
        waits = found.by_tenant[tenant]
        assert len(waits) == sum(message.tenant == tenant for message in messages)
        assert min(waits) >= 0
    work = sum(message.seconds for message in messages)
    assert found.drained >= (1 - JITTER) * work / workers
    assert found.drained <= max(message.sent for message in messages) + (1 + JITTER) * work


@given(MESSAGES, st.integers(1, 4))
def test_the_same_seed_gives_the_same_night(messages: list[Message], workers: int) -> None:
    first, second = (simulate(messages, workers=workers, batch=2, fair=True, seed=7) for _ in range(2))
    assert first == second


def test_one_worker_takes_the_oldest_first() -> None:
    messages = [Message(0.0, "a", 1.0), Message(0.1, "b", 1.0), Message(0.2, "a", 1.0)]
    waits = simulate(messages, workers=1, batch=1, fair=False, seed=1).by_tenant
    assert waits["a"][0] == 0
    assert waits["b"][0] < waits["a"][1]


def test_a_quiet_tenant_goes_before_a_noisy_one_only_with_fair_groups() -> None:
    flood = [Message(0.0, "noisy", 1.0) for _ in range(200)]
    quiet = [Message(20.0, "quiet", 1.0)]
    fair, plain = (
        simulate([*flood, *quiet], workers=2, batch=1, fair=fair, seed=1).by_tenant["quiet"] for fair in (True, False)
    )
    assert fair[0] <= 1 + JITTER
    assert plain[0] > 60


def test_nobody_is_noisy_for_being_alone() -> None:
    """A noisy tenant waits for others, never for nobody."""
    flood = [Message(0.0, "only", 1.0) for _ in range(100)]
    found = simulate(flood, workers=4, batch=5, fair=True, seed=1)
    assert found.drained == pytest.approx(25, rel=0.2)
