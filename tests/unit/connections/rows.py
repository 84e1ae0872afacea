"""Rows as the systems' documents describe them, made up for the tests."""

from decimal import Decimal
from typing import Any


def review(**changed: Any) -> dict[str, Any]:
    """A review of SmileBack."""
    return {
        "id": 9001,
        "rating": 1,
        "rated_on": "2026-11-02T10:00:00.250000Z",
        "last_modified": "2026-11-02T10:05:00.123456Z",
        "status": "open",
        "company": {"id": "250", "name": "Northwind Dental"},
        "ticket": {"id": "48133"},
        **changed,
    }


def xero_contact(**changed: Any) -> dict[str, Any]:
    return {
        "ContactID": "bd2270c3-8706-4c11-9cfb-000b551c3f51",
        "ContactStatus": "ACTIVE",
        "Name": "Northwind  Dental Ltd",
        "IsSupplier": False,
        "IsCustomer": True,
        "UpdatedDateUTC": "/Date(1793620800000+0000)/",
        **changed,
    }


def xero_invoice(**changed: Any) -> dict[str, Any]:
    """INV-0044 of 2 November 2026, due on the 16th, half paid."""
    return {
        "Type": "ACCREC",
        "InvoiceID": "243216c5-369e-4056-ac67-05388f86dc81",
        "InvoiceNumber": "INV-0044",
        "Contact": {"ContactID": "bd2270c3-8706-4c11-9cfb-000b551c3f51", "Name": "Northwind Dental Ltd"},
        "Date": "/Date(1793577600000+0000)/",
        "DueDate": "/Date(1794787200000+0000)/",
        "Status": "AUTHORISED",
        "Total": Decimal("1150.00"),
        "AmountDue": Decimal("575.00"),
        "AmountPaid": Decimal("575.00"),
        "AmountCredited": 0,
        "CurrencyCode": "NZD",
        "UpdatedDateUTC": "/Date(1793707200123+0000)/",
        **changed,
    }


def cw_ticket(**changed: Any) -> dict[str, Any]:
    """A ticket of ConnectWise. Fields that are null in its documents are absent in its answers."""
    return {
        "id": 48133,
        "recordType": "ServiceTicket",
        "summary": "Printer",
        "company": {"id": 250, "identifier": "Northwind", "name": "Northwind Dental"},
        "status": {"id": 17, "name": "New (portal)"},
        "priority": {"id": 4, "name": "Priority 3 - Normal Response", "sort": 6},
        "type": {"id": 8, "name": "Incident"},
        "dateResponded": "2026-11-02T09:30:00Z",
        "closedFlag": False,
        "_info": {"dateEntered": "2026-11-02T09:00:00Z", "lastUpdated": "2026-11-02T09:31:00Z"},
        **changed,
    }


def cw_company(**changed: Any) -> dict[str, Any]:
    return {
        "id": 250,
        "identifier": "Northwind",
        "name": "Northwind Dental",
        "market": {"id": 3, "name": "Healthcare"},
        "dateAcquired": "2002-08-20T18: 04: 26Z",
        "deletedFlag": False,
        "_info": {"lastUpdated": "2026-10-01T00:00:00Z"},
        **changed,
    }


def cw_agreement(**changed: Any) -> dict[str, Any]:
    return {
        "id": 31,
        "company": {"id": 250},
        "startDate": "2026-01-01T00:00:00Z",
        "endDate": "2026-12-31T00:00:00Z",
        "noEndingDateFlag": False,
        "cancelledFlag": False,
        "agreementStatus": "Active",
        "_info": {"lastUpdated": "2026-10-01T00:00:00Z"},
        **changed,
    }


def cw_invoice(**changed: Any) -> dict[str, Any]:
    return {
        "id": 77,
        "type": "Agreement",
        "company": {"id": 250},
        "date": "2026-11-01T00:00:00Z",
        "dueDate": "2026-11-15T00:00:00Z",
        "total": Decimal("900.50"),
        "balance": Decimal("900.50"),
        "currency": {"currencyCode": "USD"},
        "_info": {"lastUpdated": "2026-11-01T08:00:00Z"},
        **changed,
    }
