"""A bounded load: nothing fails, nothing is lost, nothing is doubled, and no function's process grows without end."""

from benchmarks.load import is_sound, measure
from infra.local.state import StateDirectory
from tests.e2e.conftest import LocalStack

MOST_GROWTH_MB = 40
"""Of one process in ten seconds: a leak of a request's body each would be more."""


def test_nothing_is_lost_and_nothing_is_doubled_under_load(stack: LocalStack) -> None:
    found = measure(StateDirectory(stack.state_dir), concurrency=4, seconds=8)
    assert is_sound(found), found
    assert found["records_taken"] >= 80
    assert sum(times for route, times in found["statuses"].items() if route.startswith("GET")) >= 10
    assert found["functions_mb"], "functions are processes here"
    assert all(after - before < MOST_GROWTH_MB for before, after in found["functions_mb"]), found["functions_mb"]


def test_a_loss_would_be_seen() -> None:
    sound = {
        "records_taken": 1,
        "server_errors": 0,
        "failures": [],
        "records_lost": 0,
        "records_doubled": 0,
        "records_never_sent": 0,
    }
    assert is_sound(sound)
    for name in ("server_errors", "records_lost", "records_doubled", "records_never_sent"):
        assert not is_sound({**sound, name: 1})
    assert not is_sound({**sound, "failures": ["no answer"]})
    assert not is_sound({**sound, "records_taken": 0})
