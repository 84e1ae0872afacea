"""The tier keeps its word."""

import socket

import pytest
from pytest_socket import SocketBlockedError


def test_sockets_are_closed() -> None:
    with pytest.raises(SocketBlockedError), pytest.warns(UserWarning, match="tried to use socket"):
        socket.create_connection(("127.0.0.1", 9))
