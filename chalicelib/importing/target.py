"""What an import sends its records to, and what it keeps of how far it came.

StoppedError    the import cannot go on; the text tells the user why and what to do
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from chalicelib.importing.clients import Alias, Known
from chalicelib.importing.files import FileImport
from chalicelib.importing.rows import Record

AT_ONCE: Final = 4
"""Batches that an import has under way at once, at most."""


class StoppedError(Exception):
    """The import cannot go on; its text tells the user why and what to do."""


class FieldError(NamedTuple):
    """One fault of a record; `pointer` is a JSON pointer within it, "" for the record as a whole."""

    pointer: str
    message: str


class BatchResult(NamedTuple):
    """The service's answer to a batch; `rejected` by index in it."""

    accepted: int
    unchanged: int
    rejected: Mapping[int, list[FieldError]]


class Target(Protocol):
    """The service, for one tenant. Several threads use it at once; everything raises StoppedError."""

    def send(self, records: Sequence[bytes], *, dry_run: bool, new_clients: Sequence[str] = ()) -> BatchResult:
        """Takes in a batch, each record as JSON, as a backfill. Safe to repeat."""

    def clients(self) -> Iterable[Known]:
        """All clients, archived ones too."""

    def client(self, client_id: str) -> Known | None:
        """A client, also one that is so new that no list has it yet."""

    def aliases(self, source: str) -> Iterable[tuple[str, Alias]]:
        """The clients and their names in a system."""

    def add_aliases(self, client_id: str, aliases: Sequence[Alias]) -> str | None:
        """Gives a client more aliases; returns why it was refused."""


class FaultySink(Protocol):
    """Where rows go that could not be imported."""

    def add(self, file: FileImport, rows: Sequence[Sequence[str]], reason: str) -> None: ...

    def close(self) -> None: ...


class Batches:
    """The batches of an import that were answered; kept for as long as it lasts.

    They are numbered in an order that depends on the files, their maps and the target alone. Those that were answered
    are not sent again; a batch of which records were refused is, because the file of faulty rows is written again.
    Sending one twice changes nothing, so what is kept may be late: that costs time and no more.
    """

    def __init__(self) -> None:
        self.done = 0
        self.refused: set[int] = set()
        self.accepted = self.unchanged = 0

    def is_done(self, batch: int) -> bool:
        """Whether a batch was answered by an earlier start, without any record being refused."""
        return batch < self.done and batch not in self.refused

    def note(self, batch: int, accepted: int, unchanged: int, *, refused: bool) -> None:
        """A batch was answered. One that comes after another that was not is sent again some day."""
        if batch > self.done:
            return
        if batch == self.done:
            self.done = batch + 1
            self.accepted += accepted
            self.unchanged += unchanged
        if refused:
            self.refused.add(batch)
        self.keep()

    def keep(self) -> None:
        """Keeps what was noted, where that is to outlive the import."""

    def close(self) -> None:
        """The import is over."""


def record_json(record: Record) -> str:
    """The record as JSON text; a Decimal becomes a JSON number digit for digit, not by way of a float."""
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except TypeError:  # it holds a Decimal
        return "{" + ",".join(f"{json.dumps(name)}:{_json(value)}" for name, value in record.items()) + "}"


def _json(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def printable(text: str) -> str:
    """Text from outside without control characters: it may go to a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
