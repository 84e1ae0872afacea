"""The day on which all tests run, whatever the machine's date: the same verdict on any day of any year.

The clock runs on from 10:00 UTC, in this process and in all its children, the local stack with its functions among
them. ``TEST_DAY`` names another day, or ``machine`` for the machine's own clock, which ``make test-dates`` moves from
outside.
"""

import os
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

DAY: Final = "2026-11-24"
"""A Tuesday without a change of clocks or an end of a month or quarter nearby, in the past of every machine."""

_SHIFT: Final = "TEST_CLOCK_SHIFT"


def begin() -> None:
    """Move this process to the day of the process that started it, or to a new morning of the day."""
    if _SHIFT not in os.environ:
        os.environ[_SHIFT] = f"{_shift(os.environ.get('TEST_DAY') or DAY):.0f}"
    import_module("tests.clock.sitecustomize")


def _shift(day: str) -> float:
    if day == "machine":
        return 0
    morning = datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=UTC)
    return morning.timestamp() - time.time()


def take_children_along() -> None:
    """Have Python's child processes import ``sitecustomize.py``.

    Workers of xdist must not: there pytest wants to import the plugin time_machine itself.
    """
    folders = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
