"""Row 6: what each function of the deployed package loads, and how long that takes beside `import boto3` alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from benchmarks.earlier import BASELINE
from benchmarks.figures import Figure, Part, paired
from benchmarks.packages import earlier_code, fastapi_packages, unpacked
from benchmarks.session import Session

ROUNDS: Final = 9
WORKERS: Final = ("score_pages", "nightly_scoring", "relay_alerts", "sweep", "import_files")
SINCE_THE_BASELINE: Final = frozenset({"import_files"})
"""Functions that the earlier build does not have."""

ROUTE: Final = Path(__file__).parents[1] / "fastapi_route.py"

TABLE: Final = "_ports.tenants"
"""What nearly every first call needs of an application: the table, and a client for it."""

HANDLERS: Final = {
    "API": ("import app", TABLE, 1.7),
    "authorizer": ("import chalicelib.api.auth", "tokens", None),
    **{name: (f"import chalicelib.workers.{name}", TABLE, 1.4) for name in WORKERS},
}
"""What Lambda imports; what the first call needs besides; how many times `import boto3` that may take."""

BOTO3: Final = "import boto3"
CLIENT: Final = "boto3.client('dynamodb')"
FIRST_USE: Final = "from chalicelib.bootstrap import application\napplication().{}"
MODULES_AT_MOST: Final = {BOTO3: None, BASELINE: 1.02}
"""What modules are counted beside, and how many times theirs a handler may load."""

FASTAPI: Final = "FastAPI + Mangum, one route"
READY: Final = "{} ready, its AWS client made: CPU ms"
MADE_READY: Final = ("API", "score_pages")
"""Those that are looked at more closely: people wait for the one, nearly all CPU is spent in the other."""

SIDES: Final = ("ours", "theirs")
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "TABLE_NAME": "benchmark",
    "SCORING_QUEUE_URL": "https://queue",
    "OIDC_ISSUER": "https://issuer",
    "OIDC_AUDIENCE": "benchmark",
}

MEASURING: Final = """
import json, sys, time
sys.path[:0] = {folders}
before, started = len(sys.modules), time.process_time()
{code}
seconds = time.process_time() - started
print(json.dumps([seconds, len(sys.modules) - before, "cryptography" in sys.modules]))
"""


class Run(NamedTuple):
    """What a statement took and loaded."""

    cpu_seconds: float
    modules: int
    cryptography: bool


class Import(NamedTuple):
    """A statement in a fresh process, and the folders it finds its modules in."""

    code: str
    folders: tuple[Path, ...]

    def run(self) -> Run:
        code = MEASURING.format(folders=[str(folder) for folder in self.folders], code=self.code)
        command = [sys.executable, "-S", "-B", "-c", code]
        environment = {**ENVIRONMENT, "PATH": os.environ["PATH"]}
        run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return Run(*json.loads(run.stdout))


class Comparison(NamedTuple):
    """Ours and theirs, run in turns; `limit` is how many times theirs ours may be."""

    what: str
    ours: Import
    beside: str
    theirs: Import
    limit: float | None = None


def measure(session: Session) -> Part:
    session.packages.result()
    with TemporaryDirectory() as name:
        peer = Path(name)
        shutil.copy(ROUTE, peer)
        compared = comparisons(peer)
        runs: list[list[tuple[Run, Run]]] = [[] for _ in compared]
        with session.report.step("importing the handlers", ROUNDS) as done:
            for turn in range(ROUNDS):
                for found, comparison in zip(runs, compared, strict=True):
                    found.append(_pair(comparison, theirs_first=bool(turn % 2)))
                done(1)
    return Part(
        _figures(compared, runs),
        [("handlers that load cryptography", _with_cryptography())],
        {f"{c.what}, beside {c.beside}": _detail(found) for c, found in zip(compared, runs, strict=True)},
    )


def comparisons(peer: Path) -> list[Comparison]:
    """Each handler beside boto3, imported and made ready, and beside an earlier build; two without bytecode; one beside
    FastAPI."""
    compiled, sources = (unpacked(bytecode=True),), (unpacked(bytecode=False),)
    with_fastapi = (peer, fastapi_packages(), *compiled)
    boto3, client = Import(BOTO3, compiled), Import(f"{BOTO3}\n{CLIENT}", compiled)
    api, _, _ = HANDLERS["API"]
    found = [
        Comparison(f"import of {name}: CPU ms", Import(code, compiled), BOTO3, boto3, limit)
        for name, (code, _, limit) in HANDLERS.items()
    ]
    found += [
        Comparison(f"import of {name}: CPU ms", Import(code, compiled), "without bytecode", Import(code, sources))
        for name, (code, _, _) in HANDLERS.items()
        if name in MADE_READY
    ]
    earlier = (earlier_code(), *compiled)
    found += [
        Comparison(f"import of {name}: CPU ms", Import(code, compiled), BASELINE, Import(code, earlier))
        for name, (code, _, _) in HANDLERS.items()
        if name not in SINCE_THE_BASELINE
    ]
    theirs = Import("import fastapi_route", with_fastapi)
    found.append(Comparison("import of API: CPU ms", Import(api, compiled), FASTAPI, theirs))
    found += [
        Comparison(READY.format(name), ready(name), "import boto3 and a client", client, HANDLERS[name][2])
        for name in MADE_READY
    ]
    theirs = Import(f"import fastapi_route\n{FIRST_USE.format(TABLE)}", with_fastapi)
    return [*found, Comparison(READY.format("API"), ready("API"), FASTAPI, theirs)]


def ready(name: str) -> Import:
    """A handler's import, and then what its first invocation makes."""
    code, first_use, _ = HANDLERS[name]
    return Import(f"{code}\n{FIRST_USE.format(first_use)}", (unpacked(bytecode=True),))


def _pair(comparison: Comparison, *, theirs_first: bool) -> tuple[Run, Run]:
    """One right after the other, so that the machine is the same for both."""
    if theirs_first:
        theirs = comparison.theirs.run()
        return comparison.ours.run(), theirs
    return comparison.ours.run(), comparison.theirs.run()


def _figures(compared: Sequence[Comparison], runs: Sequence[Sequence[tuple[Run, Run]]]) -> list[Figure]:
    timed, modules = [], []
    for comparison, found in zip(compared, runs, strict=True):
        ours, theirs = ([1000 * run.cpu_seconds for run in side] for side in zip(*found, strict=True))
        pair = paired(ours, theirs)
        timed.append(Figure("6", comparison.what, beside=comparison.beside, at_most=comparison.limit, **pair))
        if comparison.beside in MODULES_AT_MOST:
            own, base = found[0]
            what, limit = comparison.what.replace("CPU ms", "modules"), MODULES_AT_MOST[comparison.beside]
            modules.append(Figure("6", what, own.modules, comparison.beside, base.modules, at_most=limit))
    return timed + modules


def _with_cryptography() -> str:
    return ", ".join(name for name in HANDLERS if ready(name).run().cryptography) or "none"


def _detail(found: Sequence[tuple[Run, Run]]) -> dict[str, Any]:
    return {
        side: [round(1000 * run.cpu_seconds, 2) for run in runs]
        for side, runs in zip(SIDES, zip(*found, strict=True), strict=True)
    }
