"""An earlier build of the service beside today's: its tree out of the repository's history."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

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
