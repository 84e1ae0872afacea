"""The service over HTTP, as an import uses it: what goes wrong on the way is sent again, within bounds.

NoAnswerError     a transport got no answer to a request; retried here, never raised to the caller
"""

import json
import random
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from chalicelib.importing.clients import Alias, Known
from chalicelib.importing.target import AT_ONCE, BatchResult, FieldError, StoppedError, printable

MAX_ATTEMPTS = 7
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0
LONGEST_RETRY_AFTER_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswerError(Exception):
    """No answer came: no such host, connection refused or broken, time out."""


class Transport(Protocol):
    """Sends one request. Several threads use it at once."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Return the answer, whatever its status; follow no redirect. Raises NoAnswerError."""


class Service:
    """`Target` at a URL: sends each request until it is answered, within bounds."""

    def __init__(
        self,
        base_url: str,
        token: Callable[[], str],
        transport: Transport,
        sleep: Callable[[float], object],
        tell: Callable[[str], object],
    ) -> None:
        """`token` gives the bearer token: once at the start, and again when a request is answered 401."""
        self._base = base_url.rstrip("/")
        self._token, self._transport, self._sleep, self._tell = token, transport, sleep, tell
        self._bearer: str | None = None
        self._lock = threading.Lock()

    def send(self, records: Sequence[bytes], *, dry_run: bool, new_clients: Sequence[str] = ()) -> BatchResult:
        """Raises StoppedError when the batch was not processed and sending it again would not help."""
        rest = b',"backfill":true'
        if dry_run:
            rest += b',"dry_run":true'
            if new_clients:
                rest += b',"new_clients":' + json.dumps(list(new_clients)).encode()
        answer = self._request("POST", "/v1/records", b'{"records":[' + b",".join(records) + b"]" + rest + b"}")
        if answer.status in (200, 207, 422):
            result = _batch_result(answer, len(records))
            if result is not None:
                return result
        raise StoppedError(explained(answer, f"{self._base}/v1/records"))

    def clients(self) -> Iterator[Known]:
        """All clients, archived ones too."""
        for archived in ("false", "true"):
            for item in self._pages("/v1/clients", archived=archived):
                yield Known(str(item["client_id"]), str(item["name"]))

    def client(self, client_id: str) -> Known | None:
        """A client, also one that is so new that no list has it yet."""
        path = f"/v1/clients/{quote(client_id, safe='')}"
        answer = self._request("GET", path)
        return None if answer.status == 404 else Known(client_id, str(self._json(answer, path)["name"]))

    def aliases(self, source: str) -> Iterator[tuple[str, Alias]]:
        """The clients and their names in a system."""
        for item in self._pages("/v1/aliases", source=source):
            yield str(item["client_id"]), Alias(str(item["source"]), str(item["value"]))

    def add_aliases(self, client_id: str, aliases: Sequence[Alias]) -> str | None:
        """Gives a client more aliases; returns why it was refused."""
        path = f"/v1/clients/{quote(client_id, safe='')}/aliases"
        found = self._request("GET", path)
        if found.status == 404:
            return _detail(found)
        held = self._json(found, path)["aliases"]
        told = [{"source": alias.source, "value": alias.value} for alias in aliases]
        body = json.dumps({"aliases": [*held, *(each for each in told if each not in held)]}).encode()
        answer = self._request("PUT", path, body)
        return None if answer.status == 200 else _detail(answer) or f"answered {answer.status}"

    def _pages(self, path: str, **parameters: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            query = {**parameters, "limit": "200", **({"cursor": cursor} if cursor else {})}
            page = self._json(self._request("GET", f"{path}?{urlencode(query)}"), path)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _json(self, answer: Answer, path: str) -> dict[str, Any]:
        if answer.status == 200:
            try:
                found = json.loads(answer.body)
            except ValueError:
                found = None
            if isinstance(found, dict):
                return found
        raise StoppedError(explained(answer, f"{self._base}{path}"))

    def _request(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """The first answer that is neither a throttle nor a fault of the service nor an expired token."""
        url = f"{self._base}{path}"
        if not url.startswith(("http://", "https://")):
            raise StoppedError(f"{url} is not a URL: it starts with http:// or https://.")
        refreshed, failures = False, 0
        while True:
            bearer, wait = self._current_token(), 0.0
            headers = {"Authorization": f"Bearer {bearer}"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            try:
                answer = self._transport(method, url, headers, body)
            except NoAnswerError as error:
                problem = f"No answer from {url}: {error}."
            else:
                if answer.status == 401 and not refreshed:
                    self._renew(bearer)  # tokens live for an hour; a long import outlives them
                    refreshed = True
                    continue
                if answer.status != 429 and answer.status < 500:
                    return answer
                problem = explained(answer, url)
                wait = _retry_after(answer, datetime.now(UTC))
            failures += 1
            if failures == MAX_ATTEMPTS:
                raise StoppedError(f"{problem} (tried {MAX_ATTEMPTS} times)")
            if wait > LONGEST_RETRY_AFTER_SECONDS:
                raise StoppedError(f"{problem} It asks to come back in {wait:.0f} s.")
            if failures == 2:
                self._tell(f"{problem} Trying again.")
            self._sleep(max(wait, _backoff(failures)))

    def _current_token(self) -> str:
        with self._lock:
            if self._bearer is None:
                self._bearer = self._token()
            return self._bearer

    def _renew(self, used: str) -> None:
        with self._lock:
            if self._bearer == used:  # no other thread was first
                self._bearer = self._token()


def _backoff(failures: int) -> float:
    """Seconds to wait after so many failures: doubling, with jitter so that importers fall out of step."""
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** (failures - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311  # nosec B311


def _retry_after(answer: Answer, now: datetime) -> float:
    """The `Retry-After` of an answer in seconds (a number or an HTTP date, RFC 9110); 0 if unreadable."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _batch_result(answer: Answer, sent: int) -> BatchResult | None:
    """The answer as a batch result; None if it is something else (a problem document, a foreign server)."""
    try:
        body = json.loads(answer.body)
        rejected = {
            int(entry["index"]): [FieldError(str(error["pointer"]), str(error["message"])) for error in entry["errors"]]
            or [FieldError("", "rejected without a reason")]
            for entry in body["rejected"]
        }
        result = BatchResult(int(body["accepted"]), int(body["unchanged"]), rejected)
    except (ValueError, KeyError, TypeError):
        return None
    return result if all(0 <= index < sent for index in rejected) else None


_ADVICE: Mapping[int, str] = {
    401: "The token was refused, also after a new one was fetched: is it an ID token of this deployment?",
    403: "The token does not allow it: it needs the permissions records.write and clients.read.",
    404: "There is no such route or tenant: is the URL right (without /v1), and does the tenant exist?",
    413: "A batch was too large for the service.",
    429: "The service is throttling.",
}


def explained(answer: Answer, url: str) -> str:
    """Why an answer is none that an import can go on with."""
    parts = [f"{url} answered {answer.status}."]
    if advice := _ADVICE.get(answer.status):
        parts.append(advice)
    elif 300 <= answer.status < 400:
        target = printable(answer.headers.get("location", "?"))
        parts.append(f"It redirects to {target}: give the URL that is meant.")
    elif answer.status < 300:
        parts.append("The answer is not that of this service: is the URL right?")
    if detail := _detail(answer):
        parts.append(f"It says: {detail}")
    return " ".join(parts)


def _detail(answer: Answer) -> str:
    """What a problem document (or the gateway's own `message`) says, with its request id."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    said: list[Any] = [next((body[key] for key in ("detail", "title", "message") if body.get(key)), "")]
    errors = body.get("errors")
    if isinstance(errors, list):
        said += [f"{e.get('pointer')}: {e.get('message')}." for e in errors[:5] if isinstance(e, dict)]
    if request_id := body.get("request_id"):
        said.append(f"(request {request_id})")
    return printable(" ".join(str(part) for part in said if part))[:1000]


class HttpTransport:
    """The real transport: kept-alive connections, through the proxy of the environment if there is one."""

    def __init__(self) -> None:
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        try:
            response = self._pool(url).request(
                method,
                url,
                body=body,
                headers=dict(headers),
                redirect=False,  # a redirect must not carry the token elsewhere
                retries=False,
                # An API gateway gives up after 29 s.
                timeout=urllib3.Timeout(connect=5, read=35),
            )
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswerError(str(error)) from error
        answered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, answered, response.data)

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if origin not in self._pools:
                proxy = urllib.request.getproxies().get(parts.scheme)
                if proxy and not urllib.request.proxy_bypass(parts.netloc):
                    self._pools[origin] = urllib3.ProxyManager(proxy, maxsize=AT_ONCE)
                else:
                    self._pools[origin] = urllib3.PoolManager(maxsize=AT_ONCE)
            return self._pools[origin]
