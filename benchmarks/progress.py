"""A line of progress per step, with its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Report:
    """Tells on the terminal what is being measured."""

    def __init__(self, console: Console) -> None:
        self.bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )

    @contextmanager
    def step(self, what: str, total: int = 1) -> Iterator[Callable[[int], None]]:
        """A line for what is done within; what it gives takes how many more are done."""
        task = self.bars.add_task(what, total=total)
        yield lambda count: self.bars.advance(task, count)
        self.bars.update(task, completed=total)
        self.bars.stop_task(task)
