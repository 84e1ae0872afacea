"""What a check comes to, and what AWS's refusals mean for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra.operations.errors import OperationError

if TYPE_CHECKING:
    from infra.operations.verification.visit import Visit

Outcome = Literal["passed", "failed", "cannot be told here"]

REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
THROTTLED: Final = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"}
)
UNKNOWN_HERE: Final = frozenset(
    {"InvalidAction", "UnknownOperationException", "NotImplemented", "UnsupportedOperation"}
)


class Verdict(NamedTuple):
    """The outcome of a check, and what was seen; for a failed one also what to do."""

    outcome: Outcome
    says: str


def passed(says: str) -> Verdict:
    return Verdict("passed", says)


def failed(says: str) -> Verdict:
    return Verdict("failed", says)


def untold(says: str) -> Verdict:
    return Verdict("cannot be told here", says)


class Check(NamedTuple):
    """One of the first-day checks."""

    number: int
    title: str
    run: "Callable[[Visit], Verdict]"


def verdict_of(check: Check, visit: "Visit") -> Verdict:
    """Runs a check. Whatever keeps it from its end makes it one that cannot be told; nothing passes by accident."""
    try:
        return check.run(visit)
    except ClientError as error:
        code, call = error.response["Error"].get("Code", ""), error.operation_name
        if code in REFUSED:
            return untold(f"these credentials may not call {call}: repeat it with an operator's")
        if code in THROTTLED:
            return untold(f"AWS throttles {call}: repeat it in a minute")
        if code in UNKNOWN_HERE:
            return untold(f"{call} does not exist here")
        return failed(f"{call} was refused: {error}")
    except (BotoCoreError, OSError) as error:
        return untold(f"no answer: {error}")
    except OperationError as error:
        return failed(str(error))
