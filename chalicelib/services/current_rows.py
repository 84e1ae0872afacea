"""Storing current rows while others store theirs."""

from collections.abc import Mapping
from typing import Final

from chalicelib.domain.ids import TenantId
from chalicelib.domain.roster import CurrentRow, newer_rows
from chalicelib.services.errors import TooBusyError
from chalicelib.services.ports import CurrentPage, ScoreStore

ATTEMPTS: Final = 20


def store_rows(
    scores: ScoreStore, tenant: TenantId, page: int, held: CurrentPage, rows: Mapping[int, CurrentRow]
) -> None:
    """Puts rows beside those of other evaluations, newest `as_of` first; without a newer row nothing is written.

    A crash before the put leaves the rows as they were, and whoever repeats the evaluation stores them. Raises
    TooBusyError when others keep coming first.
    """
    for _ in range(ATTEMPTS):
        newer = newer_rows(held.rows, rows)
        if not newer:
            return
        standing = scores.put_current(tenant, page, CurrentPage({**held.rows, **newer}, held.version + 1))
        if standing is None:
            return
        held = standing
    raise TooBusyError(f"the current rows of page {page} keep changing")
