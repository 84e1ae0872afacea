"""A stub's answers without a network, by what the wire would make of them: for tests of many histories."""

import json
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

from chalicelib.domain.facts import Instant
from chalicelib.domain.outbound import Answer, Request
from tests.stubs.server import Answers, asked


class Wire:
    """`outbound.Send` to a stub, at the time of a clock that is moved."""

    def __init__(self, answers: Answers, at: int) -> None:
        self.answers, self.at = answers, at
        self.calls = 0

    def __call__(self, request: Request) -> Answer:
        self.calls += 1
        parts = urlsplit(request.url)
        body = b""
        if request.form is not None:
            body = urlencode(request.form).encode()
        elif request.json is not None:
            body = json.dumps(request.json).encode()
        given = self.answers(asked(request.method, f"{parts.path}?{urlencode(request.query)}", request.headers, body))
        try:
            said = json.loads(given.bytes, parse_float=Decimal)
        except ValueError:
            said = None
        headers = {name.lower(): value for name, value in given.headers.items()}
        return Answer(given.status, headers, said, Instant(self.at))
