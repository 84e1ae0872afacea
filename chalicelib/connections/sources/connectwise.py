"""ConnectWise PSA: companies, service tickets, agreements and invoices.

Built from the vendor's documents and real payloads; not yet run against a live account.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from chalicelib.connections import records, values
from chalicelib.connections.answers import checked, listed
from chalicelib.connections.authentication import WithHeaders, basic
from chalicelib.connections.mapping import Mapped, priority_of
from chalicelib.connections.source import MOST_PICKED, Choice, Page, Row, Since, Skip, Tested, by_id
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.outbound import Answer, Request, Send, UnreadableError
from chalicelib.domain.times import day_of_instant, format_instant

PAGE: Final = 250
PAGE_WITH_NOTES: Final = 10
"""Each ticket may cost a call of its own; a step is to end in seconds."""

ACCEPT: Final = "application/vnd.connectwise.com+json; version=2025.16"
REFUSED: Final = frozenset({401, 403, 404})
"""In the cloud, wrong keys are answered 404."""

FIRST_NOTE: Final = "note"
STATUS: Final = "status"

STAMPED_AT_ONCE: Final = 60
"""Seconds after the creation within which `dateResponded` is no answer of a person, but a status's stamp."""

MOST_BOARDS: Final = 25
MOST_ASKED: Final = 1_000
"""Rows of the largest page."""

_PATHS: Final = {
    "companies": "company/companies",
    "tickets": "service/tickets",
    "agreements": "finance/agreements",
    "invoices": "finance/invoices",
}
_UNFINISHED: Final = {"tickets": "closedFlag=false", "invoices": "balance>0"}
"""What counts in a first run however long ago it changed; of companies and agreements everything does."""


class ConnectWise:
    """`Source` of ConnectWise PSA."""

    streams = ("companies", "tickets", "agreements", "invoices")
    swept: Mapping[str, str] = {"tickets": "ticket", "agreements": "contract", "invoices": "invoice"}

    def __init__(self, settings: Mapping[str, str], send: Send) -> None:
        self._site = settings.get("base", f"https://{settings['site']}")
        self._company, self._bare = settings["company_id"], send
        user = f"{settings['company_id']}+{settings['public_key']}"
        self._first_response = settings.get("first_response", FIRST_NOTE)
        self._send = WithHeaders(
            send,
            {
                "Authorization": basic(user, settings["private_key"]),
                "clientId": settings["vendor_id"],
                "Accept": ACCEPT,
                "pagination-type": "forward-only",
            },
        )

    def existing(self, stream: str, ids: Sequence[str]) -> Collection[str]:
        query = (("conditions", f"id in ({','.join(ids)})"), ("fields", "id"), ("pageSize", str(MOST_ASKED)))
        rows = listed(checked(self._get(_PATHS[stream], *query), refused=REFUSED))
        return {str(row.get("id")) for row in rows}

    def test(self) -> Tested:
        info = self._bare(Request(f"{self._site}/login/companyinfo/{self._company}"))
        if info.status == 200 and info.body is None:
            raise UnreadableError("This site knows no company of that id: is it the one that you sign in with?")
        checked(info)
        counts = {}
        for stream, path in _PATHS.items():
            count = checked(self._get(f"{path}/count"), refused=REFUSED).get("count")
            if isinstance(count, int):
                counts[stream] = count
        return Tested(self._company, counts)

    def picklists(self) -> Mapping[str, Sequence[Choice]]:
        priorities = self._all("service/priorities")
        found: dict[str, list[Choice]] = {
            "priorities": [_choice(row, meaning=priority_of(str(row.get("name", "")))) for row in priorities],
            "statuses": [],
            "types": [],
            "clients": [_choice(row) for row in self._all("company/companies", ("fields", "id,name"))],
        }
        for board in self._all("service/boards", ("fields", "id,name"))[:MOST_BOARDS]:
            own = f"service/boards/{board.get('id')}"
            for row in self._all(f"{own}/statuses"):
                meaning = "closed" if row.get("closedStatus") is True else "open"
                found["statuses"].append(_choice(row, f"{board.get('name')}: ", meaning))
            found["types"] += [_choice(row, f"{board.get('name')}: ", "keep") for row in self._all(f"{own}/types")]
        return {name: choices[:MOST_PICKED] for name, choices in found.items()}

    def page(self, stream: str, since: Since, cursor: str | None) -> Page:
        """Forward by id: pages by number shift while records change."""
        with_notes = stream == "tickets" and self._first_response == FIRST_NOTE
        size = PAGE_WITH_NOTES if with_notes else PAGE
        query = [("pageSize", str(size))]
        if cursor is not None:
            query.append(("pageId", cursor))
        if since.at is not None and (not since.first or stream in _UNFINISHED):
            # Z and no offset: a + in a condition is taken for a blank.
            changed = f"lastUpdated>[{format_instant(since.at)}]"
            unfinished = _UNFINISHED.get(stream) if since.first else None
            query.append(("conditions", f"({changed} or {unfinished})" if unfinished else changed))
        answer = self._get(_PATHS[stream], *query)
        rows = listed(checked(answer, refused=REFUSED))
        if with_notes:
            rows = [self._with_note(row) for row in rows]
        ids = [row["id"] for row in rows if isinstance(row.get("id"), int)]
        return Page(rows, str(max(ids)) if len(rows) >= size and ids else None, answer.at)

    def records(self, stream: str, row: Row, mapping: Mapped) -> records.SourceRecord | records.NewClient | Skip:
        return MEANINGS[stream](row, mapping)

    def _with_note(self, row: dict[str, Any]) -> dict[str, Any]:
        """A ticket whose response was stamped with its creation, with its notes: only they show an answer."""
        try:
            created, responded = values.instant(row, "_info.dateEntered"), values.instant(row, "dateResponded")
        except values.BadValueError:
            return row
        if created is None or responded is None or responded - created > STAMPED_AT_ONCE:
            return row
        notes = listed(checked(self._get(f"service/tickets/{row.get('id')}/allNotes"), refused=REFUSED))
        return {**row, NOTES: notes}

    def _all(self, path: str, *query: tuple[str, str]) -> list[dict[str, Any]]:
        """The first page of a list, which is the list for what people made by hand."""
        return listed(checked(self._get(path, *query, ("pageSize", str(MOST_PICKED))), refused=REFUSED))

    def _get(self, path: str, *query: tuple[str, str]) -> Answer:
        return self._send(Request(f"{self._site}/v4_6_release/apis/3.0/{path}", query))


