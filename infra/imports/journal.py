"""How far an import came, so that the same one goes on from there when it is started again."""

import json
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from chalicelib.importing.target import Batches


class Journal(Batches):
    """The batches of one import that are done; kept in a file."""

    def __init__(self, folder: Path, told: Iterable[object]) -> None:
        """`told`: what makes it this import and no other."""
        super().__init__()
        name = sha256(repr(list(told)).encode()).hexdigest()[:32]
        self._path = folder / f"{name}.json"
        with suppress(OSError, ValueError, KeyError, TypeError):
            held = json.loads(self._path.read_text())
            self.done, self.refused = int(held["done"]), set(map(int, held["refused"]))
            self.accepted, self.unchanged = int(held["accepted"]), int(held["unchanged"])

    def keep(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(".new")
        body = {"done": self.done, "refused": sorted(self.refused)}
        written.write_text(json.dumps({**body, "accepted": self.accepted, "unchanged": self.unchanged}))
        written.replace(self._path)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
