"""Large fleets made of B1's own pages: facts are served, not stored, so 50,000 clients fit into minutes and memory.

A fleet of n clients has B1's full pages again and again, under ids and seats of their own. What a night or a request
reads and writes of it is exactly as large as if all had been loaded.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest.mock import patch

from botocore.awsrequest import AWSResponse, HTTPHeaders

from benchmarks.emulator import put_item
from benchmarks.recording import Raw
from benchmarks.stack import TABLE, TENANT, Stack
from benchmarks.workload import NIGHT, ZONE
from chalicelib.adapters.dynamodb import fact_codec, keys, roster
from chalicelib.adapters.dynamodb.page_codec import decode_rows, decode_snapshot, encode_rows, encode_snapshot
from chalicelib.adapters.dynamodb.table import encode
from chalicelib.domain.facts import Client, Facts, Instant
from chalicelib.domain.ids import RecordId
from chalicelib.domain.moment import SECONDS_PER_DAY, local_day
from chalicelib.domain.roster import SEATS_PER_PAGE, pages_for
from chalicelib.domain.time_zones import ZoneInfo
from infra.meter import Item

BASELINE: Final = local_day(Instant(NIGHT - 30 * SECONDS_PER_DAY), ZoneInfo(ZONE))


@dataclass(frozen=True)
class Template:
    """What belongs to a loaded tenant as a whole (settings, account managers, figures of dates), and its full pages:
    per page the clients' items, rows and baseline."""

    tenant: list[Item]
    pages: list[tuple[list[Item], Item, Item]]


def template_of(stack: Stack) -> Template:
    """What a stack holds; its clients are `c-00001` … in the order of their seats."""

    def held(key: keys.Key) -> Item:
        found = stack.peek.item(TABLE, encode(key._asdict()))
        assert found is not None, key
        return found

    tenant = stack.peek.partition(TABLE, keys.tenant_partition(TENANT))
    tenant = [item for item in tenant if item["sk"]["S"].startswith(("SETTINGS", "AM#", "DAY#"))]
    full = range(_seats(tenant) // SEATS_PER_PAGE)
    pages = [
        (_facts(stack, page), held(keys.current(TENANT, page)), held(keys.snapshot(TENANT, page, BASELINE)))
        for page in full
    ]
    return Template(tenant, pages)


@contextmanager
def decoded_once() -> Iterator[None]:
    """Within, equal blocks are decoded once in this process: a fleet made of templates has the same ones many times."""
    decoded: dict[Any, Facts] = {}

    def facts_of(client: Client, ticket_blocks: Sequence[bytes], facts_blocks: Sequence[bytes]) -> Facts:
        blocks = (tuple(ticket_blocks), tuple(facts_blocks))
        if blocks not in decoded:
            decoded[blocks] = fact_codec.facts_of(client, ticket_blocks, facts_blocks)
        return replace(decoded[blocks], client=client)

    with patch.object(roster, "facts_of", facts_of):
        yield


def _seats(tenant: list[Item]) -> int:
    return next(int(item["seats"]["N"]) for item in tenant if "seats" in item)


def _facts(stack: Stack, page: int) -> list[Item]:
    items = stack.peek.partition(TABLE, keys.page_partition(TENANT, page))
    return [item for item in items if item["sk"]["S"].startswith("C#")]


class Fleet:
    """A template at the size of `clients`."""

    def __init__(self, template: Template, clients: int) -> None:
        self._template, self.clients = template, clients

    def store(self) -> None:
        """Everything but the facts, straight into the emulator's table; of the first client the facts too."""
        for item in self._template.tenant:
            put_item(TABLE, {**item, "seats": {"N": str(self.clients)}} if "seats" in item else item)
        for page in range(pages_for(self.clients)):
            for item in (self._rows(page), self._baseline(page)):
                put_item(TABLE, item)
        first = RecordId("c-00001")
        put_item(TABLE, encode({**keys.directory(TENANT, first)._asdict(), "seat": 0}))
        for item in self.facts(0):
            if keys.client_of(item["sk"]["S"]) == first:
                put_item(TABLE, item)

    def facts(self, page: int) -> list[dict[str, Any]]:
        """The items of a page's clients, as a query of the page finds them."""
        items, _, _ = self._page(page)
        shift = self._shift(page)
        found = []
        for item in items:
            old = keys.client_of(item["sk"]["S"])
            number = int(old[2:]) + shift
            if number > self.clients:
                continue
            moved = {**item, **encode(self._moved(item, page, f"C#{old}", f"C#c-{number:05d}"))}
            if "seat" in item:
                moved["seat"] = {"N": str(int(item["seat"]["N"]) + shift)}
            found.append(moved)
        return found

    def watch(self, events: Any) -> None:
        """Answers queries for the facts of a page; all others go on to the emulator."""
        events.register_first("before-send", self._answer)

    def _answer(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        if not event_name.endswith(".Query"):
            return None
        asked = json.loads(request.body)["ExpressionAttributeValues"]
        span = keys.page_items(TENANT, 0)
        if (asked[":first"]["S"], asked[":last"]["S"]) != (span.first, span.last):
            return None
        items = self.facts(int(asked[":pk"]["S"].rpartition("#")[2]))
        body = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        text = json.dumps(body, default=lambda binary: b64encode(binary).decode())
        return AWSResponse(request.url, 200, HTTPHeaders(), Raw(text.encode()))

    def _page(self, page: int) -> tuple[list[Item], Item, Item]:
        return self._template.pages[page % len(self._template.pages)]

    def _shift(self, page: int) -> int:
        return (page - page % len(self._template.pages)) * SEATS_PER_PAGE

    @staticmethod
    def _moved(item: Item, page: int, old: str, new: str) -> Mapping[str, Any]:
        sort_key = item["sk"]["S"].replace(old, new, 1)
        return {"pk": keys.page_partition(TENANT, page), "sk": sort_key}

    def _rows(self, page: int) -> Item:
        _, item, _ = self._page(page)
        shift = self._shift(page)
        rows = {
            seat + shift: row._replace(client=row.client._replace(id=f"c-{seat + shift + 1:05d}"))
            for seat, row in decode_rows(item["d"]["B"]).items()
            if seat + shift < self.clients
        }
        return {**item, **encode(keys.current(TENANT, page)._asdict()), "d": {"B": encode_rows(rows)}}

    def _baseline(self, page: int) -> Item:
        _, _, item = self._page(page)
        shift = self._shift(page)
        held = decode_snapshot(item["d"]["B"])
        scores = {seat + shift: found for seat, found in held.scores.items() if seat + shift < self.clients}
        data = encode_snapshot(replace(held, scores=scores))
        return {**item, **encode(keys.snapshot(TENANT, page, BASELINE)._asdict()), "d": {"B": data}}
