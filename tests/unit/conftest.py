"""The unit tier: no sockets, no AWS, no clock."""

import os

import pytest
from hypothesis import settings
from pytest_socket import disable_socket

# Properties are searched anew on each developer's run; CI repeats the same examples, so that a red build is repeatable.
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True, database=None)
settings.register_profile("local", deadline=None, max_examples=40)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """pytest-socket opens them again after each test, so that other tiers may run in the same process."""
    disable_socket()
