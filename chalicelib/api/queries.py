"""Query parameters: read one by one, everything unknown or wrong is a 400 that says what to send."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from chalicelib.api.errors import malformed
from chalicelib.domain.errors import InvalidIdError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import parse_day

SEVERAL: Final = frozenset({"status", "band", "industry", "account_manager_id"})
"""Filters that may be sent more than once: what has any of their values is let through."""

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_TEXT = 200

Text = TypeVar("Text", bound=str)


class Query:
    """The query parameters of a request, of which only `known` ones may appear."""

    def __init__(self, parameters: Mapping[str, Sequence[str]], known: Iterable[str]) -> None:
        names = set(known)
        unknown = sorted(parameters.keys() - names)
        if unknown:
            raise malformed(
                f"Unknown query parameter {unknown[0]!r}; known here: {', '.join(sorted(names)) or 'none'}."
            )
        repeated = sorted(name for name, values in parameters.items() if len(values) > 1 and name not in SEVERAL)
        if repeated:
            raise malformed(f"Send {repeated[0]} once.")
        self._all = parameters
        self._parameters = {name: values[0] for name, values in parameters.items() if values}

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

    def choices(self, name: str, choices: Iterable[Text]) -> frozenset[Text] | None:
        """Any of some values, None where the parameter is absent."""
        if name not in self._all:
            return None
        known = {str(choice): choice for choice in choices}
        if not known.keys() >= set(self._all[name]):
            raise malformed(f"{name} is one of {', '.join(known)}.")
        return frozenset(known[value] for value in self._all[name])

    def text(self, name: str) -> str | None:
        """Text to look for, trimmed; None where there is none. At most 200 characters."""
        return next(iter(self.texts(name)), None)

    def texts(self, name: str) -> list[str]:
        """Texts to look for, trimmed, those that are empty left out. At most 200 characters each."""
        values = [value.strip() for value in self._all.get(name, ())]
        if any(len(value) > MAX_TEXT for value in values):
            raise malformed(f"{name} is at most {MAX_TEXT} characters.")
        return list(filter(None, values))

    def record_ids(self, name: str) -> frozenset[RecordId] | None:
        """Ids, None where the parameter is absent."""
        if name not in self._all:
            return None
        try:
            return frozenset(map(RecordId, self._all[name]))
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
        filters = sorted((k, sorted(set(v))) for k, v in self._all.items() if k not in {"cursor", "limit"})
        return repr((parts, filters))
