"""Cursors of lists: where the next page begins, signed, bound to tenant and query, expiring."""

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from itsdangerous import BadData, BadSignature, SignatureExpired, URLSafeTimedSerializer

from chalicelib.adapters.overload import ask
from chalicelib.services.errors import BadCursorError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LIFETIME_SECONDS: Final = 15 * 60
LOOK_AGAIN_SECONDS: Final = 60
"""How often a cursor with an unknown signature makes a process look for new keys, at most."""


class CursorSigner:
    """Makes and reads cursors.

    `keys` returns the keys in force: the first signs, all are accepted. They are read when first needed, and again when
    a signature is of none of them: a process that outlives a rotation learns of it from the first cursor that another
    one signed.
    """

    def __init__(self, keys: Callable[[], Sequence[str]], clock: Callable[[], float] = time.monotonic) -> None:
        self._read_keys, self._clock = keys, clock
        self._keys: list[str] = []
        self._looked_at = 0.0
        self._look()

    def sign(self, scope: str, place: list[Any]) -> str:
        """A cursor for a place in a list; `scope` names tenant, route and filters."""
        return str(self._serializer(scope).dumps(place))

    def read(self, scope: str, cursor: str) -> list[Any]:
        """The place of a cursor. Raises BadCursorError unless it was made for this scope in the last 15 minutes."""
        try:
            place = self._load(scope, cursor)
        except (BadData, UnicodeError) as error:  # a lone surrogate is no data, but not BadData either
            raise BadCursorError(
                "This cursor is not valid here, or it has expired: start from the first page."
            ) from error
        if not isinstance(place, list):
            raise BadCursorError("This cursor is not valid here.")
        return place

    def _load(self, scope: str, cursor: str) -> Any:
        try:
            return self._serializer(scope).loads(cursor, max_age=LIFETIME_SECONDS)
        except SignatureExpired:
            raise
        except BadSignature:
            if self._clock() - self._looked_at < LOOK_AGAIN_SECONDS or not self._look():
                raise
            return self._serializer(scope).loads(cursor, max_age=LIFETIME_SECONDS)

    def _look(self) -> bool:
        """Reads the keys; whether they are others than before."""
        self._looked_at = self._clock()
        before, self._keys = self._keys, list(self._read_keys())
        return self._keys != before

    def _serializer(self, scope: str) -> URLSafeTimedSerializer:
        # The library signs with the last of its keys.
        return URLSafeTimedSerializer(self._keys[::-1], salt=f"cursor:{scope}", serializer=json)


def signing_keys(client: "SSMClient", parameter: str) -> list[str]:
    """The keys in the Parameter Store, one or two with a space between: what signs, and what signed before."""
    return ask(client.get_parameter, Name=parameter, WithDecryption=True)["Parameter"]["Value"].split()
