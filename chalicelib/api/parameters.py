"""Parameters of paths, queries and headers: each is declared once, by what the view gets and what is said of it.

Everything unknown or wrong is a 400 that says what to send.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from chalicelib.api.errors import RequestError, malformed
from chalicelib.domain.errors import InvalidIdError, NotFoundError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import (
    ALERT_ID_PATTERN,
    API_KEY_ID_PATTERN,
    IMPORT_ID_PATTERN,
    MAP_NAME_PATTERN,
    MINE,
    RECORD_ID_PATTERN,
    SOURCE_PATTERN,
    SUBSCRIPTION_ID_PATTERN,
    UNASSIGNED,
    RecordId,
    compiled,
)
from chalicelib.domain.settings import MODELS, MOST_VERSIONS, VERSION_PATTERN, Model
from chalicelib.domain.times import parse_day

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_TEXT: Final = 200
MAX_SCORE: Final = 100

Value = TypeVar("Value")
Text = TypeVar("Text", bound=str)
Schema = Mapping[str, Any]

TEXT: Final = {"type": "string"}
ID: Final = {**TEXT, "pattern": RECORD_ID_PATTERN}
ALERT_ID: Final = {**TEXT, "pattern": ALERT_ID_PATTERN}
KEY_ID: Final = {**TEXT, "pattern": API_KEY_ID_PATTERN}
SUBSCRIPTION_ID: Final = {**TEXT, "pattern": SUBSCRIPTION_ID_PATTERN}
SOURCE: Final = {**TEXT, "pattern": SOURCE_PATTERN}
IMPORT_ID: Final = {**TEXT, "pattern": IMPORT_ID_PATTERN}
MAP_NAME: Final = {**TEXT, "pattern": MAP_NAME_PATTERN}
DAY: Final = {"type": "string", "format": "date"}


class Parameter(Generic[Value]):
    """A parameter: `read` makes the view's value of the texts that were sent, of none where it is absent.

    `schema` (JSON Schema, for a filter that of one value), `description` and `example` are what the OpenAPI document
    says. A filter (`several`) may be sent more than once.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[Sequence[str]], Value],
        schema: Schema,
        description: str,
        example: str | int,
        *,
        several: bool = False,
        required: bool = False,
    ) -> None:
        self.name, self.read = name, read
        self.schema, self.description, self.example = schema, description, example
        self.several, self.required = several, required


class Query:
    """The query parameters of a request, of which only `known` ones may appear."""

    def __init__(
        self,
        sent: Mapping[str, Sequence[str]],
        known: Iterable[Parameter[Any]],
        *,
        me: RecordId | None = None,
        in_scope_of: RecordId | None = None,
    ) -> None:
        """`me` is the account manager that the caller is, `in_scope_of` the one whose clients alone it has."""
        declared = {parameter.name: parameter for parameter in known}
        unknown = sorted(sent.keys() - declared.keys())
        if unknown:
            names = ", ".join(sorted(declared)) or "none"
            raise malformed(f"Unknown query parameter {unknown[0]!r}; known here: {names}.")
        repeated = sorted(name for name, values in sent.items() if len(values) > 1 and not declared[name].several)
        if repeated:
            raise malformed(f"Send {repeated[0]} once.")
        if MINE in sent.get(MANAGER_NAME, ()):
            if me is None:
                raise RequestError(
                    HTTPStatus.UNPROCESSABLE_ENTITY, f"{MANAGER_NAME}={MINE}: this credential names no account manager."
                )
            sent = {**sent, MANAGER_NAME: [me if value == MINE else value for value in sent[MANAGER_NAME]]}
        self._sent, self._declared, self._in_scope_of = sent, declared, in_scope_of

    def __getitem__(self, parameter: Parameter[Value]) -> Value:
        """A parameter's value. Raises RequestError (400), and KeyError for one that the route does not declare."""
        return self.read(self._declared[parameter.name], parameter.read)

    def read(self, parameter: Parameter[Any], read: Callable[[Sequence[str]], Value]) -> Value:
        """A parameter's value, where what it may be hangs on another one."""
        return read(self._sent.get(parameter.name, ()))

    def scope(self, *parts: str) -> str:
        """What a cursor is bound to: the given parts, whose clients may be seen, and every parameter but where to go on
        and how far."""
        filters = sorted((k, sorted(set(v))) for k, v in self._sent.items() if k not in {"cursor", "limit"})
        return repr((parts, filters) if self._in_scope_of is None else (parts, filters, self._in_scope_of))


