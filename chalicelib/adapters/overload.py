"""Calls to AWS, and which of their failures only another try can mend.

botocore has tried a throttled call three times by then. What it tries again is listed in
`botocore.retries.standard.ThrottledRetryableChecker`; the services here use these codes of it.
"""

from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from chalicelib.services.errors import OverloadedError

P = ParamSpec("P")
R = TypeVar("R")

THROTTLING: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


def ask(call: Callable[P, R], *args: P.args, **request: P.kwargs) -> R:
    """Calls an operation of a client.

    Raises OverloadedError when AWS throttles it or does not answer in time. A write may have happened then; every
    write here is safe to repeat.
    """
    try:
        return call(*args, **request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in THROTTLING:
            raise OverloadedError(f"AWS throttles: {code}") from error
        raise
    except (HTTPClientError, NoConnectionError) as error:
        raise OverloadedError(f"AWS does not answer: {type(error).__name__}") from error
