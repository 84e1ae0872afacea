"""How connected sources are stored. The first builds did not tell tickets from the rest of psa: what they wrote is read
as having a ticket source wherever they scored as if there were one."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from chalicelib.domain.settings import TICKETS

_NO_TICKETS: Final = "no_tickets"
"""Stands in a result or a run whose tenant had no ticket source; the first builds scored all as if it were there."""

_TOLD_APART: Final = "psa_without_tickets"
"""Stands beside `psa` in what a tenant was seen to have, where it came of another record than a ticket."""


def stored_sources(sources: Sequence[str]) -> list[str]:
    """The sources of a result or a run."""
    stored = [source for source in sources if source != TICKETS]
    return stored if TICKETS in sources else [*stored, _NO_TICKETS]


def known_sources(stored: Sequence[str]) -> tuple[str, ...]:
    """What `stored_sources` was given."""
    known = tuple(source for source in stored if source != _NO_TICKETS)
    return known if _NO_TICKETS in stored else (*known, TICKETS)


def stored_seen(sources: Iterable[str]) -> set[str]:
    """What is added to the sources that a tenant was seen to have."""
    seen = set(sources)
    return seen | {_TOLD_APART} if "psa" in seen and TICKETS not in seen else seen


def known_seen(stored: Collection[str]) -> frozenset[str]:
    """The sources that a tenant was seen to have: psa as an older build saw it counts as having tickets."""
    seen = frozenset(stored) - {_TOLD_APART}
    return seen | {TICKETS} if "psa" in stored and _TOLD_APART not in stored else seen
