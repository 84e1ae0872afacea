"""One tenant, client or person that fails keeps no other waiting."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from infra.operations.errors import OperationError

Unit = TypeVar("Unit")
Result = TypeVar("Result")


class Alone:
    """Work on units that may each fail alone: it is told at once, and raised when all others are done."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self.failed: dict[str, Exception] = {}

    def each(self, units: Iterable[Unit], work: Callable[[Unit], Result]) -> list[Result]:
        """What work on each unit came to, those left out that failed."""
        results = []
        for unit in units:
            try:
                results.append(work(unit))
            except Exception as error:
                self.note(str(unit), error)
        return results

    def note(self, unit: str, error: Exception) -> None:
        """Reports a unit that failed: the kind of error, and the message of our own exceptions."""
        self.failed[unit] = error
        self._tell(f"{unit}: {error if isinstance(error, OperationError) else type(error).__name__}; the others go on")

    def end(self) -> None:
        """Raises OperationError where a unit failed: its own where it was the only one."""
        failed = self.failed
        if len(failed) == 1:
            ((unit, error),) = failed.items()
            raise error if isinstance(error, OperationError) else OperationError(f"{unit} failed") from error
        if failed:
            raise OperationError(f"{len(failed)} failed, all others are done: {', '.join(list(failed)[:10])}")
