"""Fakes of what tells who calls and where a list goes on."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.services.errors import BadCursorError, BadTokenError


class IssuedTokens:
    """Stands for the verifier of tokens: knows those that it issued."""

    def __init__(self) -> None:
        self._claims: dict[str, Mapping[str, Any]] = {}

    def issue(self, claims: Mapping[str, Any]) -> str:
        token = f"token-{len(self._claims)}"
        self._claims[token] = claims
        return token

    def claims(self, token: str) -> Mapping[str, Any]:
        if token not in self._claims:
            raise BadTokenError("unknown")
        return self._claims[token]


class FakeCursors:
    """Cursors that anybody can read, bound to their scope all the same."""

    def sign(self, scope: str, place: list[Any]) -> str:
        return json.dumps([scope, place])

    def read(self, scope: str, cursor: str) -> list[Any]:
        wanted, place = json.loads(cursor)
        if wanted != scope:
            raise BadCursorError("This cursor is not valid here.")
        return list(place)
