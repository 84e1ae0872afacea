"""Several workers, of which one runs at a time: a seeded scheduler lets one of them make its next AWS call."""

import threading
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from botocore.awsrequest import AWSResponse

from tests.faults.wire import Attempt

STUCK_SECONDS: Final = 60


class Worker:
    """One thread, which stops before each of its AWS calls."""

    def __init__(self, name: str, work: Callable[[], Any], control: threading.Semaphore) -> None:
        self.name, self._work, self._control = name, work, control
        self._turn = threading.Semaphore(0)
        self.error: BaseException | None = None
        self.done = False
        self.at = "start"
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def step(self) -> None:
        """Lets it go on, up to the call after the one where it stands."""
        self._turn.release()
        if not self._control.acquire(timeout=STUCK_SECONDS):
            raise AssertionError(f"{self.name} is stuck after {self.at}")

    def pause(self, operation: str) -> None:
        """Called by the worker itself, before a call."""
        self.at = operation
        self._control.release()
        self._turn.acquire()

    def _run(self) -> None:
        self._turn.acquire()
        try:
            self._work()
        except Exception as error:
            self.error = error
        finally:
            self.done = True
            self._control.release()


class Interleaver:
    """Takes the place of the wire: holds the calls of workers, lets those of everybody else pass."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self.trace: list[str] = []

    def __call__(self, operation: str, request: Any) -> AWSResponse:
        worker = self._workers.get(threading.current_thread().name)
        if worker is not None:
            worker.pause(operation)
        return Attempt(operation, 1, request).send()

    def run(self, seed: int, works: Mapping[str, Callable[[], Any]]) -> dict[str, BaseException | None]:
        """Runs workers in the order that the seed says; returns what each failed with."""
        random, control = Random(seed), threading.Semaphore(0)
        self.trace = []
        self._workers = {name: Worker(name, work, control) for name, work in works.items()}
        for worker in self._workers.values():
            worker.thread.start()
        while alive := [worker for worker in self._workers.values() if not worker.done]:
            chosen = random.choice(alive)
            self.trace.append(f"{chosen.name}:{chosen.at.partition('.')[2]}")
            chosen.step()
        for worker in self._workers.values():
            worker.thread.join()
        found = {worker.name: worker.error for worker in self._workers.values()}
        self._workers = {}
        return found
