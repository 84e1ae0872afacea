"""How often a local midnight comes: editions of the time zones change, and a special case may stop being one."""

from datetime import UTC, datetime

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.time_zones import ZoneInfo


def midnights(zone: ZoneInfo, day: Day) -> list[Instant]:
    """The instants at which a zone's clocks show 00:00 of a day, the first one first; none where it is left out."""
    wall = datetime.fromordinal(day)
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(
        Instant(instant.timestamp()) for instant in found if instant.astimezone(zone).replace(tzinfo=None) == wall
    )
