"""How far an import came, so that the same one goes on from there when it is started again.

Batches are numbered in an order that depends on the files, their maps and the target alone. Those that were answered
are not sent again; a batch of which records were refused is, because the file of faulty rows is written anew. Sending
one twice changes nothing, so a journal that is late costs time and no more.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path


class Journal:
    """The batches of one import that are done; kept in a file, or (without a folder) nowhere."""

    def __init__(self, folder: Path | None, told: Iterable[object]) -> None:
        """`told`: what makes it this import and no other."""
        name = sha256(repr(list(told)).encode()).hexdigest()[:32]
        self._path = None if folder is None else folder / f"{name}.json"
        self.done = 0
        self.refused: set[int] = set()
        self.accepted = self.unchanged = 0
        if self._path is not None:
            with suppress(OSError, ValueError, KeyError, TypeError):
                held = json.loads(self._path.read_text())
                self.done, self.refused = int(held["done"]), set(map(int, held["refused"]))
                self.accepted, self.unchanged = int(held["accepted"]), int(held["unchanged"])

    def is_done(self, batch: int) -> bool:
        """Whether a batch was answered by an earlier start, without any record being refused."""
        return batch < self.done and batch not in self.refused

    def note(self, batch: int, accepted: int, unchanged: int, *, refused: bool) -> None:
        """A batch was answered. One that comes after another that was not is sent again some day."""
        if batch > self.done:
            return
        if batch == self.done:
            self.done = batch + 1
            self.accepted += accepted
            self.unchanged += unchanged
        if refused:
            self.refused.add(batch)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            written = self._path.with_suffix(".new")
            body = {"done": self.done, "refused": sorted(self.refused)}
            written.write_text(json.dumps({**body, "accepted": self.accepted, "unchanged": self.unchanged}))
            written.replace(self._path)

    def close(self) -> None:
        """The import is over."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
