"""Due marks: which tenants have something left to do, so that the sweep looks at nobody else.

A mark is stored before the work that it stands for, or with it, and is cleared only in the version that was read and
only once it has been left alone for longer than any work that relies on it can take. So a crash between mark and work
leaves a mark without work, which costs one look, and never work without a mark.
"""

from typing import Final, NamedTuple

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId

SETTLED_SECONDS: Final = 180
"""How long a mark must have been left alone before it may be cleared: longer than any function that relies on one."""

TRIES: Final = 20
"""How often a tenant may fail before its mark is put aside for a person to look at."""


class DueMark(NamedTuple):
    """What a tenant has left to do: all but its nights, or (with `night`, the run's `as_of`) one night."""

    tenant: TenantId
    night: Instant | None
    due: Instant
    """When the sweep is to look; after a look that left something to do, when that was: others come first."""

    since: Instant
    """When the work was first marked."""

    touched: Instant
    """When work last relied on the mark."""

    version: int
    tries: int = 0
    """How often looking at it has failed."""

    @property
    def is_aside(self) -> bool:
        return self.tries >= TRIES

    def may_be_cleared(self, now: Instant) -> bool:
        return now - self.touched >= SETTLED_SECONDS
