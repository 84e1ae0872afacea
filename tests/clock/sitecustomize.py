"""Moves the clock of whoever imports it. Python does so at its start where this folder is on its path.

By ``TEST_CLOCK_SHIFT`` seconds from the machine's clock, which goes on, for the rest of the process's life.
"""

import os
import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex) -> None:
    """Do nothing for that long."""
    if float(seconds) < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], float(seconds))


if "faketime" in os.environ.get("LD_PRELOAD", ""):
    # Where only the calendar is moved, and not the clock by which everything waits, libfaketime refuses the call that
    # time.sleep makes: it takes the end of an absolute sleep for a date.
    time.sleep = sleep

if shift := float(os.environ.get("TEST_CLOCK_SHIFT") or 0):
    import time_machine

    clock = time_machine.travel(time.time() + shift, tick=True).start()
    # Starting took its time, and processes of one day are to agree on it.
    clock.shift(time_machine.escape_hatch.time.time() + shift - time.time())
