"""Cursors of lists: where the next page begins, signed, bound to tenant and query, expiring."""

import json
from typing import TYPE_CHECKING, Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer

from chalicelib.services.errors import BadCursorError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LIFETIME_SECONDS: Final = 15 * 60


class CursorSigner:
    """Makes and reads cursors."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sign(self, scope: str, place: list[Any]) -> str:
        """A cursor for a place in a list; `scope` names tenant, route and filters."""
        return str(self._serializer(scope).dumps(place))

    def read(self, scope: str, cursor: str) -> list[Any]:
        """The place of a cursor. Raises BadCursorError unless it was made for this scope in the last 15 minutes."""
        try:
            place = self._serializer(scope).loads(cursor, max_age=LIFETIME_SECONDS)
        except (BadData, UnicodeError) as error:  # a lone surrogate is no data, but not BadData either
            raise BadCursorError(
                "This cursor is not valid here, or it has expired: start from the first page."
            ) from error
        if not isinstance(place, list):
            raise BadCursorError("This cursor is not valid here.")
        return place

    def _serializer(self, scope: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._key, salt=f"cursor:{scope}", serializer=json)


def signing_key(client: "SSMClient", parameter: str) -> str:
    """The key in the Parameter Store."""
    return client.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
