"""What an operation cannot do, told so that the operator knows what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.services.errors import AheadOfClockError


class OperationError(Exception):
    """The operation was not done, or not to its end; repeating it is safe."""


@contextmanager
def refused() -> Iterator[None]:
    """What a service refuses within is told to the operator as it is."""
    try:
        yield
    except (NotFoundError, ConflictError, AheadOfClockError) as error:
        raise OperationError(str(error)) from error
