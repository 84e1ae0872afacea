"""What the answers of other systems say."""

import pytest

from chalicelib.connections.answers import checked, wait_of
from chalicelib.domain.facts import Instant
from chalicelib.domain.outbound import Answer, BusyError

AT = Instant(1793620800)
"""Mon, 02 Nov 2026 12:00:00 GMT."""


@pytest.mark.parametrize(
    ("told", "at", "wait"),
    [
        ("7", AT, 7),
        (" 120 ", None, 120),
        ("Mon, 02 Nov 2026 12:02:00 GMT", AT, 120),
        ("Mon, 02 Nov 2026 11:00:00 GMT", AT, -3600),
        ("Mon, 02 Nov 2026 12:02:00 GMT", None, None),
        ("Mon, 99 Nov 2026 12:02:00 GMT", AT, None),
        ("soon", AT, None),
        ("-7", AT, None),
        ("\u0667", AT, None),
        ("", AT, None),
    ],
)
def test_a_wait_is_seconds_or_until_a_date_by_the_systems_own_time(
    told: str, at: Instant | None, wait: int | None
) -> None:
    assert wait_of(Answer(429, {"retry-after": told}, None, at)) == wait


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("Mon, 02 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 02 Nov 2026 11:00:00 GMT", 1),
        ("Tue, 03 Nov 2026 12:00:00 GMT", 3600),
    ],
)
def test_a_busy_system_is_left_alone_for_a_second_to_an_hour(told: str, wait: int) -> None:
    with pytest.raises(BusyError) as busy:
        checked(Answer(503, {"retry-after": told}, None, AT))
    assert busy.value.wait == wait
