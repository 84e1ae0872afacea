"""Storing current rows, and the alerts that they bring, while others store theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from chalicelib.domain.alerts import AlertState, alert_id, leave
from chalicelib.domain.ids import TenantId
from chalicelib.domain.outbox import AlertWrites
from chalicelib.domain.roster import CurrentPage, CurrentRow
from chalicelib.services.errors import SharedError, TooBusyError, raised

if TYPE_CHECKING:
    from chalicelib.services.errors import Failed
    from chalicelib.services.ports.scores import ScoreStore

ATTEMPTS: Final = 20
ALERTING_ROWS_AT_A_TIME: Final = 40
ALERT_ITEMS_AT_A_TIME: Final = 99
"""A transaction holds 100 items: the page, and those of the rows' alerts."""


class AlertChange(NamedTuple):
    """A client's next alert state, with what is to be stored beside it."""

    state: AlertState
    writes: AlertWrites


Loud = tuple[CurrentRow, AlertWrites]
"""A row that brings alert writes."""


class EvaluateAlerts(Protocol):
    """Evaluates the alert rules of clients."""

    def __call__(self, seat: int, state: AlertState) -> AlertChange | None:
        """The next state of a client's alerts; None when this evaluation does not count for it.

        Raises SharedError where what it needs besides the client cannot be read; any other error is the client's own.
        """


def store_rows(
    scores: ScoreStore,
    tenant: TenantId,
    page: int,
    current: CurrentPage,
    rows: Mapping[int, CurrentRow],
    evaluate: EvaluateAlerts,
    failed: Failed = raised,
) -> int:
    """Puts rows beside those of other evaluations and returns how many alerts were stored.

    A client whose alerts cannot be evaluated keeps the row that it has; `failed` is told of it.

    Rows never go back in `as_of`, nor in settings; without a change nothing is written. Alerts are stored in the very
    transaction that changes their client's state, some at a time: a crash in between leaves the others to whoever
    repeats the evaluation. Raises TooBusyError when others keep coming first.
    """
    stored, conflicts = 0, 0
    while conflicts < ATTEMPTS:
        quiet, loud = _changes(current.rows, rows, evaluate, failed)
        if not quiet and not loud:
            return stored
        chosen = _fitting(loud)
        writes = AlertWrites.of(change for _, change in chosen.values())
        merged = {**current.rows, **quiet, **{seat: row for seat, (row, _) in chosen.items()}}
        new = CurrentPage(merged, current.version + 1)
        latest = scores.put_current(tenant, page, new, writes)
        if latest is None:
            current, stored = new, stored + len(writes.alerts)
        else:
            current, conflicts = latest, conflicts + 1
    raise TooBusyError(f"the current rows of page {page} keep changing")


def _changes(
    current: Mapping[int, CurrentRow], rows: Mapping[int, CurrentRow], evaluate: EvaluateAlerts, failed: Failed
) -> tuple[dict[int, CurrentRow], dict[int, Loud]]:
    """The rows that change: those that bring no alert writes, and those that do."""
    quiet: dict[int, CurrentRow] = {}
    loud: dict[int, Loud] = {}
    for seat, row in rows.items():
        before = current.get(seat)
        state = row.alerts if before is None else before.alerts
        newer = before is None or _replaces(before, row)
        try:
            change = _left(row, state) if newer and row.evaluation is None else evaluate(seat, state)
        except SharedError as shared:
            raise shared.error from None
        except Exception as error:
            failed(row.client.id, error)
            continue
        if before is not None and not newer and (change is None or change.state == state):
            continue
        chosen = row if before is None or newer else before
        next_row = chosen._replace(alerts=state if change is None else change.state)
        if change is not None and change.writes:
            loud[seat] = next_row, change.writes
        else:
            quiet[seat] = next_row
    return quiet, loud


def _fitting(loud: Mapping[int, Loud]) -> dict[int, Loud]:
    """As many rows as a transaction takes with their alert writes."""
    chosen: dict[int, Loud] = {}
    items = 0
    for seat, (row, writes) in loud.items():
        items += writes.items
        if len(chosen) == ALERTING_ROWS_AT_A_TIME or items > ALERT_ITEMS_AT_A_TIME:
            break
        chosen[seat] = row, writes
    return chosen


def _replaces(before: CurrentRow, row: CurrentRow) -> bool:
    """Rows never go back in `as_of`, and within a second not to older settings; else what differs replaces."""
    earlier = before.as_of, before.stamp.settings_version
    return earlier <= (row.as_of, row.stamp.settings_version) and before._replace(alerts=row.alerts) != row


def _left(row: CurrentRow, state: AlertState) -> AlertChange:
    """A client that is not scored (any more): what was open resolves."""
    decision = leave(state)
    resolved = tuple(alert_id(alert.as_of, row.client.id, alert.model) for alert in decision.resolved)
    return AlertChange(decision.state, AlertWrites(resolved=resolved))