NOTES: Final = "allNotes of ours"
"""Where a row has its notes; no field of the system is called so."""


def _choice(row: Row, before: str = "", meaning: str | None = None) -> Choice:
    return Choice(str(row.get("id")), f"{before}{row.get('name', '')}", meaning)


@by_id("id")
def company(own_id: str, row: Row, mapping: Mapped) -> records.NewClient | Skip:
    """A company as a client; one that was deleted, or merged into another, is archived."""
    name = values.needed(values.text(row, "name"), "name")
    industry, since = values.text(row, "market.name"), values.day(row, "dateAcquired")
    if own_id in mapping.skipped_clients:
        return Skip(own_id, "it is left out")
    archived = values.flag(row, "deletedFlag")
    shown = None if industry is None else records.shown_name(industry)
    return records.NewClient(own_id, records.shown_name(name), archived=archived, industry=shown, since=since)


@by_id("id")
def ticket(own_id: str, row: Row, mapping: Mapped) -> records.SourceRecord | Skip:
    """A service ticket. What a merged one was closed by is no work: it is left out."""
    if values.text(row, "recordType") not in {None, "ServiceTicket"}:
        return Skip(own_id, "it is a project's ticket")
    client = values.text(row, "company.id")
    if client is None:
        return Skip(own_id, "it has no company", gone=True)
    if client in mapping.skipped_clients:
        return Skip(own_id, "its client is left out", gone=True)
    if values.text(row, "type.id") in mapping.skipped_types:
        return Skip(own_id, "its type is left out", gone=True)
    if values.at(row, "mergedParentTicket") is not None:
        return Skip(own_id, "it was merged into another ticket", gone=True)
    priority = mapping.priorities.get(values.text(row, "priority.id") or "")
    if priority is None:
        return Skip(own_id, "its priority is not mapped")
    return _ticket(own_id, client, priority, row, mapping)


