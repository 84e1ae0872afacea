"""Scores a file's clients once, so many, again and again: `python -m benchmarks.engines.instructions <file> <clients>`.

Run under valgrind, with 0 clients too, the difference is what scoring takes. Needs nothing but the domain.
"""

import gc
import sys
from itertools import cycle, islice
from pathlib import Path

from benchmarks.engines.domain import compute
from benchmarks.engines.prepared import read
from benchmarks.engines.tables import Fleet

if __name__ == "__main__":
    gc.disable()  # when it runs depends on addresses, and loading is not what is counted
    facts, before = read(Path(sys.argv[1]))
    clients = int(sys.argv[2])
    fleet = Fleet.of(list(islice(cycle(facts), clients)), list(islice(cycle(before), clients)))
    gc.freeze()
    gc.enable()
    compute(fleet)
