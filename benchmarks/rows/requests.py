"""Row 7: the route layer of one warm request, beside FastAPI behind Mangum with the same store, which is in memory."""

import json
import subprocess
import sys
from typing import Any, Final

from benchmarks.figures import Figure, Part, paired
from benchmarks.session import Session

ROUNDS: Final = 11
REQUESTS: Final = 300


def measure(session: Session) -> Part:
    """In a process of its own, which nobody watches."""
    with session.report.step("the route layer"):
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.warm_request"], capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(run.stdout)
    ours, theirs = found["ours"], found["fastapi"]
    what = "one warm request, the route layer"
    return Part(
        [
            Figure("7", f"{what}: CPU ms", beside="FastAPI + Mangum", at_least=1, **paired(ours["ms"], theirs["ms"])),
            Figure("7", f"{what}: Python calls", ours["calls"], "FastAPI + Mangum", theirs["calls"], at_least=1),
        ],
        detail=found,
    )
