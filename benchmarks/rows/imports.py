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

from benchmarks.figures import Figure, Part, paired
from benchmarks.packages import fastapi_packages, unpacked
from benchmarks.session import Session

ROUNDS: Final = 9
WORKERS: Final = ("score_pages", "nightly_scoring", "relay_alerts", "sweep")
ROUTE: Final = Path(__file__).parents[1] / "fastapi_route.py"

HANDLERS: Final = {
    "API": ("import app", "application().tenants", 1.7),
    "authorizer": ("import chalicelib.api.auth", "application().tokens", None),
    **{name: (f"import chalicelib.workers.{name}", "application().tenants", 1.4) for name in WORKERS},
}
"""What Lambda imports; what the first call needs besides; how many times `import boto3` that may take."""

BOTO3: Final = "import boto3"
CLIENT: Final = "boto3.client('dynamodb')"
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


class Import(NamedTuple):
    """A statement in a fresh process: the folders it finds its modules in, and whether bytecode may be used."""

    code: str
    folders: tuple[Path, ...]

    def run(self) -> tuple[float, int, bool]:
        """CPU seconds, modules loaded by it, whether cryptography is among them."""
        code = MEASURING.format(folders=[str(folder) for folder in self.folders], code=self.code)
        command = [sys.executable, "-S", "-B", "-c", code]
        environment = {**ENVIRONMENT, "PATH": os.environ["PATH"]}
        run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        seconds, modules, cryptography = json.loads(run.stdout)
        return seconds, modules, cryptography


def ready(code: str, first_use: str) -> str:
    """A handler's import, and then what its first invocation makes."""
    return f"{code}\nfrom chalicelib.bootstrap import application\n{first_use}"


def measure(session: Session) -> Part:
    session.packages.result()
    compiled, sources = unpacked(bytecode=True), unpacked(bytecode=False)
    with TemporaryDirectory() as name:
        peer = Path(name)
        shutil.copy(ROUTE, peer)
        imports = {
            BOTO3: Import(BOTO3, (compiled,)),
            CLIENT: Import(f"{BOTO3}\n{CLIENT}", (compiled,)),
            **{name: Import(code, (compiled,)) for name, (code, _, _) in HANDLERS.items()},
            **{f"{name}, ready": Import(ready(code, use), (compiled,)) for name, (code, use, _) in HANDLERS.items()},
            "FastAPI": Import("import fastapi_route", (peer, fastapi_packages(), compiled)),
            "FastAPI, ready": Import(
                ready("import fastapi_route", "application().tenants"), (peer, fastapi_packages(), compiled)
            ),
            "API, sources": Import("import app", (sources,)),
            "score_pages, sources": Import("import chalicelib.workers.score_pages", (sources,)),
        }
        found: dict[str, list[tuple[float, int, bool]]] = {name: [] for name in imports}
        with session.report.step("importing the handlers", ROUNDS) as done:
            for _ in range(ROUNDS):
                for name, each in imports.items():
                    found[name].append(each.run())
                done(1)
    return Part(_figures(found), [("handlers that load cryptography", _with_cryptography(found))], _detail(found))


Runs = dict[str, list[tuple[float, int, bool]]]


def _figures(found: Runs) -> list[Figure]:
    figures = []
    for name, (_, _, limit) in HANDLERS.items():
        figures.append(_figure(found, f"import of {name}: CPU ms", name, BOTO3, limit))
    figures += [
        _figure(found, f"import of {name}: CPU ms", name, f"{name}, sources", None, "without bytecode")
        for name in ("API", "score_pages")
    ]
    figures.append(_figure(found, "import of API: CPU ms", "API", "FastAPI", None, "FastAPI + Mangum, one route"))
    for name, (_, _, limit) in HANDLERS.items():
        if limit is not None:
            what = f"{name} ready, its AWS client made: CPU ms"
            figures.append(_figure(found, what, f"{name}, ready", CLIENT, limit, "import boto3 and a client"))
    what = "API ready, its AWS client made: CPU ms"
    figures.append(_figure(found, what, "API, ready", "FastAPI, ready", None, "FastAPI + Mangum, one route"))
    modules = [
        Figure("6", f"import of {name}: modules", found[name][0][1], BOTO3, found[BOTO3][0][1]) for name in HANDLERS
    ]
    return figures + modules


def _figure(found: Runs, what: str, ours: str, theirs: str, limit: float | None, beside: str = "") -> Figure:
    pair = paired(_milliseconds(found[ours]), _milliseconds(found[theirs]))
    return Figure("6", what, beside=beside or theirs, at_most=limit, **pair)


def _milliseconds(runs: Sequence[tuple[float, int, bool]]) -> list[float]:
    return [1000 * seconds for seconds, _, _ in runs]


def _with_cryptography(found: Runs) -> str:
    names = [name.removesuffix(", ready") for name, runs in found.items() if name.endswith("ready") and runs[0][2]]
    return ", ".join(names) or "none"


def _detail(found: Runs) -> dict[str, Any]:
    return {
        name: {"cpu_ms": _milliseconds(runs), "modules": runs[0][1], "cryptography": runs[0][2]}
        for name, runs in found.items()
    }
