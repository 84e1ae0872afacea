"""What lies between the service and AWS: every request passes here, and may be lost, doubled, refused or cut in half.

moto answers in botocore's `before-send` event, and botocore runs all handlers of an event whatever the first answers:
so the handler here takes the place of moto's and calls it, once, twice or not at all.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from tests.faults.world import CrashError

JSON_ERRORS: Final = {
    "dynamodb": ("ProvisionedThroughputExceededException", "InternalServerError"),
    "sqs": ("RequestThrottled", "InternalError"),
}
XML_ERRORS: Final = {"sns": ("Throttling", "InternalError")}


@dataclass
class Attempt:
    """One request of a call: the first, or one that botocore makes again."""

    operation: str
    """Such as `dynamodb.PutItem`."""

    number: int
    """Counted from 1 for each call."""

    request: Any

    def send(self, document: Mapping[str, Any] | None = None) -> AWSResponse:
        """Lets AWS do it and returns what AWS says; `document`: with this body instead."""
        request = self.request
        if document is not None:
            body = json.dumps(document).encode()
            request = AWSPreparedRequest(request.method, request.url, request.headers, body, False)
        answer: AWSResponse = botocore_stubber(f"before-send.{self.operation}", request)
        return answer

    def document(self) -> Any:
        """The body of the request, of those services that speak JSON."""
        return json.loads(self.request.body)

    def answer(self, document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> AWSResponse:
        """An answer that AWS never gave."""
        body = document if isinstance(document, str) else json.dumps(document)
        made: Any = AWSResponse  # its types want headers of a class of botocore's own
        answer: AWSResponse = made(self.request.url, status, dict(headers or {}), MockRawResponse(body))
        return answer

    def lost(self) -> ReadTimeoutError:
        return ReadTimeoutError(endpoint_url=self.request.url)

    def refusal(self, *, throttled: bool) -> AWSResponse:
        """A refusal as the service words it: it is throttled, or it is AWS's fault."""
        service = self.operation.partition(".")[0]
        status = 400 if throttled else 500
        if service in XML_ERRORS:
            code = XML_ERRORS[service][0 if throttled else 1]
            return self.answer(f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>", status)
        code = JSON_ERRORS[service][0 if throttled else 1]
        return self.answer({"__type": f"com.amazonaws#{code}"}, status, {"x-amzn-query-error": f"{code};Sender"})


Handler = Callable[[str, Any], AWSResponse]


def attach(client: Any, handler: Handler) -> None:
    """Gives all requests of a client to a handler, with the operation's name (`dynamodb.PutItem`)."""

    def before_send(event_name: str, request: Any, **_: Any) -> AWSResponse:
        return handler(event_name.removeprefix("before-send."), request)

    client.meta.events.unregister("before-send", botocore_stubber)
    client.meta.events.register_first("before-send", before_send)


# ---- the modes of failing --------------------------------------------------------------------------------


def crash_before(attempt: Attempt) -> AWSResponse:
    """The process dies before the request leaves it."""
    raise CrashError


def crash_after(attempt: Attempt) -> AWSResponse:
    """The process dies when AWS has done what it asked for."""
    attempt.send()
    raise CrashError


def lost_once(attempt: Attempt) -> AWSResponse:
    """AWS does it, the answer is lost; botocore asks again and meets its own write."""
    answer = attempt.send()
    if attempt.number == 1:
        raise attempt.lost()
    return answer


def lost_always(attempt: Attempt) -> AWSResponse:
    """AWS does it every time, and no answer comes back."""
    attempt.send()
    raise attempt.lost()


def throttled_once(attempt: Attempt) -> AWSResponse:
    """AWS refuses the first attempt."""
    return attempt.refusal(throttled=True) if attempt.number == 1 else attempt.send()


def throttled_always(attempt: Attempt) -> AWSResponse:
    """AWS refuses all attempts."""
    return attempt.refusal(throttled=True)


def broken_always(attempt: Attempt) -> AWSResponse:
    """AWS answers 500 to all attempts."""
    return attempt.refusal(throttled=False)


def partial_once(attempt: Attempt) -> AWSResponse:
    """A batch is done by half."""
    return _partial(attempt, lambda entries: entries[: len(entries) // 2])


def partial_always(attempt: Attempt) -> AWSResponse:
    """Nothing of any batch is done until the function gives up."""
    return _partial(attempt, lambda entries: [])


Chosen = Callable[[list[Any]], list[Any]]


def _partial(attempt: Attempt, chosen: Chosen) -> AWSResponse:
    document = attempt.document()
    if attempt.operation == "sqs.SendMessageBatch":
        return _partly_sent(attempt, document, chosen(document["Entries"]))
    return _partly_read(attempt, document, chosen)


def _partly_sent(attempt: Attempt, document: Any, done: list[Any]) -> AWSResponse:
    answer: dict[str, Any] = {"Successful": [], "Failed": []}
    if done:
        answer |= json.loads(attempt.send({**document, "Entries": done}).content)
    failed = [entry["Id"] for entry in document["Entries"] if entry not in done]
    refused = [{"Id": name, "Code": "InternalError", "SenderFault": False} for name in failed]
    return attempt.answer({**answer, "Failed": refused})


def _partly_read(attempt: Attempt, document: Any, chosen: Chosen) -> AWSResponse:
    ((table, asked),) = document["RequestItems"].items()
    done = chosen(asked["Keys"])
    answer: dict[str, Any] = {"Responses": {table: []}}
    if done:
        answer = json.loads(attempt.send({"RequestItems": {table: {**asked, "Keys": done}}}).content)
    left = [key for key in asked["Keys"] if key not in done]
    return attempt.answer({**answer, "UnprocessedKeys": {table: {**asked, "Keys": left}}})


class Mode(NamedTuple):
    """A way to fail."""

    inject: Callable[[Attempt], AWSResponse]
    operations: frozenset[str] | None = None
    """Those that can fail so (None: all)."""

    persists: bool = False
    """Whether all later calls of the operation fail as well, until the function ends."""

    @property
    def name(self) -> str:
        return self.inject.__name__

    def applies(self, operation: str) -> bool:
        return self.operations is None or operation in self.operations


BATCHES: Final = frozenset({"dynamodb.BatchGetItem", "sqs.SendMessageBatch"})
"""What the service calls that AWS may do in part; it writes no batches to DynamoDB, only transactions."""

MODES: Final = {
    mode.name: mode
    for mode in (
        Mode(crash_before),
        Mode(crash_after),
        Mode(lost_once),
        Mode(lost_always),
        Mode(throttled_once),
        Mode(throttled_always),
        Mode(broken_always),
        Mode(partial_once, BATCHES),
        Mode(partial_always, BATCHES, persists=True),
    )
}


class Wire:
    """Counts calls; the planned one fails. All attempts of one call are one call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.injected = 0
        self._fault: tuple[int, Mode] | None = None
        self._invocation, self._attempt = b"", 0

    def plan(self, call: int | None, mode: Mode | None = None) -> None:
        """Starts counting anew; the call of that number fails so."""
        self.calls, self.injected = [], 0
        self._fault = None if call is None or mode is None else (call, mode)

    def function_ended(self) -> None:
        """What failed for as long as a function ran is well again."""
        if self.injected:
            self._fault = None

    def __call__(self, operation: str, request: Any) -> AWSResponse:
        invocation = request.headers["amz-sdk-invocation-id"]
        if invocation == self._invocation:
            self._attempt += 1
        else:
            self._invocation, self._attempt = invocation, 1
            self.calls.append(operation)
        attempt = Attempt(operation, self._attempt, request)
        if self._fault is not None and self._hits(*self._fault, operation):
            self.injected += 1
            return self._fault[1].inject(attempt)
        return attempt.send()

    def _hits(self, call: int, mode: Mode, operation: str) -> bool:
        number = len(self.calls) - 1
        return number == call or (mode.persists and number > call and mode.applies(operation))
