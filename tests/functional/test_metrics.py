"""Metrics are filed under service and stage, as the alarms and the dashboard of the template look for them."""

from typing import Any

from tests.functional.test_imports import run

COUNTING = """
import contextlib, io, json
from chalicelib.observability import count, event_entrypoint

@event_entrypoint
def handle(event):
    count(ClientsScored=64)

written = io.StringIO()
with contextlib.redirect_stdout(written):
    handle({})
    handle({})
print(json.dumps([json.loads(line) for line in written.getvalue().splitlines()]))
"""


def filed(**environment: str) -> list[Any]:
    """Namespace, dimensions and their values of what two invocations of one process count."""
    lines = run(
        COUNTING, POWERTOOLS_METRICS_NAMESPACE="ClientHealth", POWERTOOLS_SERVICE_NAME="score_pages", **environment
    )
    found = []
    for line in lines:
        (said,) = line["_aws"]["CloudWatchMetrics"]
        (dimensions,) = said["Dimensions"]
        found.append((said["Namespace"], {name: line[name] for name in dimensions}))
    return found


def test_stages_of_an_account_write_series_of_their_own() -> None:
    """In the second invocation of a process, too: writing metrics clears what was set for the first."""
    assert filed(STAGE="dev") == [("ClientHealth", {"service": "score_pages", "stage": "dev"})] * 2
    assert filed(STAGE="prod") == [("ClientHealth", {"service": "score_pages", "stage": "prod"})] * 2
