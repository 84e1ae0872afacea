"""Moves the clock of whoever imports it. Python does so at its start where this folder is on its path.

By ``TEST_CLOCK_SHIFT`` seconds from the machine's clock, which goes on, for the rest of the process's life.
"""

import os
import time

import time_machine

if shift := float(os.environ.get("TEST_CLOCK_SHIFT") or 0):
    clock = time_machine.travel(time.time() + shift, tick=True).start()
    # Starting took its time, and processes of one day are to agree on it.
    clock.shift(time_machine.escape_hatch.time.time() + shift - time.time())
