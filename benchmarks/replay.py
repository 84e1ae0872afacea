"""Works off a recorded invocation again in a process of its own, against the answers that AWS gave then.

So the worker's memory and CPU are its own: the emulator runs elsewhere, or not at all. Run as
`python -m benchmarks.replay <folder> <how>`, it prints what the invocation took as JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from benchmarks.recording import EVENT, Replayer

PHASES: Final = {
    "botocore.client.BaseClient._make_api_call": "requests",
    "chalicelib.adapters.dynamodb.table.decode": "decode",
    "chalicelib.adapters.dynamodb.roster.facts_of": "decode",
    "chalicelib.adapters.dynamodb.scores.decode_rows": "decode",
    "chalicelib.adapters.dynamodb.scores.decode_snapshot": "decode",
    "chalicelib.services.page_scoring.evaluate": "score",
    "chalicelib.services.page_scoring.current_row": "score",
    "chalicelib.services.run_completion.day_figures": "summary",
    "chalicelib.services.run_completion.fleet_summary": "summary",
    "chalicelib.adapters.dynamodb.scores.encode_rows": "encode",
    "chalicelib.adapters.dynamodb.scores.encode_snapshot": "encode",
}
"""What the phases of an invocation consist of; none of these calls another of them."""


class Usage(NamedTuple):
    """Peak memory of the whole process in MB, CPU seconds of the invocation alone and by phase, and its calls."""

    peak_mb: float
    cpu_seconds: float
    calls: int
    phases: dict[str, float]


def replayed(folder: Path, how: str = "phases") -> Usage:
    """Works off a recorded invocation in a new process, as `replay` does."""
    command = [sys.executable, "-m", "benchmarks.replay", str(folder), how]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return Usage(**json.loads(answer.stdout.splitlines()[-1]))


def replay(folder: Path, how: str) -> Usage:
    """Works off a recorded invocation in this process.

    `phases` takes the CPU by phase, from a cold start; `warm` takes it as a whole, with the clients made before; and
    `naive` does the same with the naive worker.
    """
    import boto3

    from benchmarks.emulator import REGION
    from benchmarks.stack import ENVIRONMENT

    os.environ.update(ENVIRONMENT)
    boto3.setup_default_session(region_name=REGION)
    replayer = Replayer(folder)
    replayer.watch(boto3._get_default_session().events)
    work = (_naive_work if how == "naive" else _work)(json.loads((folder / EVENT).read_text()), how)
    timed: AbstractContextManager[dict[str, float]] = timed_phases() if how == "phases" else nullcontext({})
    with timed as phases:
        started = time.process_time()
        work()
        taken = time.process_time() - started
    phases["rest"] = taken - sum(phases.values())
    return Usage(_peak_mb(), taken, replayer.calls, phases)


def _work(event: Any, how: str) -> Callable[[], Any]:
    """The service's worker on an invocation's messages."""
    from benchmarks.stack import work
    from chalicelib import bootstrap

    bootstrap.build = partial(bootstrap.build, clock=lambda: event["now"])
    if how == "warm":
        assert bootstrap.application().page_scoring
    return lambda: work(event["bodies"])


def _naive_work(event: Any, _: str) -> Callable[[], Any]:
    """The naive worker on an invocation per client."""
    import boto3

    from benchmarks.naive import NaiveNight
    from benchmarks.stack import TABLE
    from benchmarks.workload import AS_OF

    night = NaiveNight(boto3.client("dynamodb"), boto3.client("sqs"), TABLE, "")
    return lambda: [night.work(client, AS_OF) for client in event["clients"]]


@contextmanager
def timed_phases() -> Iterator[dict[str, float]]:
    """CPU seconds by phase, of what runs within."""
    seconds = dict.fromkeys(PHASES.values(), 0.0)

    def timed(target: str) -> Any:
        original, phase = resolve_name(target), PHASES[target]

        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            try:
                return original(*args, **kwargs)
            finally:
                seconds[phase] += time.process_time() - started

        return patch(target, call)

    with ExitStack() as stack:
        for target in PHASES:
            stack.enter_context(timed(target))
        yield seconds


def _peak_mb() -> float:
    """By the kernel's own mark, which starts again with a program; that of getrusage is inherited from the parent."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(replay(Path(sys.argv[1]), sys.argv[2])._asdict()))
