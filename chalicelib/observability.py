"""Logs and metrics. Log lines carry ids and counts, never names, addresses, tokens or bodies."""

import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from chalicelib.config import Config


class ErrorFormatter(LambdaPowertoolsFormatter):
    """Logs an error's type and location; its message only for our own exceptions.

    Ours hold ids and counts. Libraries put the value that they refuse into the message: a name, an address, a body.
    """

    def __init__(self) -> None:
        super().__init__(serialize_stacktrace=False)  # it would add the message again

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        return "".join(_told(error) for error in _chain(ei[1]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from, the first of them first."""
    if error is None:
        return
    yield from _chain(error.__cause__ or (None if error.__suppress_context__ else error.__context__))
    yield error


def _told(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{type(error).__qualname__}{_message(error)}\n"


def _message(error: BaseException) -> str:
    answer = getattr(error, "response", None)  # of AWS: the code says what it was
    if isinstance(answer, dict) and "Error" in answer:
        return f": {answer['Error'].get('Code')} from {getattr(error, 'operation_name', None)}"
    return f": {error}" if _is_ours(error) else ""


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("chalicelib.")


class HandlerFailedError(Exception):
    """A handler failed with an error of a library. What it was stands in the log; Lambda would log its message too."""


logger = Logger(logger_formatter=ErrorFormatter())
metrics = Metrics(namespace="ClientHealth")
metrics.set_default_dimensions(stage=Config().stage)

Result = TypeVar("Result")


def event_entrypoint(handle: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Wraps a handler of events: every log line of it carries the request id, every failure is logged and raised.

    Blueprint handlers run from their own module, where an app's middleware is absent: hence a decorator.
    """

    @wraps(handle)
    def entrypoint(event: Any) -> Result:
        context = getattr(event, "context", None)
        logger.append_keys(request_id=getattr(context, "aws_request_id", None), function=handle.__name__)
        try:
            return handle(event)
        except Exception as error:
            raise failed(error) from None
        finally:
            flush_metrics()
            logger.remove_keys(["request_id", "function"])

    return entrypoint


def failed_messages(event: Any, process: Callable[[str], object]) -> list[dict[str, str]]:
    """Has each message of an SQS event processed, by its body; the failures to answer, which SQS delivers again."""
    from chalicelib.services.errors import TryAgainError  # which only handlers of queues need

    failures = []
    for record in event.to_dict()["Records"]:
        try:
            process(record["body"])
        except Exception as error:  # one bad message must not fail its batch mates
            if isinstance(error, TryAgainError):
                logger.warning("message comes again", extra={"reason": str(error)})
            else:
                logger.exception("message failed", extra={"message_id": record["messageId"]})
            failures.append({"itemIdentifier": record["messageId"]})
    return failures


def failed(error: Exception) -> Exception:
    """Logs what made a handler fail; the error to leave it with is itself, or a discreet one for a library's."""
    logger.exception("the handler failed")
    return error if _is_ours(error) else HandlerFailedError(type(error).__name__)


def flush_metrics() -> None:
    """Writes what was counted; a handler does it when it ends."""
    if metrics.metric_set:
        metrics.flush_metrics()


def log_failure(message: str, error: Exception, **keys: Any) -> None:
    """A log line about an error that was caught: it belongs to one tenant, message or client."""
    logger.error(message, exc_info=error, extra=keys)


def remaining_seconds(event: Any) -> float:
    """The time that the function has left; plenty where there is no Lambda context."""
    context = getattr(event, "context", None)
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 if remaining is not None else 60.0


def count(**counts: int) -> None:
    """Adds to metrics by name, such as `count(ClientsScored=64)`."""
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def measure_seconds(name: str, seconds: int) -> None:
    """A metric of elapsed seconds."""
    metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=seconds)
