"""What is deployed, unpacked as Lambda unpacks it; the same without bytecode; and the peers' packages.

Everything is cached below build/benchmarks by content, so only the first run has to install: `python -m
benchmarks.packages` makes all of it.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, Final

from benchmarks.earlier import BASELINE, earlier_tree
from infra.deployment.packaging import BUILD, LOCAL_STAGE, ROOT, Package, lambda_python, package

CACHE: Final = BUILD / "benchmarks"
PEER_REQUIREMENTS: Final = ("fastapi", "mangum")


@cache
def deployed() -> Package:
    """Looked at once: each look hashes every file of the package.

    On another Python than that of the stages it is the local stack's: the same code, with the libraries of this Python.
    """
    return package("prod" if sys.version_info[:2] == lambda_python() else LOCAL_STAGE)


def unpacked(*, bytecode: bool) -> Path:
    """The archive's files; without bytecode, as a package that was not compiled."""
    built = deployed()
    folder = CACHE / f"package-{built.content[:16]}{'' if bytecode else '-sources'}"

    def unpack(into: Path) -> None:
        with zipfile.ZipFile(built.archive) as archive:
            archive.extractall(into)
        if not bytecode:
            for cached in list(into.rglob("__pycache__")):
                shutil.rmtree(cached)

    return _made(folder, unpack)


def earlier_code() -> Path:
    """The code of the build that later ones are measured beside, compiled as ours is; its libraries are ours."""

    def copy(into: Path) -> None:
        with earlier_tree() as tree:
            shutil.copy(tree / "app.py", into)
            shutil.copytree(tree / "chalicelib", into / "chalicelib")
        compileall.compile_dir(into, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)

    return _made(CACHE / f"earlier-{BASELINE}-{_digest()}", copy)


def fastapi_packages() -> Path:
    """FastAPI and Mangum with all that they need, compiled as ours are."""
    pins = [line.split()[0] for line in (ROOT / "requirements-bench.txt").read_text().splitlines() if line]
    wanted = [pin for pin in pins if pin.partition("==")[0] in PEER_REQUIREMENTS]

    def install(into: Path) -> None:
        _pip("install", "--no-compile", "--target", str(into), *wanted)
        compileall.compile_dir(into, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)

    return _made(CACHE / f"fastapi-{_digest(*wanted)}", install)


def default_layer() -> Path:
    """What Chalice itself makes of the same requirements: a layer for them, an archive for the code."""
    requirements = (ROOT / "requirements.txt").read_text()
    config = '{"version": "2.0", "app_name": "client-health", "automatic_layer": true, "stages": {"dev": {}}}'

    def make(into: Path) -> None:
        project = into / "project"
        (project / ".chalice").mkdir(parents=True)
        (project / ".chalice" / "config.json").write_text(config)
        (project / "requirements.txt").write_text(requirements)
        shutil.copy(ROOT / "app.py", project)
        shutil.copytree(ROOT / "chalicelib", project / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
        code = "from chalice.cli import main; main()"
        command = [sys.executable, "-c", code, "--project-dir", str(project), "package", str(into / "out")]
        environment = {"AWS_DEFAULT_REGION": "us-east-1", "PATH": str(Path(sys.executable).parent)}
        subprocess.run(command, check=True, capture_output=True, cwd=project, env=_environment(environment))

    return _made(CACHE / f"default-{_digest(requirements)}", make) / "out"


def sizes(*archives: Path) -> tuple[int, int]:
    """Bytes of archives, and of what is in them."""
    unzipped = 0
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            unzipped += sum(entry.file_size for entry in archive.infolist())
    return sum(path.stat().st_size for path in archives), unzipped


def _environment(extra: dict[str, str]) -> dict[str, str]:
    import os

    return {**os.environ, **extra}


def _pip(*arguments: Any) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join([sys.version, *parts]).encode()).hexdigest()[:16]


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    """A cached folder; one that was interrupted is not taken for a finished one."""
    if not folder.is_dir():
        unfinished = folder.with_name(f"{folder.name}-unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder


if __name__ == "__main__":
    unpacked(bytecode=True)
    unpacked(bytecode=False)
    earlier_code()
    fastapi_packages()
    default_layer()
