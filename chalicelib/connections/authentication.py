"""How systems want to be told who asks: basic authentication, headers of their own, tokens of OAuth 2."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.connections.answers import checked
from chalicelib.domain.outbound import Answer, Request, Send, UnreadableError


def basic(user: str, password: str) -> str:
    """The value of `Authorization` for a user and a password."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


class WithHeaders:
    """Sends each request with the same headers."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send, self._headers = send, headers

    def __call__(self, request: Request) -> Answer:
        return self._send(request._replace(headers={**request.headers, **self._headers}))


class WithToken:
    """Sends each request with a token, which is asked for first, and once more where it is not taken.

    It lives as long as this object: a step, seconds. Nothing of it is stored.
    """

    def __init__(self, send: Send, url: str, form: Sequence[tuple[str, str]], client_id: str, secret: str) -> None:
        self._send = send
        self._ask = Request(url, headers={"Authorization": basic(client_id, secret)}, form=form, method="POST")
        self._token: str | None = None

    def __call__(self, request: Request) -> Answer:
        held = self._token
        answer = self._send(self._with_token(request))
        if answer.status == 401 and held is not None:  # it ended meanwhile
            self._token = None
            answer = self._send(self._with_token(request))
        return answer

    def _with_token(self, request: Request) -> Request:
        if self._token is None:
            # A token endpoint says 400 (RFC 6749) where it does not take the credentials.
            body = checked(self._send(self._ask), refused=frozenset({400, 401, 403}))
            self._token = _token(body)
        return request._replace(headers={**request.headers, "Authorization": f"Bearer {self._token}"})


def _token(body: Any) -> str:
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token or not token.isascii() or any(letter.isspace() for letter in token):
        raise UnreadableError("The system's sign-in answered without a token.")
    return token
