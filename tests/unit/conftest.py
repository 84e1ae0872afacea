"""The unit tier: no sockets, no AWS, no clock."""

import pytest
from pytest_socket import disable_socket


def pytest_runtest_setup(item: pytest.Item) -> None:
    """pytest-socket opens them again after each test, so that other tiers may run in the same process."""
    disable_socket()
