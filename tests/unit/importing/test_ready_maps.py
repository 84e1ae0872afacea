"""The ready-made maps, each on a file of its shape: recognised, read, and told what is missing in it.

Files marked "documents" are made from the vendor's documents, without a real export; the maps say so.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from chalicelib.importing.maps import OWN_MAPS, ImportMap
from chalicelib.importing.ready_maps import ready_maps
from chalicelib.importing.recognition import Header, Suggestion, fits, header_of, recognised, suggest
from tests.unit.importing.tables import imported, source

MAPS: Mapping[str, ImportMap] = {each.name: each for each in ready_maps()}


class Shape(NamedTuple):
    """A file of a tool, its first record, and what it says where the column of clients is missing."""

    content: bytes
    record: dict[str, Any]
    rows: int
    client: str
    advice: str
    documents: bool = False


FRESHDESK = Shape(
    b"Ticket ID,Subject,Description,Status,Priority,Type,Created time,Resolved time,Summary,Full name,Company Name\n"
    b'7,Printer,"It, and\nthe scanner",Closed,Urgent,,2026-02-03 16:29:08,2026-02-04 09:00:00,No Summary,Ada,'
    b"Hill Bakery\n"
    b"8,Mail,Text,With the vendor,Medium,,2026-02-04 11:55:55,,No Summary,Bob,Hill Bakery\n"
    b"9,Spam,Text,Open,Low,,2026-02-04 11:55:55,,No Summary,Eve,\n",
    {
        "type": "ticket",
        "id": "freshdesk.7",
        "client_id": "hill-bakery",
        "priority": "P1",
        "created_at": "2026-02-03T15:29:08Z",
        "resolved_at": "2026-02-04T08:00:00Z",
        "closed_at": "2026-02-04T08:00:00Z",
    },
    2,
    "Company Name",
    "tick *Company Name*",
)
ZENDESK = Shape(
    b"Id,Requester,Subject,Status,Priority,Created at,Updated at,Organization,Solved at,First reply time in minutes\n"
    b"31,Ada,Printer,Solved,,2026-02-03 16:29,2026-02-05 10:00,Hill Bakery,2026-02-04 09:00,12\n"
    b"32,Bob,Mail,Open,High,2026-02-04 11:55,2026-02-05 10:00,Hill Bakery,2026-02-04 12:00,\n"
    b"33,Eve,Gone,Deleted,High,2026-02-04 11:55,2026-02-05 10:00,Hill Bakery,,\n",
    {
        "type": "ticket",
        "id": "zendesk.31",
        "client_id": "hill-bakery",
        "priority": "P3",
        "created_at": "2026-02-03T15:29:00Z",
        "first_response_at": "2026-02-03T15:41:00Z",
        "resolved_at": "2026-02-04T08:00:00Z",
        "updated_at": "2026-02-05T09:00:00Z",
    },
    2,
    "Organization",
    "add *Organization* to the view's columns",
    documents=True,
)
SERVICENOW = Shape(
    b'"number","incident_state","opened_at","short_description","sys_updated_on","company"\r\n'
    b'"INC0000077","Closed","2026-02-03 16:29:08","first line\nsecond","2026-02-09 00:12:03","Hill Bakery"\r\n'
    b'"INC0000078","Awaiting User Info","2026-02-04 11:55:55","x","2026-02-09 00:12:03","Hill Bakery"\r\n',
    {
        "type": "ticket",
        "id": "servicenow.INC0000077",
        "client_id": "hill-bakery",
        "priority": "P3",
        "created_at": "2026-02-03T15:29:08Z",
        "closed_at": "2026-02-08T23:12:03Z",
        "updated_at": "2026-02-08T23:12:03Z",
    },
    2,
    "company",
    "add *Company* to the list's columns",
)
JIRA = Shape(
    b"\xef\xbb\xbfSummary,Issue key,Issue id,Status,Priority,Created,Resolved,Labels,Labels,"
    b"Custom field (Organizations),Comment,Comment\n"
    b"One,HD-12,10012,Done,Highest,03/Sep/26 9:05 AM,20/Sep/26 4:30 PM,a,b,Hill Bakery,c,d,e\n"
    b"Two,HD-13,10013,Waiting for support,Low,04/Sep/26 12:05 AM,,,,Hill Bakery,,\n",
    {
        "type": "ticket",
        "id": "jira.10012",
        "client_id": "hill-bakery",
        "priority": "P1",
        "created_at": "2026-09-03T07:05:00Z",
        "resolved_at": "2026-09-20T14:30:00Z",
        "closed_at": "2026-09-20T14:30:00Z",
    },
    2,
    "Custom field (Organizations)",
    "add the field *Organizations*",
)
HALO = Shape(
    b"Ticket ID,Summary,Client,Status,Priority,Date Occurred,Response Date,Date Closed,Fix By Date\n"
    b"501,Printer,Hill Bakery,Closed,Critical,2026-02-03T16:29:08,2026-02-03T16:40:00,2026-02-04T09:00:00,"
    b"2026-02-05T09:00:00\n"
    b"502,Mail,Hill Bakery,In Progress,Low,2026-02-04T11:55:55,1900-01-01T00:00:00,1900-01-01T00:00:00,"
    b"2026-02-05T09:00:00\n"
    b"503,Who,Unknown,New,Low,2026-02-04T11:55:55,1900-01-01T00:00:00,1900-01-01T00:00:00,\n",
    {
        "type": "ticket",
        "id": "halopsa.501",
        "client_id": "hill-bakery",
        "priority": "P1",
        "created_at": "2026-02-03T15:29:08Z",
        "first_response_at": "2026-02-03T15:40:00Z",
        "resolved_at": "2026-02-04T08:00:00Z",
        "closed_at": "2026-02-04T08:00:00Z",
        "due_at": "2026-02-05T08:00:00Z",
    },
    2,
    "Client",
    "add *Client* to the list's column profile",
    documents=True,
)
AUTOTASK = Shape(
    b"Ticket Number,Title,Company,Status,Priority,Create Date,Due Date,Complete Date\n"
    b"T20260203.0044,Printer,Hill Bakery,Complete,Critical,02/03/2026 04:29 PM,02/05/2026 09:00 AM,"
    b"02/14/2026 09:00 AM\n"
    b"T20260204.0002.005,Mail,Hill Bakery,Warning closed,Low,02/04/2026 11:55 AM,,\n",
    {
        "type": "ticket",
        "id": "autotask.T20260203.0044",
        "client_id": "hill-bakery",
        "priority": "P1",
        "created_at": "2026-02-03T15:29:00Z",
        "due_at": "2026-02-05T08:00:00Z",
        "closed_at": "2026-02-14T08:00:00Z",
    },
    2,
    "Company",
    "add *Company* and *Create Date* to the grid, then export again",
    documents=True,
)
CONNECTWISE = Shape(
    b"Ticket #,Company,Summary,Status,Priority,Date Entered,Date Closed,Last Update\n"
    b"3186,Hill Bakery,Printer,>Closed,Priority 1 - Emergency Response,2/3/2026 4:29:08 PM,2/14/2026 9:00:00 AM,"
    b"2/15/2026 9:00:00 AM\n"
    b"3187,Hill Bakery,Mail,Scheduled,Priority 5 - Service Request,2/4/2026 11:55:00 AM,,2/15/2026 9:00:00 AM\n",
    {
        "type": "ticket",
        "id": "connectwise.3186",
        "client_id": "hill-bakery",
        "priority": "P1",
        "created_at": "2026-02-03T15:29:08Z",
        "closed_at": "2026-02-14T08:00:00Z",
        "updated_at": "2026-02-15T08:00:00Z",
    },
    2,
    "Company",
    "add *Company* to the columns",
    documents=True,
)
XERO = Shape(
    b"ContactName,EmailAddress,InvoiceNumber,InvoiceDate,DueDate,Total,InvoiceAmountPaid,InvoiceAmountDue,"
    b"Description,LineAmount,Currency,Type,Status\n"
    b"Hill Bakery,,INV-0007,03/02/2026,28/02/2026,120.00,20.00,100.00,Support,100.00,GBP,Sales invoice,"
    b"Awaiting Payment\n"
    b"Hill Bakery,,INV-0007,03/02/2026,28/02/2026,120.00,20.00,100.00,Tax,20.00,GBP,Sales invoice,Awaiting Payment\n"
    b"Hill Bakery,,INV-0008,03/02/2026,28/02/2026,50.00,50.00,0.00,Support,50.00,GBP,Sales invoice,Paid\n"
    b"Mill,,B-1,03/02/2026,28/02/2026,50.00,50.00,0.00,Flour,50.00,GBP,Bill,Paid\n",
    {
        "type": "invoice",
        "id": "xero.INV-0007",
        "client_id": "hill-bakery",
        "status": "PARTIAL",
        "issued_on": "2026-02-03",
        "due_on": "2026-02-28",
        "total": {"currency": "GBP", "amount": "120.00"},
        "paid_total": "20.00",
        "balance": "100.00",
    },
    2,
    "ContactName",
    "",
    documents=True,
)
QUICKBOOKS = Shape(
    b"*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Memo,Item(Product/Service),*ItemAmount,Service Date\n"
    b"2001,Hill Bakery,13/02/2026,15/03/2026,Net 30,Thanks,Support,7.50,13/02/2026\n"
    b"2001,,,,,,Licences,852.00,\n"
    b"2002,Hill Bakery,14/02/2026,16/03/2026,Net 30,,Support,1.00\n",
    {
        "type": "invoice",
        "id": "quickbooks.2001",
        "client_id": "hill-bakery",
        "status": "SENT",
        "issued_on": "2026-02-13",
        "due_on": "2026-03-15",
        "total": {"currency": "EUR", "amount": "859.50"},
    },
    2,
    "*Customer",
    "",
)
SMILEBACK = Shape(
    b"Review ID,Rating,Comment,Company,Ticket ID,Rated on\n"
    b"r1,1,Great,Hill Bakery,3186,2026-02-03 16:29:08\n"
    b"r2,-1,,Hill Bakery,3187,2026-02-03 16:29:08\n"
    b"r3,,,Hill Bakery,3188,2026-02-03 16:29:08\n",
    {
        "type": "survey",
        "id": "smileback.r1",
        "client_id": "hill-bakery",
        "kind": "CSAT",
        "score": 5,
        "responded_at": "2026-02-03T15:29:08Z",
    },
    2,
    "Company",
    "tick *Company* in the export of reviews",
    documents=True,
)
SHAPES: Mapping[str, Shape] = {
    "freshdesk": FRESHDESK,
    "zendesk": ZENDESK,
    "servicenow": SERVICENOW,
    "jira": JIRA,
    "halopsa": HALO,
    "autotask": AUTOTASK,
    "connectwise": CONNECTWISE,
    "xero-invoices": XERO,
    "quickbooks-invoices": QUICKBOOKS,
    "smileback": SMILEBACK,
}


def test_every_ready_map_has_a_file() -> None:
    assert SHAPES.keys() == MAPS.keys()


@pytest.mark.parametrize("name", SHAPES)
class TestShapes:
    def test_is_recognised_by_its_header(self, name: str) -> None:
        for called in ("whatever.csv", MAPS[name].layout.file_name):
            header = header_of(source(SHAPES[name].content, called))
            assert recognised(header, ready_maps())[0] is MAPS[name]

    def test_becomes_records(self, name: str) -> None:
        shape = SHAPES[name]
        found = imported(shape.content, MAPS[name])
        assert (found.faults, found.bad) == ([], [])
        assert len(found.records) == shape.rows
        first = found.records[0]
        if "updated_at" not in shape.record:
            assert first.pop("updated_at") == "2026-11-20T08:00:00Z"
        assert first == shape.record
        assert [client.name for client in found.clients.created] == ["Hill Bakery"]

    def test_without_a_client_it_says_which_column_to_add(self, name: str) -> None:
        shape = SHAPES[name]
        content = shape.content.replace(shape.client.encode(), b"Another", 1)
        if not shape.advice:  # its header would be another file's
            assert not fits(MAPS[name], header_of(source(content)))
            return
        found = imported(content, MAPS[name])
        assert any(shape.advice in fault.reason for fault in found.faults)

    def test_those_without_a_real_export_say_so(self, name: str) -> None:
        assert ("from the vendor's documents" in MAPS[name].note) is SHAPES[name].documents


def test_our_own_format_is_one_of_the_maps() -> None:
    content = b"ticket_id,client_id,priority,created_at\nt1,c1,P1,2026-02-03T16:29:08Z\n"
    for name in ("tickets.csv", "part 2.csv"):
        (own,) = recognised(header_of(source(content, name)), ready_maps())
        assert own is OWN_MAPS[2]
    found = imported(content, own, name="tickets.csv")
    assert found.records[0]["created_at"] == "2026-02-03T16:29:08Z"


@pytest.mark.parametrize("header", ["ticket_id,colour", "client_id,name,status,colour", "a,b", ""])
def test_what_is_not_ours(header: str) -> None:
    assert recognised(Header("x.csv", header.split(",")), ()) == []


class TestSuggestions:
    CONTENT = (
        b"Case Number,Customer,Priority,Status,Opened,Last Update\n"
        b"1,Acme,High,Open,28.07.26 um 9,2026-01-01\n2,B,High,Done,x,x\n"
    )

    def test_a_file_that_a_map_knows_gets_that(self) -> None:
        assert suggest(source(FRESHDESK.content), ready_maps()) is MAPS["freshdesk"]

    def test_others_get_one_by_the_names_of_their_columns(self) -> None:
        found = suggest(source(self.CONTENT, "Helpdesk export.csv"), ready_maps())
        assert isinstance(found, Suggestion)
        assert found.document["source"] == "helpdesk"
        assert found.document["columns"] == {
            "id": "Case Number",
            "priority": "Priority",
            "state": "Status",
            "updated_at": "Last Update",
        }
        assert found.document["client"] == {"from": "Customer", "by": "name", "create": True}
        assert found.document["values"] == {"priority": {"High": "P2"}, "state": {"Open": "open", "Done": "closed"}}
        assert found.words["priority"] == [("High", 2)]
        assert "Not found: created_at. Name its column, or a constant." in found.remarks

    def test_an_empty_file_gets_none(self) -> None:
        with pytest.raises(ValueError, match="has no header"):
            suggest(source(b""))
