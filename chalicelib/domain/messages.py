"""What the scoring queue is asked to do."""

from typing import NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TenantId


class PagesMessage(NamedTuple):
    """Pages of a tenant to score: of a nightly run, or (`as_of` None) to refresh."""

    tenant: TenantId
    reason: str
    run_date: Day | None
    as_of: Instant | None
    pages: tuple[int, ...]
    delay: int = 0
