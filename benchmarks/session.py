"""What several benchmarks share, made when first needed: the records of B1, the loaded stack, the counted night."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, TypeVar

from benchmarks import naive, night
from benchmarks.engines import prepared
from benchmarks.loading import load
from benchmarks.progress import Report
from benchmarks.stack import TENANT, Stack, started
from benchmarks.templates import template_of
from benchmarks.workload import ACCOUNT_MANAGERS, AS_OF, FACTS_PER_CLIENT, Record, b1_records
from chalicelib.domain.history import Snapshot
from chalicelib.domain.roster import CurrentRow
from chalicelib.tenancy import bound_to
from infra.meter import Cost

T = TypeVar("T")

FLEET_SIZES: Final = (100, 1000, 10_000, 50_000)
"""The smallest is loaded record by record, the others are made of the session's pages."""


def make_packages() -> None:
    """Makes all packages, in a process of its own."""
    subprocess.run([sys.executable, "-m", "benchmarks.packages"], check=True)


def fleet_of(clients: int, template: Path | None) -> Any:
    """Measures a fleet in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.fleets", str(clients), *([] if template is None else [str(template)])]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


class Session:
    """One run of the benchmarks, on a fleet of so many clients."""

    def __init__(self, clients: int, report: Report) -> None:
        self.clients, self.report = clients, report
        self._open = ExitStack()
        self._beside: list[Future[Any]] = []

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    @cached_property
    def records(self) -> list[Record]:
        with self.report.step("generating the records of B1"):
            return list(b1_records(self.clients, as_of=AS_OF))

    @cached_property
    def by_client(self) -> dict[str, list[Record]]:
        return naive.by_client(self.records)

    @cached_property
    def recordings(self) -> Path:
        """What AWS answered in the counted night, a folder per invocation."""
        folder = Path(self._open.enter_context(TemporaryDirectory())) / "recordings"
        folder.mkdir()
        return folder

    @cached_property
    def stack(self) -> Stack:
        """Facts, a baseline 30 days back and last night's rows."""
        records = self.records
        stack = self._open.enter_context(started())
        total = ACCOUNT_MANAGERS + self.clients * (1 + FACTS_PER_CLIENT)
        with self.report.step("loading them through the intake", total) as done:
            load(stack, records, done)
        with self.report.step("the nights before"):
            stack.earlier_nights()
        return stack

    @cached_property
    def settled(self) -> tuple[Cost, int]:
        """What a night with alerts costs, and how many; afterwards none is due."""
        stack = self.stack
        with self.report.step("a night with alerts, and settling them"):
            return night.settle_alerts(stack)

    @cached_property
    def _processes(self) -> ThreadPoolExecutor:
        """Waits for processes that run beside, two at a time."""
        return self._open.enter_context(ThreadPoolExecutor(2))

    def _begin(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        begun = self._processes.submit(work, *arguments)
        self._beside.append(begun)
        return begun

    def quiet(self) -> None:
        """Returns when nothing runs beside any more: now times can be taken."""
        if all(begun.done() for begun in self._beside):
            return
        with self.report.step("what runs beside", len(self._beside)) as done:
            for begun in self._beside:
                wait([begun])
                done(1)

    @cached_property
    def decoded_facts(self) -> Path:
        """A file of the clients' facts, as decoded."""
        stack, path = self.stack, self.recordings.parent / "facts"
        with self.report.step("decoding the facts"), bound_to(TENANT):
            pages = range(stack.adapters.tenants.get(TENANT).pages)
            facts = [held for page in pages for _, held in stack.adapters.roster.page_facts(TENANT, page)]
            prepared.write(facts, path)
        return path

    @cached_property
    def instructions(self) -> "Future[dict[int, float] | None]":
        """Instructions per client of scoring alone, which valgrind takes minutes to count."""
        return self._begin(prepared.instructions, self.decoded_facts, min(prepared.COUNTED_CLIENTS, self.clients))

    @cached_property
    def packages(self) -> "Future[None]":
        """The packages that rows 6 and 9 look at, which the first time have to be installed."""
        return self._begin(make_packages)

    @cached_property
    def fleets(self) -> "dict[int, Future[Any]]":
        """Fleets of other sizes, each in a process of its own, from the stack as it is before the counted night.

        They take minutes, so they are begun early, while others count; the largest first.
        """
        assert self.settled
        template = self.recordings.parent / "template"
        template.write_bytes(pickle.dumps(template_of(self.stack), pickle.HIGHEST_PROTOCOL))
        return {
            size: self._begin(fleet_of, size, None if size <= self.clients // 10 else template)
            for size in sorted(FLEET_SIZES, reverse=True)
        }

    @cached_property
    def night(self) -> night.Night:
        settled = self.settled
        with self.report.step("the counted night"):
            return night.counted_night(self.stack, self.recordings, settled)

    @cached_property
    def results(self) -> tuple[dict[int, CurrentRow], Snapshot]:
        """Rows by seat and the night's snapshot."""
        assert self.night
        return self.stack.results()

    @property
    def rows(self) -> dict[str, CurrentRow]:
        return {row.client.id: row for row in self.results[0].values()}
