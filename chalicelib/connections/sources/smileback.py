"""SmileBack: reviews of tickets, by the Data Replication API v3.

Built from the vendor's documents; not yet run against a live account.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from chalicelib.connections import records, values
from chalicelib.connections.answers import checked, listed
from chalicelib.connections.authentication import WithToken
from chalicelib.connections.mapping import Mapped
from chalicelib.connections.source import Choice, Page, Row, Since, Skip, Tested, by_id
from chalicelib.domain.outbound import Request, Send
from chalicelib.domain.times import format_instant

BASE: Final = "https://app.smileback.io"
PAGE: Final = 100

SCORES: Final = {1: 5, 0: 3, -1: 1}
"""Positive, neutral, negative on our scale: its level counts 4 and 5, so the share of positives stays what it was."""


class SmileBack:
    """`Source` of SmileBack."""

    streams = ("reviews",)
    swept: Mapping[str, str] = {}

    def __init__(self, settings: Mapping[str, str], send: Send) -> None:
        base = settings.get("base", BASE)
        form = (
            ("grant_type", "password"),
            ("username", settings["username"]),
            ("password", settings["password"]),
            ("scope", "read read_recent"),
        )
        self._url = f"{base}/api/v3/reviews/"
        self._send = WithToken(
            send=send,
            url=f"{base}/api/token/",
            form=form,
            client_id=settings["client_id"],
            secret=settings["client_secret"],
        )

    def existing(self, stream: str, ids: Sequence[str]) -> Collection[str]:
        """Nothing asks: what is deleted stays in the list, with a status."""
        del stream
        return ids

    def test(self) -> Tested:
        body = checked(self._send(Request(self._url, (("include_unrated", "false"), ("page_size", "1")))))
        listed(body, "results")
        count = body.get("count")
        return Tested("SmileBack", {"reviews": count} if isinstance(count, int) else {})

    def picklists(self) -> Mapping[str, Sequence[Choice]]:
        return {}

    def page(self, stream: str, since: Since, cursor: str | None) -> Page:
        """By `modified_since`, which each page moves to its own last `last_modified`: pages by number shift.

        Only where that is one moment for all of a page, the next page by number of the same moment follows.
        """
        del stream
        start, _, number = (cursor or "").partition(" ")
        if cursor is None and since.at is not None:
            start = format_instant(since.at)
        query = [("include_unrated", "false"), ("page_size", str(PAGE)), ("page", number or "1")]
        answer = self._send(Request(self._url, query + ([("modified_since", start)] if start else [])))
        body = checked(answer)
        rows = listed(body, "results")
        if not rows or not body.get("next"):
            return Page(rows, None, answer.at)
        last = max(str(row.get("last_modified") or "") for row in rows)
        return Page(rows, last if last > start else f"{start} {int(number or 1) + 1}", answer.at)

    def records(self, stream: str, row: Row, mapping: Mapped) -> records.SourceRecord | records.NewClient | Skip:
        del stream
        return review(row, mapping)


@by_id("id")
def review(own_id: str, row: Row, mapping: Mapped) -> records.SourceRecord | Skip:
    """A review as a CSAT survey. `company.id` is the id that the company has in the PSA."""
    client = values.text(row, "company.id")
    if client is None:
        return Skip(own_id, "it has no company")
    if client in mapping.skipped_clients:
        return Skip(own_id, "its client is left out")
    updated_at = values.timestamp(row, "last_modified")
    if values.text(row, "status") == "deleted":
        return records.deletion("survey", own_id, client, updated_at)
    rating = row.get("rating")
    if rating is None:
        return Skip(own_id, "it is not rated")
    if type(rating) is not int or rating not in SCORES:
        return Skip(own_id, "its rating is none of 1, 0 and -1")
    responded_at = values.needed(values.instant(row, "rated_on"), "rated_on")
    return records.survey(own_id, client, updated_at, kind="CSAT", score=SCORES[rating], responded_at=responded_at)
