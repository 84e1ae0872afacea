"""The records behind a client's numbers, each with its link into the tenant's own system."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.errors import malformed
from chalicelib.api.paging import page_of_rows
from chalicelib.api.parameters import CURSOR, LIMIT, optional_choice
from chalicelib.bootstrap import application
from chalicelib.domain.counted import COMPONENTS
from chalicelib.domain.ids import RecordId
from chalicelib.domain.records import FACT_TYPES, client_record_json, fact_json

if TYPE_CHECKING:
    from chalicelib.api.shapes import client_records as shapes
    from chalicelib.services.client_records import HeldRecord

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Clients")

CLIENT: Final = "client"

TYPE: Final = optional_choice(
    "type", (CLIENT, *FACT_TYPES), "Only records of this type; `client`: the client's own.", "ticket"
)
FOR: Final = optional_choice(
    "for",
    COMPONENTS,
    "Only the records that this signal or factor counts now, whether or not its source is connected. What it compares "
    "with is left out: the window before, invoices that are paid. Not together with `type`.",
    "open_p1_p2_tickets",
)


@endpoint("GET", "/clients/{client_id}/records", permission="reports.read", query=(TYPE, FOR, LIMIT, CURSOR))
def list_client_records(request: Request, client_id: RecordId) -> "shapes.HeldRecordList":
    """A client's records as they are held, newest first: all, those of a type, or what a signal or factor counts now.

    Newest first by the time that a record is of: a ticket's creation, an invoice's date, the day of a QBR. Deleted
    records are left out. `link` is the address that the settings have for the type.
    """
    app, query = application(), request.query
    record_type, component, cursor = query[TYPE], query[FOR], query[CURSOR]
    if record_type is not None and component is not None:
        raise malformed("Send type or for, not both.")
    scope = query.scope(request.tenant, f"clients/{client_id}/records")
    place = None if cursor is None else app.cursors.read(scope, cursor)
    if record_type == CLIENT:
        tenant, stored = app.client_records.client(request.tenant, client_id)
        own = client_record_json(stored.client, stored.updated_at)
        return {"items": [_linked(tenant.settings.links, own)], "next_cursor": None}
    tenant, held = app.client_records.records(request.tenant, client_id, record_type=record_type, component=component)
    page, following = page_of_rows(held, _time, _name, descending=True, limit=query[LIMIT], place=place)
    documents = [fact_json(FACT_TYPES[each.type], client_id, each.record) for each in page]
    return {
        "items": [_linked(tenant.settings.links, document) for document in documents],
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


def _time(held: "HeldRecord") -> int:
    return held.at


def _name(held: "HeldRecord") -> tuple[str, str]:
    return held.type, held.record.row.id


def _linked(links: Mapping[str, str], document: Mapping[str, Any]) -> "shapes.HeldRecord":
    """A record with its address in the tenant's own system; None where its type has none."""
    address = links.get(document["type"])
    if address is not None:
        for name in ("id", "client_id"):  # of a client's own record both are its id
            address = address.replace(f"{{{name}}}", quote(document.get(name, document["id"]), safe=""))
    return cast("shapes.HeldRecord", {**document, "link": address})
