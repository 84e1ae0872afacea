"""The day of all tests, and how hard properties are searched: profile `ci`, `local`, and `soak` for `make soak`."""

import os

import pytest
from hypothesis import settings

from tests.clock import day

day.begin()

# Properties are searched anew on each developer's run; CI repeats the same examples, so that a red build is repeatable.
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True, database=None)
settings.register_profile("local", deadline=None, max_examples=40)
settings.register_profile("soak", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local"))


@pytest.fixture(scope="session", autouse=True)
def children_live_on_the_same_day() -> None:
    day.take_children_along()
