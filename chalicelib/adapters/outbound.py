"""Requests to other people's systems: to public hosts alone, within limits of time and size, and never where they lead.

The host's name is resolved once and the connection goes to the very address that was checked (a second resolution could
answer otherwise), with the certificate checked against the name. No proxy of the environment, no redirect, no cookie.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.client import HTTPException
from json import dumps, loads
from threading import Timer
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from chalicelib.domain.facts import Instant
from chalicelib.domain.outbound import Answer, Request, UnreachableError, UnreadableError
from chalicelib.domain.web_address import Origin, is_public, origin_of

CONNECT_SECONDS: Final = 3
READ_SECONDS: Final = 8
SECONDS: Final = 12
"""For a request in all, however slowly it is answered: a read's time begins again with each byte."""

MOST_BYTES: Final = 8_000_000
"""Of an answer, unpacked."""

NOT_IN_TIME: Final = "It did not answer in time."
CHUNK: Final = 65_536
USER_AGENT: Final = "client-health"

Resolve = Callable[[str, int], Sequence[str]]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Outbound:
    """Sends requests to public hosts. It keeps nothing between them but the certificates that it trusts."""

    def __init__(
        self,
        *,
        local: bool = False,
        resolve: Resolve = resolved,
        allowed: Callable[[str], bool] = is_public,
        trusted: str | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`local`: also to http://127.0.0.1. `trusted`: a file of certificates instead of the machine's own."""
        self._local, self._resolve, self._allowed = local, resolve, allowed
        self._trusted, self._seconds, self._most_bytes = trusted, seconds, most_bytes

    def __call__(self, request: Request) -> Answer:
        """Raises UnreachableError, UnreadableError."""
        try:
            origin = origin_of(request.url, local=self._local)
        except ValueError:
            raise UnreachableError("The address is none that may be called.") from None
        connection = self._connection(origin, self._address(origin))
        try:
            with self._ended(connection) as late:
                answer = self._exchange(connection, origin, request)
        except (HTTPError, HTTPException, CertificateError, OSError) as error:
            if late:
                raise UnreachableError(NOT_IN_TIME) from error
            raise UnreachableError("The connection could not be made, or broke off.") from error
        finally:
            connection.close()
        if late:  # what was ended may look whole
            raise UnreachableError(NOT_IN_TIME)
        return answer

    def _address(self, origin: Origin) -> str:
        if origin.is_local:
            return origin.host
        try:
            addresses = self._resolve(origin.host, origin.port)
        except (OSError, UnicodeError) as error:
            raise UnreachableError("The host's name is not known.") from error
        if not addresses or not all(map(self._allowed, addresses)):
            raise UnreachableError("The host is none of the public network.")
        return addresses[0]

    def _connection(self, origin: Origin, address: str) -> HTTPConnection:
        if origin.is_local:
            return HTTPConnection(address, origin.port, timeout=CONNECT_SECONDS)
        return HTTPSConnection(
            address,
            origin.port,
            timeout=CONNECT_SECONDS,
            server_hostname=origin.host,
            assert_hostname=origin.host,
            ssl_context=self._context,
        )

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._trusted)

    @contextmanager
    def _ended(self, connection: HTTPConnection) -> Iterator[Sequence[bool]]:
        """Ends a connection that takes too long, whatever it waits for; there is something in what it gives then."""
        late: list[bool] = []

        def end() -> None:
            late.append(True)
            if connection.sock is not None:
                # Closing a socket does not wake who reads it; shutting it does.
                _shut(connection.sock)

        timer = Timer(self._seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    def _exchange(self, connection: HTTPConnection, origin: Origin, request: Request) -> Answer:
        body, kind = _body(request)
        headers = {
            **request.headers,
            **kind,
            "Host": origin.authority,
            "Accept-Encoding": "gzip",
            "User-Agent": USER_AGENT,
        }
        headers.setdefault("Accept", "application/json")
        connection.connect()
        connection.timeout = READ_SECONDS
        if connection.sock is not None:
            connection.sock.settimeout(READ_SECONDS)
        connection.request(request.method, _target(request), body=body, headers=headers, preload_content=False)
        response = connection.getresponse()
        text = bytearray()
        while chunk := response.read(CHUNK, decode_content=True):
            text += chunk
            if len(text) > self._most_bytes:
                raise UnreadableError(f"The answer has more than {self._most_bytes // 1_000_000} MB.")
        told = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, told, _json(bytes(text)), _date(told))


def _shut(held: socket.socket) -> None:
    try:
        held.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already


def _body(request: Request) -> tuple[bytes | None, Mapping[str, str]]:
    if request.form is not None:
        return urlencode(request.form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    if request.json is not None:
        return dumps(request.json).encode(), {"Content-Type": "application/json"}
    return None, {}


def _target(request: Request) -> str:
    """The path and query of a request; blanks as %20, for not everybody takes a plus for one."""
    parts = urlsplit(request.url)
    query = "&".join(filter(None, (parts.query, urlencode(request.query).replace("+", "%20"))))
    return f"{parts.path or '/'}{'?' if query else ''}{query}"


def _json(text: bytes) -> Any:
    """What an answer says, numbers with a point as decimals; None where it is no JSON."""
    try:
        return loads(text.decode("utf-8-sig"), parse_float=_decimal)
    except (ValueError, RecursionError):
        return None


def _decimal(text: str) -> Decimal:
    """NaN, which no field takes, where a number is beyond a decimal."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _date(headers: Mapping[str, str]) -> Instant | None:
    try:
        return Instant(int(parsedate_to_datetime(headers.get("date", "")).timestamp()))
    except (ValueError, TypeError, OverflowError):
        return None
