"""Workload B1: the records of one large tenant, for the counted benchmarks.

1,000 clients, each with 200 tickets over 24 months, 1 contract, 24 invoices, 30 surveys, 24 billable months,
8 QBRs, 24 touchpoints, 4 assessments, 4 reconciliations and 4 headcounts. What decides the size of stored
facts is made as real sources make it: ids count up over all clients by date (so a client's own ids lie far
apart), instants have their seconds, most work happens in office hours, and every record has an `updated_at`
shortly after its last event.

Everything comes from the seed: the same arguments give the same records.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import Any, Literal, TypeAlias

AS_OF = datetime(2026, 11, 22, 2, tzinfo=UTC)
NIGHT = int(AS_OF.timestamp())
"""When the counted night begins."""

ZONE = "Europe/Rome"

Record: TypeAlias = dict[str, Any]
"""One record as in the contracts (api.md, Records), ready for JSON; money amounts are strings."""

ACCOUNT_MANAGERS = 20
TICKETS = 200
INVOICES = 24
CSAT_RESPONSES = 24
NPS_RESPONSES = 6
BILLABLE_MONTHS = 24
QBRS = 8
TOUCHPOINTS = 24
ASSESSMENTS = 4
RECONCILIATIONS = 4
HEADCOUNTS = 4
FACTS_PER_CLIENT = 323
"""The sum of the above with 1 contract."""

_HOUR = 3600
_DAY = 24 * _HOUR
_DAYS = 730
_EPOCH = date(1970, 1, 1).toordinal()
_INDUSTRIES = (
    "Healthcare",
    "Legal",
    "Accounting",
    "Manufacturing",
    "Construction",
    "Retail",
    "Education",
    "Logistics",
)
_NAMES = ("Harbour", "Northgate", "Willow", "Kestrel", "Rosewood", "Meridian", "Oakhurst", "Stonebridge", "Vantage")
_TRADES = ("Dental Group", "Legal", "Accountants", "Precision", "Builders", "Outfitters", "Academy", "Freight")

# Per priority: share, hours to the due date, usual hours to the solution after the first answer.
_PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
_PRIORITY_SHARES = tuple(accumulate((3, 12, 50, 25, 10)))
_DUE_HOURS = {"P1": 8, "P2": 24, "P3": 72, "P4": 168, "P5": 336}
_ANSWER_HOURS = {"P1": 0.3, "P2": 0.8, "P3": 2.0, "P4": 4.0, "P5": 6.0}
_SOLUTION_HOURS = {"P1": 3.0, "P2": 8.0, "P3": 20.0, "P4": 45.0, "P5": 80.0}

# How busy each hour of a working day is, from midnight; night and weekend are quiet, not dead.
_HOURLY = (1, 1, 1, 1, 1, 2, 6, 20, 60, 95, 100, 90, 60, 75, 90, 85, 70, 40, 15, 6, 4, 3, 2, 1)
_BY_HOUR = tuple(accumulate(_HOURLY))
_HOURS = range(24)


def b1_records(clients: int = 1000, *, as_of: datetime, seed: int = 1) -> Iterator[Record]:
    """Account managers, clients `c-00001` …, then the facts, client by client.

    Parameters
    ----------
    clients
        How many of the 1,000; ids and dates of the facts depend on it, as they are counted over all clients.
    as_of
        Aware. Every instant and date lies in the 24 months before it, every `updated_at` too, as far as the
        facts are not about the future (due dates, the end of contracts).
    seed
        Another seed gives other records of the same kind.

    Raises
    ------
    ValueError
        `as_of` is naive.
    """
    end = _seconds(as_of)
    random = Random(seed)
    day = date.fromordinal(_EPOCH + end // _DAY)
    for number in range(1, ACCOUNT_MANAGERS + 1):
        yield {
            "type": "account_manager",
            "id": f"am-{number}",
            "name": f"Account Manager {number}",
            "email": f"am{number}@example.com",
            "updated_at": _instant(end - _DAYS * _DAY),
        }
    ids = [f"c-{number:05d}" for number in range(1, clients + 1)]
    for client_id in ids:
        yield _client(client_id, day, end, random)

    # A sequence over all clients by date needs all of a type at once, so they are made first and told by
    # client then.
    makers: tuple[tuple[str, int, Callable[[int, Random], list[tuple[int, Record]]]], ...] = (
        ("T", 7, lambda end, random: _tickets(TICKETS, end, _DAYS, random)),
        ("CT-", 5, _contract),
        ("INV-", 6, _invoices),
        ("SV-", 6, _surveys),
        ("BM-", 6, _billable_months),
        ("QBR-", 5, _qbrs),
        ("TP-", 6, _touchpoints),
        ("AS-", 5, _assessments),
        ("RC-", 5, _reconciliations),
        ("HC-", 5, _headcounts),
    )
    facts: dict[str, list[Record]] = {client_id: [] for client_id in ids}
    for prefix, digits, make in makers:
        dated = [(at, client_id, fact) for client_id in ids for at, fact in make(end, random)]
        _number(dated, prefix, digits, 1)
        for _, client_id, fact in dated:
            fact["client_id"] = client_id
            facts[client_id].append(fact)
    for client_id in ids:
        yield from facts.pop(client_id)


def ticket_upserts(
    n: int = 10_000,
    *,
    as_of: datetime,
    clients: int = 300,
    months: int = 24,
    order: Literal["sorted", "random"] = "sorted",
    seed: int = 2,
) -> Iterator[Record]:
    """Tickets that the B1 table does not hold: of its first `clients` clients, over the last `months` months.

    Their ids go on behind those of B1 (`T0500001` …), as those of a second help desk would that was merged
    into the first. `sorted`: by client and date, as the import sends them; `random`: as a queue would deliver
    them.

    Raises
    ------
    ValueError
        `as_of` is naive.
    """
    end = _seconds(as_of)
    random = Random(seed)
    per_client = [n // clients + (at < n % clients) for at in range(clients)]
    days = round(months * _DAYS / 24)
    dated = [
        (at, f"c-{number:05d}", ticket)
        for number, count in enumerate(per_client, start=1)
        for at, ticket in _tickets(count, end, days, random)
    ]
    _number(dated, "T", 7, 500_001)
    if order == "random":
        random.shuffle(dated)
    for _, client_id, ticket in dated:
        ticket["client_id"] = client_id
        yield ticket


def _number(dated: list[tuple[int, str, Record]], prefix: str, digits: int, first: int) -> None:
    """Give the facts their ids, by date over all clients."""
    in_order = sorted(dated, key=lambda entry: entry[:2])
    for number, (_, _, fact) in enumerate(in_order, start=first):
        fact["id"] = f"{prefix}{number:0{digits}d}"


# Each maker gives one client's facts of a type, by date, with the second that orders them; `end` is as_of in
# seconds.


def _client(client_id: str, day: date, end: int, random: Random) -> Record:
    number = int(client_id.removeprefix("c-"))
    since = day - timedelta(days=random.randint(_DAYS + 30, 8 * 365))
    return {
        "type": "client",
        "id": client_id,
        "name": f"{_NAMES[number % len(_NAMES)]} {_TRADES[number % len(_TRADES)]} {number}",
        "status": "AT_RISK" if random.random() < 0.05 else "ACTIVE",
        "industry": random.choice(_INDUSTRIES),
        "account_manager_id": f"am-{random.randint(1, ACCOUNT_MANAGERS)}",
        "client_since": f"{since}",
        "monthly_recurring_revenue": {"currency": "EUR", "amount": f"{random.randint(100, 2500) * 5}.00"},
        "updated_at": _instant(end - random.randint(_DAY, 400 * _DAY)),
    }


def _tickets(count: int, end: int, days: int, random: Random) -> list[tuple[int, Record]]:
    tickets = []
    # Some clients are served well and some are not.
    care = random.lognormvariate(0, 0.35)
    for created in sorted(_office_second(end, days, random) for _ in range(count)):
        priority = random.choices(_PRIORITIES, cum_weights=_PRIORITY_SHARES)[0]
        waited = random.lognormvariate(0, 1.0) * _ANSWER_HOURS[priority] * care * _HOUR
        worked = random.lognormvariate(0, 0.9) * _SOLUTION_HOURS[priority] * care * _HOUR
        if waited > _DAY:
            waited = random.random() * _DAY
        answered = created + max(60, int(waited))
        resolved = answered + max(120, int(worked))
        # Most are closed soon, some only when the help desk does it automatically after some days.
        closed = resolved + int(random.random() * (8 * _HOUR if random.random() < 0.9 else 5 * _DAY))
        forgotten = random.random() < 0.002
        ticket: Record = {"type": "ticket", "priority": priority, "created_at": _instant(created)}
        last = created
        for name, at in (("first_response_at", answered), ("resolved_at", resolved), ("closed_at", closed)):
            if at >= end or (forgotten and name == "closed_at"):
                break
            ticket[name] = _instant(at)
            last = at
        ticket["due_at"] = _instant(created + _DUE_HOURS[priority] * _HOUR)
        ticket["updated_at"] = _touched(last, end, random)
        tickets.append((created, ticket))
    return tickets


def _touched(last: int, end: int, random: Random) -> str:
    """When a source last changed a record: with its last event, or seconds or minutes later."""
    chance = random.random()
    if chance > 0.5:
        last += int(random.random() * (90 if chance < 0.85 else 3600))
    return _instant(min(last, end - 1))


def _contract(end: int, random: Random) -> list[tuple[int, Record]]:
    start = end - random.randint(400, _DAYS - 1) * _DAY
    contract: Record = {"type": "contract", "status": "ACTIVE", "start_date": _day(start)}
    if random.random() < 0.8:
        contract["end_date"] = _day(end + random.randint(2, 700) * _DAY)
    contract["updated_at"] = _entered(start, end, random)
    return [(start, contract)]


def _invoices(end: int, random: Random) -> list[tuple[int, Record]]:
    monthly = random.randint(100, 2500) * 5
    invoices = []
    for first in _month_starts(INVOICES, end):
        due = first + 30 * _DAY
        paid = max(first, due + int(random.gauss(-5, 8)) * _DAY)
        amount = f"{monthly}.00" if random.random() < 0.8 else f"{monthly * random.uniform(1.0, 1.6):.2f}"
        invoice: Record = {
            "type": "invoice",
            "status": "PAID" if paid < end else "SENT",
            "issued_on": _day(first),
            "due_on": _day(due),
            "total": {"currency": "EUR", "amount": amount},
        }
        if paid < end:
            invoice["paid_on"] = _day(paid)
        invoice["updated_at"] = _entered(paid if paid < end else first, end, random)
        invoices.append((first, invoice))
    return invoices


def _surveys(end: int, random: Random) -> list[tuple[int, Record]]:
    content = random.uniform(0.6, 0.98)
    surveys = []
    for kind, count in (("CSAT", CSAT_RESPONSES), ("NPS", NPS_RESPONSES)):
        for _ in range(count):
            at = _office_second(end, _DAYS, random)
            if kind == "CSAT":
                score = random.choice((4, 5, 5)) if random.random() < content else random.randint(1, 3)
            else:
                score = random.randint(8, 10) if random.random() < content else random.randint(2, 8)
            survey = {"type": "survey", "kind": kind, "score": score, "responded_at": _instant(at)}
            surveys.append((at, {**survey, "updated_at": _touched(at, end, random)}))
    return sorted(surveys, key=lambda entry: entry[0])


def _billable_months(end: int, random: Random) -> list[tuple[int, Record]]:
    budget = random.randint(4, 120)
    months = []
    for first, after in _full_months(BILLABLE_MONTHS, end):
        hours = round(4 * budget * max(0.2, random.gauss(0.98, 0.12))) / 4
        months.append(
            (
                first,
                {
                    "type": "billable_month",
                    "month": _day(first)[:7],
                    "billable_hours": hours,
                    "budget_hours": budget,
                    "updated_at": _entered(after, end, random),
                },
            )
        )
    return months


def _qbrs(end: int, random: Random) -> list[tuple[int, Record]]:
    qbrs = []
    for at in _spread(QBRS, end, random):
        qbr: Record = {"type": "qbr", "held_on": _day(at), "status": "COMPLETED"}
        if random.random() < 0.06:
            qbr["status"] = "CANCELLED"
        else:
            qbr["decision_maker_present"] = random.random() < 0.8
        qbrs.append((at, {**qbr, "updated_at": _entered(at, end, random)}))
    return qbrs


def _touchpoints(end: int, random: Random) -> list[tuple[int, Record]]:
    touchpoints = []
    for at in sorted(_office_second(end, _DAYS, random) for _ in range(TOUCHPOINTS)):
        touchpoint = {
            "type": "touchpoint",
            "occurred_at": _instant(at),
            "kind": random.choice(("CALL", "CALL", "MEETING", "VISIT", "EMAIL")),
            "with_decision_maker": random.random() < 0.5,
            "updated_at": _touched(at, end, random),
        }
        touchpoints.append((at, touchpoint))
    return touchpoints


def _assessments(end: int, random: Random) -> list[tuple[int, Record]]:
    level = random.randint(50, 92)
    return [
        (
            at,
            {
                "type": "assessment",
                "completed_on": _day(at),
                "standardization_score": min(100, level + random.randint(-6, 8)),
                "updated_at": _entered(at, end, random),
            },
        )
        for at in _spread(ASSESSMENTS, end, random)
    ]


def _reconciliations(end: int, random: Random) -> list[tuple[int, Record]]:
    contracted = random.randint(5, 250)
    return [
        (
            at,
            {
                "type": "reconciliation",
                "completed_on": _day(at),
                "contracted_quantity": contracted,
                "used_quantity": max(0, round(contracted * random.gauss(1.0, 0.12))),
                "updated_at": _entered(at, end, random),
            },
        )
        for at in _spread(RECONCILIATIONS, end, random)
    ]


def _headcounts(end: int, random: Random) -> list[tuple[int, Record]]:
    employees = random.randint(5, 250)
    headcounts = []
    for at in _spread(HEADCOUNTS, end, random):
        employees = max(1, round(employees * random.gauss(1.01, 0.05)))
        headcount = {"type": "headcount", "recorded_on": _day(at), "employees": employees}
        headcounts.append((at, {**headcount, "updated_at": _entered(at, end, random)}))
    return headcounts


# --- time, in seconds since 1970: formatting a million datetimes takes longer than all the rest ---

_day_texts: dict[int, str] = {}


def _seconds(as_of: datetime) -> int:
    if as_of.tzinfo is None:
        raise ValueError("as_of must be aware")
    return int(as_of.astimezone(UTC).timestamp())


def _day(second: int) -> str:
    day = second // _DAY
    text = _day_texts.get(day)
    if text is None:
        text = _day_texts[day] = date.fromordinal(_EPOCH + day).isoformat()
    return text


def _instant(second: int) -> str:
    minutes, seconds = divmod(second % _DAY, 60)
    return f"{_day(second)}T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}Z"


def _office_second(end: int, days: int, random: Random) -> int:
    """A second of the last `days` days before `end`, most likely of a working hour."""
    while True:
        day = end // _DAY - int(random.random() * (days + 1))
        if (day + 3) % 7 >= 5 and random.random() > 0.08:  # 1970-01-01 was a Thursday
            continue
        hour = random.choices(_HOURS, cum_weights=_BY_HOUR)[0]
        second = day * _DAY + hour * _HOUR + int(random.random() * _HOUR)
        if end - days * _DAY <= second < end:
            return second


def _entered(second: int, end: int, random: Random) -> str:
    """When somebody entered what has only a date: in the office hours of that day or one of the next."""
    day = second // _DAY + random.choice((0, 0, 0, 1, 1, 2))
    at = day * _DAY + 8 * _HOUR + int(random.random() * 9 * _HOUR)
    return _instant(min(at, end - 1))


def _spread(count: int, end: int, random: Random) -> list[int]:
    """That many instants spread evenly over the 24 months, each somewhere in its share of them."""
    share = _DAYS * _DAY // count
    start = end - share * count
    return [start + share * at + int(random.random() * share) for at in range(count)]


def _month_starts(count: int, end: int) -> list[int]:
    """The starts of the last so many months, that of `end` included, in order."""
    first = date.fromordinal(_EPOCH + (end - 1) // _DAY).replace(day=1)
    starts = []
    for _ in range(count):
        starts.append((first.toordinal() - _EPOCH) * _DAY)
        first = (first - timedelta(days=1)).replace(day=1)
    return starts[::-1]


def _full_months(count: int, end: int) -> Iterator[tuple[int, int]]:
    """The last so many full months as (start, start of the next)."""
    starts = _month_starts(count + 1, end)
    return pairwise(starts)
