"""Pages of a sorted list: the cursor names the last row's place, not its number.

So a row whose sort key did not change between two pages is neither skipped nor repeated.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chalicelib.services.errors import BadCursorError

Row = TypeVar("Row")


def sorted_rows(
    rows: Sequence[Row], value: Callable[[Row], Any], tie: Callable[[Row], tuple[str, ...]], *, descending: bool
) -> list[Row]:
    """Rows by a value, ties by `tie` ascending; rows without a value come last in both orders."""
    ordered = sorted(rows, key=tie)
    known = sorted((r for r in ordered if value(r) is not None), key=value, reverse=descending)
    return known + [row for row in ordered if value(row) is None]


def page_of_rows(
    rows: Sequence[Row],
    value: Callable[[Row], Any],
    tie: Callable[[Row], tuple[str, ...]],
    *,
    descending: bool,
    limit: int,
    place: Sequence[Any] | None,
) -> tuple[list[Row], list[Any] | None]:
    """The rows after a place, at most `limit`, and the place of the last one if more follow.

    A value is an integer or text, so that it goes into a cursor exactly.
    """
    ordered = sorted_rows(rows, value, tie, descending=descending)
    if place is not None:
        last_value, last_tie = place[0], tuple(place[1:])
        try:
            ordered = [r for r in ordered if _follows(value(r), tie(r), last_value, last_tie, descending)]
        except TypeError as error:
            raise BadCursorError("This cursor is not valid here.") from error
    page = list(ordered[:limit])
    following = [value(page[-1]), *tie(page[-1])] if len(ordered) > limit else None
    return page, following


def _follows(value: Any, tie: tuple[str, ...], last_value: Any, last_tie: tuple[Any, ...], descending: bool) -> bool:
    if (value is None) != (last_value is None):
        return value is None
    if value != last_value:
        return bool((value > last_value) != descending)
    return tie > last_tie
