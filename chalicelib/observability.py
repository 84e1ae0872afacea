"""Logs and metrics. Log lines carry ids and counts, never names, addresses, tokens or bodies."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

logger = Logger()
metrics = Metrics(namespace="ClientHealth")

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
        except Exception:
            logger.exception("the handler failed")
            raise
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()
            logger.remove_keys(["request_id", "function"])

    return entrypoint


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