def _ticket(own_id: str, client: str, priority: int, row: Row, mapping: Mapped) -> records.SourceRecord:
    created_at = values.needed(values.instant(row, "_info.dateEntered"), "_info.dateEntered")
    updated_at = values.timestamp(row, "_info.lastUpdated")
    state = "closed" if values.flag(row, "closedFlag") else "open"
    state = mapping.statuses.get(values.text(row, "status.id") or "", state)
    resolved_at = closed_at = None
    if state != "open":  # an open ticket that was reopened may still say when it was resolved
        last = None if updated_at is None else Instant(updated_at)
        resolved_at = values.instant(row, "dateResolved")
        if state == "closed":
            closed_at = values.instant(row, "closedDate") or resolved_at or last
        else:
            resolved_at = resolved_at or last
    due_at = values.instant(row, "requiredDate")
    if due_at is not None and due_at % SECONDS_PER_DAY == 0:  # typed by hand as a date: until its end
        due_at += SECONDS_PER_DAY - 1
    return records.ticket(
        own_id,
        client,
        updated_at,
        priority=priority,
        created_at=created_at,
        first_response_at=_first_response(row, mapping),
        resolved_at=resolved_at,
        closed_at=closed_at,
        due_at=due_at,
    )


def _first_response(row: Row, mapping: Mapped) -> Instant | None:
    """By the status's stamp; where that came with the creation, by the first note of a member that the client sees."""
    notes = row.get(NOTES)
    if mapping.first_response == STATUS or not isinstance(notes, list):
        return values.instant(row, "dateResponded")
    shown = [
        values.instant(note, "_info.dateEntered") or values.instant(note, "dateCreated")
        for note in notes
        if isinstance(note, dict)
        and values.at(note, "member") is not None
        and (values.flag(note, "detailDescriptionFlag") or values.flag(note, "externalFlag"))
    ]
    return min((found for found in shown if found is not None), default=None)


AGREEMENTS: Final = {"Active": "ACTIVE", "Cancelled": "CANCELLED", "Expired": "EXPIRED"}


@by_id("id")
def agreement(own_id: str, row: Row, mapping: Mapped) -> records.SourceRecord | Skip:
    """An agreement as a contract. Its dates are written as midnight: they are cut, not converted."""
    client = values.needed(values.text(row, "company.id"), "company.id")
    if client in mapping.skipped_clients:
        return Skip(own_id, "its client is left out")
    updated_at = values.timestamp(row, "_info.lastUpdated")
    start = values.needed(values.day(row, "startDate"), "startDate")
    end = None if values.flag(row, "noEndingDateFlag") else values.day(row, "endDate")
    told = "Cancelled" if values.flag(row, "cancelledFlag") else values.text(row, "agreementStatus")
    status = AGREEMENTS.get(told or "Active") or _inactive(told, start, updated_at)
    if status is None:
        return Skip(own_id, "its agreementStatus is none that ConnectWise's documents name")
    return records.contract(own_id, client, updated_at, status=status, start_date=start, end_date=end)


def _inactive(told: str | None, start: Day, updated_at: Any) -> str | None:
    if told != "Inactive":
        return None
    return "DRAFT" if updated_at is not None and start > day_of_instant(Instant(updated_at)) else "EXPIRED"


NO_INVOICES: Final = frozenset({"CreditMemo", "DownPayment"})


@by_id("id")
def invoice(own_id: str, row: Row, mapping: Mapped) -> records.SourceRecord | Skip:
    """An invoice. Its balance moves only where the accounting package writes payments back."""
    if values.text(row, "type") in NO_INVOICES:
        return Skip(own_id, "it is a credit memo or a down payment")
    client = values.needed(values.text(row, "company.id"), "company.id")
    if client in mapping.skipped_clients:
        return Skip(own_id, "its client is left out")
    issued_on = values.needed(values.day(row, "date"), "date")
    total = values.needed(values.money(row, "total", values.text(row, "currency.currencyCode")), "total")
    balance = values.amount(row, "balance")
    due_on, updated_at = values.day(row, "dueDate") or issued_on, values.timestamp(row, "_info.lastUpdated")
    status = "SENT" if balance is None or balance >= total.amount > 0 else "PARTIAL" if balance > 0 else "PAID"
    return records.invoice(
        own_id, client, updated_at, status=status, issued_on=issued_on, due_on=due_on, total=total, balance=balance
    )


MEANINGS: Final = {"companies": company, "tickets": ticket, "agreements": agreement, "invoices": invoice}