# --- readers ---


def one_of(name: str, values: Collection[Text], default: Value) -> Callable[[Sequence[str]], Text | Value]:
    """One of some values."""

    def read(sent: Sequence[str]) -> Text | Value:
        if not sent:
            return default
        for value in values:
            if sent[0] == value:
                return value
        raise malformed(f"{name} is one of {', '.join(values)}.")

    return read


def any_of(name: str, values: Collection[Text]) -> Callable[[Sequence[str]], frozenset[Text] | None]:
    """Any of some values, None where the parameter is absent."""

    def read(sent: Sequence[str]) -> frozenset[Text] | None:
        known = {str(value): value for value in values}
        if not known.keys() >= set(sent):
            raise malformed(f"{name} is one of {', '.join(known)}.")
        return frozenset(known[value] for value in sent) or None

    return read


def _texts(name: str) -> Callable[[Sequence[str]], list[str]]:
    """Texts, trimmed, those that are empty left out. At most 200 characters each."""

    def read(sent: Sequence[str]) -> list[str]:
        values = [value.strip() for value in sent]
        if any(len(value) > MAX_TEXT for value in values):
            raise malformed(f"{name} is at most {MAX_TEXT} characters.")
        return list(filter(None, values))

    return read


def _text(name: str) -> Callable[[Sequence[str]], str]:
    """Text, trimmed; empty where there is none. At most 200 characters."""
    texts = _texts(name)
    return lambda sent: next(iter(texts(sent)), "")


def _day(name: str, unless: str | None) -> Callable[[Sequence[str]], Day | None]:
    def read(sent: Sequence[str]) -> Day | None:
        if not sent or sent[0] == unless:
            return None
        try:
            return parse_day(sent[0])
        except ValueError as error:
            raise malformed(f"{name}: {error}") from error

    return read


def _managers(sent: Sequence[str]) -> frozenset[str | None] | None:
    try:
        return frozenset(None if value == UNASSIGNED else RecordId(value) for value in sent) or None
    except InvalidIdError as error:
        raise malformed(f"{MANAGER_NAME}: {error}") from error


def _score(name: str) -> Callable[[Sequence[str]], int | None]:
    return lambda sent: _number(name, sent[0], MAX_SCORE) if sent else None


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise malformed(f"{name} is a number from 1 to {most}.")
    return int(text)


def _first(sent: Sequence[str]) -> str | None:
    return sent[0] if sent else None


# --- kinds of query parameters ---


def choice(name: str, values: Collection[Text], default: Text, description: str, example: Text) -> Parameter[Text]:
    """One of some values."""
    schema = {**_enum(values), "default": default}
    return Parameter(
        name=name, read=one_of(name, values, default), schema=schema, description=description, example=example
    )


def optional_choice(name: str, values: Collection[Text], description: str, example: Text) -> Parameter[Text | None]:
    """One of some values, None where the parameter is absent."""
    return Parameter(
        name=name, read=one_of(name, values, None), schema=_enum(values), description=description, example=example
    )


def choices(name: str, values: Collection[Text], description: str, example: Text) -> Parameter[frozenset[Text] | None]:
    """A filter with one or more of some values, None where the parameter is absent."""
    return Parameter(
        name=name,
        read=any_of(name, values),
        schema=_enum(values),
        description=description,
        example=example,
        several=True,
    )


