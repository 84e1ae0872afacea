"""Whatever comes out of the queue or the stream: it is understood, or it is refused as what it is."""

import json
from typing import Any, Final

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.keys import outbox_tenant
from chalicelib.domain.ids import MOST_PAGES, TenantId
from chalicelib.domain.messages import (
    PAGES_PER_MESSAGE,
    BadMessageError,
    NightlyPages,
    RefreshPages,
    ScoringMessage,
    message_body,
    read_message,
)
from tests.unit.domain.strategies import LAST_DAY, LAST_INSTANT
from tests.unit.fuzz.anything import JSON, TELLING, TEXT, spoiled

TENANTS: Final = st.from_regex(r"\A[a-z0-9][a-z0-9-]{1,38}\Z").map(TenantId)
PAGES: Final = st.lists(st.integers(0, MOST_PAGES - 1), min_size=1, max_size=PAGES_PER_MESSAGE).map(tuple)
MESSAGES: Final = st.builds(
    NightlyPages, TENANTS, st.integers(719_163, LAST_DAY), st.integers(0, LAST_INSTANT), PAGES
) | st.builds(RefreshPages, TENANTS, PAGES, st.just(0))


@given(MESSAGES)
def test_a_message_comes_back(message: ScoringMessage) -> None:
    assert read_message(message_body(message)) == message


@given(TEXT | JSON.map(json.dumps) | spoiled(MESSAGES.map(message_body).map(json.loads)).map(json.dumps))
@example("[" * 100_000)
@example("1" * 10_000)
def test_any_body(body: str) -> None:
    try:
        message = read_message(body)
    except BadMessageError as error:
        assert len(str(error)) < 200
    else:
        assert 1 <= len(message.pages) <= PAGES_PER_MESSAGE


@given(TEXT | st.sampled_from(TELLING) | TEXT.map(lambda text: f"T#{text}#OUTBOX"))
def test_any_partition_of_the_stream(partition: str) -> None:
    tenant: Any = outbox_tenant(partition)
    assert tenant is None or partition == f"T#{TenantId(tenant)}#OUTBOX"
