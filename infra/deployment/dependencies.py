"""The runtime dependencies as Lambda will see them: installed from the lock, pruned, compiled, cached by its content.

Chalice would install them too, but with itself come pip, setuptools and a terminal toolkit that never run on Lambda,
and a wheel it cannot find only warns. Here a wheel that is missing or is not the locked one stops the build.
"""

import compileall
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from py_compile import PycInvalidationMode

from infra.deployment.errors import DeploymentError

# The AWS services the functions call. Their API descriptions are kept; those of the other 400 are most of botocore.
AWS_SERVICES = frozenset({"dynamodb", "kms", "s3", "sns", "sqs", "ssm", "sts"})

# Top-level names that nothing imports on Lambda: cffi and pycparser build C bindings, of which only _cffi_backend runs.
_NOT_SHIPPED = frozenset({"bin", "cffi", "pycparser"})

_TASK_ROOT = "/var/task"  # where Lambda unpacks the archive; tracebacks show these paths


def build_dependencies(lock: Path, cache: Path, report: Callable[[str], None], *, here: bool = False) -> Path:
    """Directory with everything that ``lock`` names, ready to be put into a Lambda archive.

    Built once per content of ``lock``, interpreter and this module, below ``cache``. Chalice is not among them, since
    packaging adds the two of its modules that run on Lambda. ``here``: to run on this machine.

    Raises
    ------
    DeploymentError
        When pip cannot find a wheel for Lambda, or finds one whose hash is not in the lock.
    """
    platforms = _platforms(here=here)
    key = hashlib.sha256("\n".join([lock.read_text(), sys.version, *platforms, Path(__file__).read_text()]).encode())
    site = cache / key.hexdigest()[:16]
    if not site.is_dir():
        report("Installing the runtime dependencies for Lambda")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            built = Path(scratch) / "site"
            _install(lock, platforms, built)
            _prune(built)
            compile_tree(built)
            built.rename(site)  # last, so that a build that was interrupted is not taken for a finished one
    return site


def compile_tree(root: Path, prefix: str = "") -> None:
    """Write bytecode beside every source below ``root``, so that no cold start has to compile.

    The archive's file times mean nothing, hence unchecked hashes: the interpreter neither stats nor hashes the source.
    """
    if not compileall.compile_dir(
        root,
        quiet=1,
        force=True,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        stripdir=root,
        prependdir=str(Path(_TASK_ROOT, prefix)),
    ):
        raise DeploymentError(f"a module below {root} does not compile; see the messages above")


def _platforms(*, here: bool) -> list[str]:
    """Wheel platforms that Lambda can load; none, meaning this machine's own, where ``here`` is another kind of one.

    A Linux machine of Lambda's architecture takes Lambda's wheels for its local stack too: what is tested ships.
    """
    if here and (sys.platform, platform.machine(), platform.libc_ver()[0]) != ("linux", "x86_64", "glibc"):
        return []
    newest = 34  # the glibc of Amazon Linux 2023, on which Lambda runs Python 3.12 and later
    if here:
        newest = min(newest, int(platform.libc_ver()[1].split(".")[1]))
    return [f"manylinux_2_{minor}_x86_64" for minor in range(newest, 4, -1)] + ["manylinux2014_x86_64"]


def _install(lock: Path, platforms: list[str], target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--only-binary=:all:", "--target", str(target), "--require-hashes", "-r", str(lock)]
    for name in platforms:
        command += ["--platform", name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise DeploymentError(f"the runtime dependencies cannot be installed for Lambda:\n{run.stderr.strip()}")


def _prune(site: Path) -> None:
    for entry in list(site.iterdir()):
        if entry.name in _NOT_SHIPPED or entry.name.endswith(".dist-info"):
            _remove(entry)
    for root, directories, files in os.walk(site, topdown=False):
        for name in files:
            if name.endswith((".pyi", ".c", ".h")) or name in {"py.typed", "examples-1.json"}:
                Path(root, name).unlink()
        for name in directories:
            if name in {"__pycache__", "examples"}:
                _remove(Path(root, name))
    for description in (site / "botocore" / "data").iterdir():
        if description.is_dir() and description.name not in AWS_SERVICES:
            _remove(description)
    _remove(site / "aws_lambda_powertools" / "event_handler")  # a router; ours is Chalice's
    for description in (site / "boto3" / "data").iterdir():  # read by boto3.resource() alone; we use clients
        _remove(description)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
