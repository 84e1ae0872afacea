"""IANA time zones by the pinned package ``tzdata`` alone: the same edition on Lambda and on any machine.

Python would read the machine's own files first, of another edition. No other module imports ``zoneinfo``, which an
architecture test holds, so that no zone is made before this one is imported.
"""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

__all__ = ["ZoneInfo", "is_time_zone", "stored_zone"]

zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()  # of whatever a library made before

_NO_ZONES = frozenset({"Factory"})  # what the package lists for machines whose zone nobody has set
_ONCE_ACCEPTED = {"localtime": "UTC"}


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NO_ZONES


def is_time_zone(name: str) -> bool:
    """Whether a tenant may live in the zone of this name."""
    return name in _names()


def stored_zone(name: str) -> ZoneInfo:
    """The zone of a tenant that exists, whose name was accepted when it was created.

    ``localtime`` was, on a machine that has a file of that name: it is read as UTC.

    Raises
    ------
    zoneinfo.ZoneInfoNotFoundError
        When the package has no such zone and never had.
    """
    return ZoneInfo(_ONCE_ACCEPTED.get(name, name))