def texts(name: str, description: str, example: str) -> Parameter[list[str]]:
    """A filter with texts, trimmed, those that are empty left out. At most 200 characters each."""
    return Parameter(
        name=name,
        read=_texts(name),
        schema={**TEXT, "maxLength": MAX_TEXT},
        description=description,
        example=example,
        several=True,
    )


def text(name: str, description: str, example: str) -> Parameter[str]:
    """Text, trimmed; empty where there is none. At most 200 characters."""
    return Parameter(
        name=name, read=_text(name), schema={**TEXT, "maxLength": MAX_TEXT}, description=description, example=example
    )


def limit_of(most: int, default: int) -> Parameter[int]:
    """How many rows a page has at most."""

    def read(sent: Sequence[str]) -> int:
        return _number("limit", sent[0], most) if sent else default

    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter(
        name="limit", read=read, schema=schema, description="How many rows the page has at most.", example=25
    )


def day(name: str, description: str, example: str, *, unless: str | None = None) -> Parameter[Day | None]:
    """A date; None where the parameter is absent, or is the word `unless`, which is its default."""
    schema = DAY if unless is None else {"anyOf": [DAY, {"const": unless}], "default": unless}
    return Parameter(name=name, read=_day(name, unless), schema=schema, description=description, example=example)


def source_name(name: str, description: str, example: str) -> Parameter[str | None]:
    """The short name of another system, None where the parameter is absent."""
    pattern = compiled(SOURCE_PATTERN)

    def read(sent: Sequence[str]) -> str | None:
        if sent and not pattern.match(sent[0]):
            raise malformed(f"{name} is the short name of a system: 1 to 20 letters, digits, hyphens, underscores.")
        return sent[0] if sent else None

    return Parameter(
        name=name, read=read, schema={**TEXT, "pattern": SOURCE_PATTERN}, description=description, example=example
    )


def optional_id(name: str, description: str, example: str) -> Parameter[RecordId | None]:
    """The id of a record, None where the parameter is absent; one that cannot be an id names nothing: 404."""
    return Parameter(
        name=name,
        read=lambda sent: RecordId(sent[0]) if sent else None,
        schema=ID,
        description=description,
        example=example,
    )


def score(name: str, description: str, example: int) -> Parameter[int | None]:
    """A score of 1–100; None where the parameter is absent."""
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_SCORE}
    return Parameter(name=name, read=_score(name), schema=schema, description=description, example=example)


def ordering(columns: Collection[str], default: str) -> tuple[Parameter[str], Parameter[str]]:
    """`sort` and `order`."""
    said = "The column to sort by. Rows without a value come last in both orders."
    return (
        choice("sort", columns, default, said, default),
        choice("order", ("asc", "desc"), "asc", "The direction.", "desc"),
    )


def _enum(values: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


LIMIT: Final = limit_of(MAX_LIMIT, DEFAULT_LIMIT)
CURSOR: Final = Parameter(
    name="cursor",
    read=_first,
    schema=TEXT,
    description="The `next_cursor` of the page before, with all other parameters (but `limit`) as they were there.",
    example="WyJub3J0aHdpbmQiXQ.awMdGA.tM6zvwYoC5-KUTWWdmrJtiqdZrA",
)
MODEL: Final[Parameter[Model | None]] = optional_choice(
    "model", MODELS, "The scoring model; by default the tenant's primary model.", "weighted"
)
MANAGER_NAME: Final = "account_manager_id"
MANAGER: Final[Parameter[frozenset[str | None] | None]] = Parameter(
    name=MANAGER_NAME,
    read=_managers,
    schema=ID,
    description=(
        f"Only clients of this account manager, as they are assigned now; `{MINE}`: of the one that the credential "
        f"names, `{UNASSIGNED}`: those without one."
    ),
    example="am-7",
    several=True,
)
NAME_CONTAINS: Final = text("q", "Only clients whose name contains this, in any case.", "dental")


# --- headers ---

_ETAG: Final = re.compile(rf'"(0|{VERSION_PATTERN})"\Z')
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS: Final = re.compile(_TAG)
_TAG_LIST: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t]*(?:{_TAG})?)*[ \t]*\Z")
"""RFC 9110, 13.1.1 and 8.8.3; elements of a list may be empty."""


