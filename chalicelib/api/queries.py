"""Query parameters: read one by one, everything unknown or wrong is a 400 that says what to send."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from chalicelib.api.errors import malformed
from chalicelib.domain.errors import InvalidIdError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import parse_day

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_TEXT = 200

Text = TypeVar("Text", bound=str)


class Query:
    """The query parameters of a request, of which only `known` ones may appear."""

    def __init__(self, parameters: Mapping[str, str], known: Iterable[str]) -> None:
        names = set(known)
        unknown = sorted(parameters.keys() - names)
        if unknown:
            raise malformed(
                f"Unknown query parameter {unknown[0]!r}; known here: {', '.join(sorted(names)) or 'none'}."
            )
        self._parameters = parameters

    def choice(self, name: str, choices: Iterable[Text], default: Text) -> Text:
        """One of some values."""
        known = list(choices)
        value = self._parameters.get(name, default)
        for choice in known:
            if value == choice:
                return choice
        raise malformed(f"{name} is one of {', '.join(known)}.")

    def optional_choice(self, name: str, choices: Iterable[Text]) -> Text | None:
        """One of some values, None where the parameter is absent."""
        if name not in self._parameters:
            return None
        known = list(choices)
        return self.choice(name, known, known[0])

    def text(self, name: str) -> str | None:
        """Text to look for, trimmed; None where there is none. At most 200 characters."""
        value = self._parameters.get(name, "").strip()
        if len(value) > MAX_TEXT:
            raise malformed(f"{name} is at most {MAX_TEXT} characters.")
        return value or None

    def record_id(self, name: str) -> RecordId | None:
        if name not in self._parameters:
            return None
        try:
            return RecordId(self._parameters[name])
        except InvalidIdError as error:
            raise malformed(f"{name}: {error}") from error

    def day(self, name: str, default: Day) -> Day:
        if name not in self._parameters:
            return default
        try:
            return parse_day(self._parameters[name])
        except ValueError as error:
            raise malformed(f"{name}: {error}") from error

    def optional_day(self, name: str, unless: str | None = None) -> Day | None:
        """A date; None where the parameter is absent, or is the word `unless`."""
        text = self._parameters.get(name)
        return None if text is None or text == unless else self.day(name, 0)

    def limit(self) -> int:
        """How many rows a page has: 1–200, 50 by default."""
        text = self._parameters.get("limit", str(DEFAULT_LIMIT))
        if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
            raise malformed(f"limit is a number from 1 to {MAX_LIMIT}.")
        return int(text)

    def cursor(self) -> str | None:
        return self._parameters.get("cursor")

    def scope(self, *parts: str) -> str:
        """What a cursor is bound to: the given parts, and every parameter but where to go on and how far."""
        filters = sorted((k, v) for k, v in self._parameters.items() if k not in {"cursor", "limit"})
        return repr((parts, filters))
