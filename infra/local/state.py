"""The state directory: everything one local stack leaves on disk, in one place that can be deleted."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local import processes
from infra.local.errors import DamagedStateError, LocalStackError, NoStackError


@dataclass(frozen=True)
class Stack:
    """A deployed local stack: where it answers and what CloudFormation called its parts."""

    port: int
    emulator_port: int
    outputs: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        """Where the AWS calls go."""
        return f"http://127.0.0.1:{self.emulator_port}"


class StateDirectory:
    """Paths below the state directory, and what was noted there about the stack."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.emulator_pid = self.path / "emulator.pid"
        self.emulator_log = self.path / "emulator.log"
        self.emulator_state = self.path / "emulator"
        self.scratch = self.path / "tmp"
        self.front_pid = self.path / "front.pid"
        self.front_log = self.path / "front.log"
        self.demo_data = self.path / "demo-data"
        self._stack = self.path / "stack.json"

    def noted(self) -> Stack | None:
        """The stack as last deployed, running or not.

        Raises
        ------
        DamagedStateError
        """
        try:
            return Stack(**json.loads(self._stack.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise DamagedStateError(
                f"{self._stack} is damaged; delete that file: `python -m infra.local up` writes it again"
            ) from error

    def note(self, stack: Stack) -> None:
        scratch = self._stack.with_suffix(".tmp")
        scratch.write_text(json.dumps(asdict(stack), indent=1))
        scratch.replace(self._stack)

    def running(self) -> Stack:
        """The stack, if it runs.

        Raises
        ------
        NoStackError
            When it does not.
        """
        stack = self.noted()
        if stack is None or processes.running(self.emulator_pid) is None:
            raise NoStackError(f"no stack is running in {self.path}: start one with `python -m infra.local up`")
        if processes.running(self.front_pid) is None:
            raise NoStackError(f"the stack in {self.path} serves nothing: `python -m infra.local up` starts it again")
        return stack

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the directory while processes are started or stopped; a second command is refused, not queued."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"another command is starting or stopping the stack in {self.path}: wait until it is done"
                raise LocalStackError(message) from error
            yield