def if_match(description: str, absent: frozenset[int] | None = None) -> Parameter[frozenset[int] | None]:
    """The versions that the caller would replace, None for any (`*`), compared strongly: a weak tag is none of ours.

    Without it `absent` counts, or else the request is refused: 428. One that names no version there could be: 412.
    """

    def read(sent: Sequence[str]) -> frozenset[int] | None:
        if not sent:
            if absent is not None:
                return absent
            raise RequestError(
                HTTPStatus.PRECONDITION_REQUIRED, "Send the ETag that you read in If-Match, so that no edit is lost."
            )
        if sent[0].strip() == "*":
            return None
        versions = frozenset(int(match[1]) for tag in _TAGS.findall(sent[0]) if (match := _ETAG.match(tag)))
        if not versions or not _TAG_LIST.match(sent[0]):
            raise RequestError(HTTPStatus.PRECONDITION_FAILED, 'If-Match is the ETag that you read, such as "12".')
        return versions

    return Parameter(
        name="If-Match", read=read, schema=TEXT, description=description, example='"12"', required=absent is None
    )


# --- paths ---


def _version(sent: Sequence[str]) -> int:
    if not re.fullmatch(VERSION_PATTERN, sent[0]):
        raise NotFoundError(f"There is no version {sent[0]} of the settings.")
    return int(sent[0])


def _id(sent: Sequence[str]) -> RecordId:
    """An id that cannot be names nothing: 404."""
    return RecordId(sent[0])


def _named(pattern: str, what: str) -> Callable[[Sequence[str]], str]:
    """A name that cannot be names nothing: 404."""
    whole = compiled(pattern)

    def read(sent: Sequence[str]) -> str:
        if not whole.match(sent[0]):
            raise NotFoundError(f"There is no {what} of this name.")
        return sent[0]

    return read


def _in_path(
    name: str, schema: Schema, description: str, example: str | int, read: Callable[[Sequence[str]], Value]
) -> Parameter[Value]:
    return Parameter(name=name, read=read, schema=schema, description=description, example=example, required=True)


_ALERT: Final = "20261122T020000Z-3b9f0c41d2a78e65"

PATH: Final[Mapping[str, Parameter[Any]]] = {
    parameter.name: parameter
    for parameter in (
        _in_path("client_id", ID, "The client's id.", "c-1042", _id),
        _in_path("manager_id", ID, "The account manager's id.", "am-7", _id),
        _in_path("key_id", KEY_ID, "The key's id.", "G4R3JJFLO264CBZC", _first),
        _in_path(
            "connection_id", SOURCE, "The connection's id: its source.", "cw", _named(SOURCE_PATTERN, "connection")
        ),
        _in_path("alert_id", ALERT_ID, "The alert's id.", _ALERT, _first),
        _in_path("task_id", ALERT_ID, "The task's id.", _ALERT, _first),
        _in_path("subscription_id", SUBSCRIPTION_ID, "The subscription's id.", "5d1c9be07a42f368", _first),
        _in_path("activity_id", ID, "The activity's id: that of its record.", "ui-5d1c9be07a42f368", _id),
        _in_path("import_id", IMPORT_ID, "The import's id.", "9f2c41d07b3e5a68", _first),
        _in_path("map_name", MAP_NAME, "The map's name.", "our-desk", _named(MAP_NAME_PATTERN, "map")),
        _in_path(
            "version",
            {"type": "integer", "minimum": 1, "maximum": MOST_VERSIONS},
            "A version of the settings.",
            3,
            _version,
        ),
    )
}
"""The parameters of the routes' paths, by the name that stands in the path."""
