"""Keeping what AWS answers an invocation, one file an answer, and answering the same invocation with it again."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from botocore.awsrequest import AWSResponse, HTTPHeaders

EVENT: Final = "event.json"
"""The file of a recording that says what the invocation was asked to do."""


class Recorder:
    """Keeps the answers of the clients that are made after `watch`, in order, one file each."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._count = 0

    def watch(self, events: Any) -> None:
        events.register("after-call", self._keep)

    @contextmanager
    def recording(self, folder: Path, bodies: Sequence[str], now: int) -> Iterator[None]:
        """Keeps what is answered within, and the messages that are worked off in it."""
        (folder / EVENT).write_text(json.dumps({"bodies": bodies, "now": now}))
        self._folder, self._count = folder, 0
        try:
            yield
        finally:
            self._folder = None

    def _keep(self, http_response: Any, model: Any, **_: Any) -> None:
        if self._folder is not None:
            name = f"{self._count:04d}.{model.name}.{http_response.status_code}"
            (self._folder / name).write_bytes(http_response.content)
            self._count += 1


class Replayer:
    """Answers every call with the next recorded answer; a call of another operation is an error."""

    def __init__(self, folder: Path) -> None:
        self._waiting = sorted(path for path in folder.iterdir() if path.name != EVENT)[::-1]
        self.calls = 0

    def watch(self, events: Any) -> None:
        events.register_first("before-send", self._answer)

    def _answer(self, event_name: str, request: Any, **_: Any) -> Any:
        path = self._waiting.pop()
        operation, status_code = path.name.split(".")[1:]
        assert event_name.endswith(f".{operation}"), f"{event_name} came where {operation} was recorded"
        self.calls += 1
        return AWSResponse(request.url, int(status_code), HTTPHeaders(), Raw(path.read_bytes()))


class Raw(BytesIO):
    """A body as botocore takes it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(65_536):
            yield chunk
