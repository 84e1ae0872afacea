"""Requests that carry an idempotency key."""

from typing import Any, NamedTuple

from chalicelib.domain.facts import Instant


class Answered(NamedTuple):
    """A request that carried an idempotency key: its client, and its answer (None: still in progress)."""

    client_id: str
    answer: Any
    asked: str | None = None
    """Of what logs an activity: what names the caller and all that was sent."""


class Pinned(NamedTuple):
    """A request whose first arrival with its idempotency key fixed the client, the moment, and what was asked by whom.

    Its answer is None while there is none yet. A recalculation asks for nothing but its client (None).
    """

    client_id: str
    asked: str | None
    at: Instant
    answer: Any = None
    first: bool = False
    """Whether this is that arrival."""
