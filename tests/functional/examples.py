"""Records as a tenant's systems send them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from tests.functional.service import NOW, Record

_MOMENT = datetime.fromisoformat(NOW)
_numbers = count(1)


def ago(**elapsed: float) -> str:
    """An instant before NOW."""
    return (_MOMENT - timedelta(**elapsed)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def days_ago(days: int) -> str:
    """A date before that of NOW."""
    return (_MOMENT - timedelta(days=days)).date().isoformat()


def client(client_id: str = "c1", **fields: Any) -> Record:
    return {"type": "client", "id": client_id, "name": f"Client {client_id}", "status": "ACTIVE", **fields}


def account_manager(manager_id: str = "m1", **fields: Any) -> Record:
    named = {"name": "Ada Lovelace", "email": "ada@example.com"}
    return {"type": "account_manager", "id": manager_id, **named, **fields}


_REQUIRED: Final[dict[str, Record]] = {
    "ticket": {"priority": "P2", "created_at": ago(days=3)},
    "contract": {"status": "ACTIVE", "start_date": days_ago(200)},
    "invoice": {
        "status": "PAID",
        "issued_on": days_ago(20),
        "due_on": days_ago(6),
        "total": {"currency": "EUR", "amount": "1200.00"},
    },
    "survey": {"kind": "CSAT", "score": 4, "responded_at": ago(days=2)},
    "billable_month": {"month": "2026-10", "billable_hours": 42.5},
    "qbr": {"held_on": days_ago(40), "status": "COMPLETED"},
    "touchpoint": {"occurred_at": ago(days=5), "kind": "CALL", "with_decision_maker": True},
    "assessment": {"completed_on": days_ago(90), "standardization_score": 72.5},
    "reconciliation": {"completed_on": days_ago(30), "contracted_quantity": 100, "used_quantity": 104.5},
    "headcount": {"recorded_on": days_ago(10), "employees": 48},
}

OPTIONAL: Final[dict[str, Record]] = {
    "client": {
        "archived": False,
        "industry": "Healthcare",
        "account_manager_id": "m1",
        "client_since": days_ago(900),
        "monthly_recurring_revenue": {"currency": "EUR", "amount": "1500.5"},
    },
    "account_manager": {},
    "ticket": {
        "first_response_at": ago(days=2, hours=20),
        "resolved_at": ago(days=2),
        "closed_at": ago(days=1),
        "due_at": ago(days=1, hours=2),
    },
    "contract": {"end_date": "9999-12-31", "renews": "C-0"},
    "invoice": {"paid_on": days_ago(5), "paid_total": "700", "balance": "500.0"},
    "survey": {},
    "billable_month": {"budget_hours": 40},
    "qbr": {"decision_maker_present": True},
    "touchpoint": {},
    "assessment": {},
    "reconciliation": {},
    "headcount": {},
}
"""What a record of a type may have beside its required fields."""

FACT_TYPES: Final = tuple(_REQUIRED)
TYPES: Final = ("client", "account_manager", *FACT_TYPES)


def fact(record_type: str, record_id: str | None = None, client_id: str = "c1", **fields: Any) -> Record:
    """A fact with its required fields; `None` takes one away."""
    made = {
        "type": record_type,
        "id": f"{record_type}-{next(_numbers)}" if record_id is None else record_id,
        "client_id": client_id,
        **_REQUIRED[record_type],
        **fields,
    }
    return {name: value for name, value in made.items() if value is not None}


def record(record_type: str, **fields: Any) -> Record:
    """A record of any type, of the client `c1` if it is a fact of one; its id follows from the type."""
    if record_type == "client":
        return client(**fields)
    if record_type == "account_manager":
        return account_manager(**fields)
    return fact(record_type, f"{record_type}-0", **fields)


def ticket(record_id: str | None = None, client_id: str = "c1", **fields: Any) -> Record:
    return fact("ticket", record_id, client_id, **fields)


_NAMES = (
    "alpha",
    "Beta",
    "Ämter & Söhne",
    "beta",
    "Gamma",
    "delta",
    "Epsilon Ltd",
    "zeta",
    "Eta",
    "Theta",
    "iota",
    "Kappa",
)


def fleet_records(seed: int = 7) -> list[Record]:
    """A small fleet with something of everything that Client Health shows, and clients that it does not show."""
    random = Random(seed)
    records: list[Record] = []
    for number, name in enumerate(_NAMES):
        own = f"c{number:02d}"
        status = ("ACTIVE", "ACTIVE", "AT_RISK")[number % 3]
        records.append(client(own, name=name, status=status, client_since=days_ago(30 * number)))
        records += [_random_ticket(random, own) for _ in range(random.randrange(0, 28))]
        records += [_random_invoice(random, own) for _ in range(random.randrange(0, 5))]
        if random.random() < 0.7:
            end = random.choice([None, "9999-12-31", days_ago(-random.randrange(0, 60)), days_ago(3)])
            records.append(fact("contract", client_id=own, end_date=end))
    records += [
        client("gone", name="Gone", status="CHURNED"),
        client("filed", name="Filed", archived=True),
        client("later", name="Later", client_since=days_ago(-30)),
        client("silent", name="Silent"),
    ]
    records += [ticket(client_id=own, created_at=ago(days=1)) for own in ("gone", "filed", "later")]
    return records


def _random_ticket(random: Random, client_id: str) -> Record:
    age = random.choice([7, 30, 60, 90, 400]) * random.random()
    fields: dict[str, Any] = {"created_at": ago(days=age), "priority": f"P{random.randrange(1, 6)}"}
    if random.random() < 0.8:
        fields["first_response_at"] = ago(days=age - random.random() * 1.5)
    if random.random() < 0.6:
        fields["closed_at"] = ago(days=age * random.random())
    if random.random() < 0.5:
        fields["due_at"] = ago(days=age - 5 * random.random())
    return ticket(client_id=client_id, **fields)


def _random_invoice(random: Random, client_id: str) -> Record:
    amount = {"currency": random.choice(["EUR", "EUR", "USD"]), "amount": f"{random.randrange(1, 10**7) / 10000:.4f}"}
    issued = random.randrange(0, 500)
    status = random.choice(["PAID", "PAID", "PARTIAL", "SENT", "VOID"])
    return fact(
        "invoice",
        client_id=client_id,
        status=status,
        issued_on=days_ago(issued),
        due_on=days_ago(issued - 14),
        total=amount,
    )
