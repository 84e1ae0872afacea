"""An earlier build of the service beside today's: its tree out of the repository's history."""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]

BASELINE: Final = "21dba73"
"""The build that later ones are measured beside."""


@contextmanager
def earlier_tree(commit: str = BASELINE) -> Iterator[Path]:
    """The tree of a commit in a temporary folder. Raises RuntimeError in a clone without its history."""
    found = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=False)
    if found.returncode:
        raise RuntimeError(f"commit {commit} is not in this clone: fetch the whole history (git fetch --unshallow)")
    with TemporaryDirectory() as name:
        with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
            archive.extractall(name, filter="data")
        yield Path(name)


def run_script(script: ModuleType, *arguments: str, tree: Path | None = None) -> Any:
    """What a module of benchmarks prints as JSON, run in a process of its own; with `tree` on that build's service.

    It is the last line: before it the service may have printed its metrics.
    """
    if tree is not None:
        source = Path(str(script.__file__))
        shutil.copyfile(source, tree / "benchmarks" / source.name)
    command = [sys.executable, "-m", script.__name__, *arguments]
    printed = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    return json.loads(printed.splitlines()[-1])


def in_both_builds(script: ModuleType, *arguments: str, done: Callable[[int], None]) -> tuple[Any, Any]:
    """What a module of benchmarks prints on today's build, and on the earlier one."""
    ours = run_script(script, *arguments)
    done(1)
    with earlier_tree() as tree:
        theirs = run_script(script, *arguments, tree=tree)
    done(1)
    return ours, theirs
