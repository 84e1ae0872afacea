"""Xero: contacts and sales invoices of one organisation, by a Custom Connection.

Built from the vendor's documents; not yet run against a live account.
"""

from collections.abc import Collection, Mapping, Sequence
from email.utils import formatdate
from typing import Final

from chalicelib.connections import records, values
from chalicelib.connections.answers import checked, listed
from chalicelib.connections.authentication import WithToken
from chalicelib.connections.mapping import Mapped
from chalicelib.connections.source import Choice, Page, Row, Since, Skip, Tested, by_id
from chalicelib.domain.facts import Instant
from chalicelib.domain.outbound import Answer, Request, Send

BASE: Final = "https://api.xero.com"
SIGN_IN: Final = "https://identity.xero.com"
PAGE: Final = 100
SCOPES: Final = "accounting.transactions.read accounting.contacts.read accounting.settings.read"

STATUSES: Final = {
    "DRAFT": "DRAFT",
    "SUBMITTED": "DRAFT",
    "AUTHORISED": "SENT",
    "PAID": "PAID",
    "VOIDED": "VOID",
    "DELETED": "VOID",
}
"""There is no OVERDUE and no DISPUTED; one that is paid in part is AUTHORISED."""

_PATHS: Final = {"contacts": ("Contacts", "ContactID"), "invoices": ("Invoices", "InvoiceID")}


class Xero:
    """`Source` of Xero."""

    streams = ("contacts", "invoices")
    swept: Mapping[str, str] = {}

    def __init__(self, settings: Mapping[str, str], send: Send) -> None:
        form = (("grant_type", "client_credentials"), ("scope", SCOPES))
        token = f"{settings.get('sign_in', SIGN_IN)}/connect/token"
        self._base = f"{settings.get('base', BASE)}/api.xro/2.0"
        self._send = WithToken(
            send=send, url=token, form=form, client_id=settings["client_id"], secret=settings["client_secret"]
        )

    def existing(self, stream: str, ids: Sequence[str]) -> Collection[str]:
        """Nothing asks: what is deleted stays in the list, with a status."""
        del stream
        return ids

    def test(self) -> Tested:
        (organisation, *_) = listed(self._get("Organisation").body, "Organisations") or [{}]
        counts = {}
        for stream, (name, _) in _PATHS.items():
            body = self._get(name, *_ONLY[stream], ("page", "1"), ("pageSize", "1")).body
            total = values.at(body, "pagination.itemCount")
            if isinstance(total, int):
                counts[stream] = total
        return Tested(str(organisation.get("Name", "Xero")), counts)

    def picklists(self) -> Mapping[str, Sequence[Choice]]:
        return {}

    def page(self, stream: str, since: Since, cursor: str | None) -> Page:
        """By number, in the order of ids: rows only ever come into the list of what changed, so that a page may repeat
        a row but pass over none. A first run reads everything: an old invoice may be unpaid, an old contact a client.
        """
        name, order = _PATHS[stream]
        number = int(cursor or "1")
        query = (*_ONLY[stream], ("order", order), ("page", str(number)), ("pageSize", str(PAGE)))
        answer = self._get(name, *query, since=None if since.first else since.at)
        rows = listed(answer.body, name)
        left = answer.headers.get("x-daylimit-remaining", "")
        calls_left = int(left) if left.isascii() and left.isdigit() else None
        return Page(rows, str(number + 1) if len(rows) >= PAGE else None, answer.at, calls_left)

    def records(self, stream: str, row: Row, mapping: Mapped) -> records.SourceRecord | records.NewClient | Skip:
        return contact(row, mapping) if stream == "contacts" else invoice(row, mapping)

    def _get(self, path: str, *query: tuple[str, str], since: Instant | None = None) -> Answer:
        headers = {"Accept": "application/json"}
        if since is not None:
            headers["If-Modified-Since"] = formatdate(since, usegmt=True)
        answer = self._send(Request(f"{self._base}/{path}", query, headers))
        if answer.status == 304:
            return answer._replace(status=200, body={path: []})
        return answer._replace(body=checked(answer))


_ONLY: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "contacts": (("includeArchived", "true"), ("summaryOnly", "true")),
    "invoices": (("where", 'Type=="ACCREC"'), ("summaryOnly", "true")),
}


@by_id("ContactID")
def contact(own_id: str, row: Row, mapping: Mapped) -> records.NewClient | Skip:
    """A contact as a client; suppliers alone, and those that were merged into others, are none."""
    name = values.needed(values.text(row, "Name"), "Name")
    merged_into, status = values.text(row, "MergedToContactID"), values.text(row, "ContactStatus")
    if own_id in mapping.skipped_clients:
        return Skip(own_id, "it is left out")
    if merged_into is not None:
        return Skip(own_id, "it was merged into another contact")
    if values.flag(row, "IsSupplier") and not values.flag(row, "IsCustomer"):
        return Skip(own_id, "it is a supplier")
    if status == "GDPRREQUEST":
        return Skip(own_id, "its data was asked to be erased")
    return records.NewClient(own_id, records.shown_name(name), archived=status == "ARCHIVED")


@by_id("InvoiceID")
def invoice(own_id: str, row: Row, mapping: Mapped) -> records.SourceRecord | Skip:
    """A sales invoice. Dates are calendar dates, written as midnight UTC: they are never converted."""
    if values.text(row, "Type") != "ACCREC":
        return Skip(own_id, "it is a bill, not a sales invoice")
    client = values.needed(values.text(row, "Contact.ContactID"), "Contact.ContactID")
    if client in mapping.skipped_clients:
        return Skip(own_id, "its client is left out")
    status = STATUSES.get(values.text(row, "Status") or "")
    if status is None:
        return Skip(own_id, "its Status is none that Xero's documents name")
    issued_on = values.needed(values.millisecond_day(row, "Date"), "Date")
    total = values.needed(values.money(row, "Total", values.text(row, "CurrencyCode")), "Total")
    paid, owed = values.amount(row, "AmountPaid"), values.amount(row, "AmountDue")
    if status == "SENT" and (paid or 0) > 0 and (owed or 0) > 0:
        status = "PARTIAL"
    return records.invoice(
        own_id,
        client,
        values.millisecond_instant(row, "UpdatedDateUTC"),
        status=status,
        issued_on=issued_on,
        due_on=values.millisecond_day(row, "DueDate") or issued_on,
        total=total,
        paid_on=values.millisecond_day(row, "FullyPaidOnDate") if status == "PAID" else None,
        paid_total=paid,
        balance=owed,
    )
