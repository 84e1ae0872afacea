"""Putting clients aside that cannot be computed: a failure is the client's own, and its page goes on.

A client fails where its items cannot be read, or where scoring, evaluating alerts or adding up raises an error.
Its row stays what it was, it is counted and noted, and every night and every refresh that it is part of tries again.
A call of AWS that fails is nobody's own: the message comes again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.run import FailedClient

if TYPE_CHECKING:
    from chalicelib.services.ports.refresh import AsideStore


class Report(Protocol):
    """Told each failure with what it belongs to."""

    def __call__(self, error: Exception, *, client_id: str | None = None, page: int | None = None) -> None: ...


def unheard(error: Exception, *, client_id: str | None = None, page: int | None = None) -> None:
    """For whoever looks at the store instead."""
    del error, client_id, page


class ClientsAside:
    """Notes clients that failed."""

    def __init__(self, store: AsideStore) -> None:
        self._store = store

    def put(
        self, tenant: TenantId, as_of: Instant, run_date: Day | None, failed: Mapping[str, Exception], report: Report
    ) -> None:
        """Notes and reports clients that failed at `as_of`. One that cannot be noted is reported all the same."""
        for client, error in failed.items():
            report(error, client_id=client)
            kind = type(error.__cause__ or error).__name__
            try:
                self._store.put(tenant, FailedClient(RecordId(client), as_of, kind, run_date))
            except Exception as unnoted:
                report(unnoted)
