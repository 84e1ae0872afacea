"""Scores the first clients of a pickled fleet once: `python -m benchmarks.engines.instructions <fleet> <clients>`.

Run under valgrind, with 0 clients too, the difference is what scoring takes. Needs nothing but the domain.
"""

import gc
import pickle
import sys
from pathlib import Path

from benchmarks.engines.domain import compute
from benchmarks.engines.tables import Fleet
from chalicelib.domain.roster import pages_for

if __name__ == "__main__":
    gc.disable()  # when it runs depends on addresses, and loading is not what is counted
    fleet: Fleet = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301
    clients = int(sys.argv[2])
    gc.freeze()
    gc.enable()
    compute(Fleet(fleet.facts[:clients], fleet.baselines[: pages_for(clients)]))
