"""The demo data: the clients of an invented managed service provider, with a past that explains their
scores.

Every client lives through one story (steady, declining, silent, growing, …). A story is two curves over time:
the client's *stress*, from which slow answers, backlog, bad ratings, late payments and missed reviews all
follow, and its *volume* of tickets. Everything is drawn from one seed and placed relative to one day, so that
the same arguments give the same bytes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

from chalicelib.importing.rows import Record
from infra.record_folder import write_folder

HISTORY_DAYS = 460
"""How far back facts go: each of the past 120 nights looks back on most of a year."""

INDUSTRIES: dict[str, tuple[str, ...]] = {
    "Healthcare": (
        "Dental",
        "Family Practice",
        "Physiotherapy",
        "Veterinary Clinic",
        "Eye Care",
        "Care Homes",
    ),
    "Legal": ("Solicitors", "Law", "Legal Partners", "Notaries", "& Finch LLP", "Chambers"),
    "Accounting": ("Accountants", "Tax Advisers", "Audit", "Bookkeeping", "& Partners", "Payroll Services"),
    "Manufacturing": ("Precision", "Tooling", "Plastics", "Castings", "Packaging", "Engineering"),
    "Construction": ("Builders", "Roofing", "Civil Works", "Joinery", "Scaffolding", "Interiors"),
    "Retail": ("Outfitters", "Garden Centres", "Cycles", "Furniture", "Pharmacy", "Wine Merchants"),
    "Education": ("Academy", "Primary School", "College", "Nursery", "Language School", "Music School"),
    "Logistics": ("Haulage", "Freight", "Couriers", "Warehousing", "Cold Storage", "Shipping"),
}
_STEMS = """
    Abbott Alder Amberley Ansell Ardent Ashgrove Bancroft Barrow Beacon Beaumont Bellweather Birchwood
    Blackwater Bramley Brightside Brookfield Calder Calloway Cardinal Castleton Cedarhill Chandler
    Clearwater Coppice Corbett Cornerstone Crestline Dalton Darrow Denholm Dovetail Drummond Eastgate
    Edgemont Elderfield Ellison Ember Fairhaven Falconer Farrow Fenwick Foxglove Galloway Garrick Glenrock
    Granby Greenlees Hadley Halcyon Harbour Hargreave Hartwell Hazelmere Heron Hollis Ironbridge Ivydale
    Jarrow Juniper Keats Kestrel Kingsway Lakeside Langford Larkspur Linden Lockhart Lowell Maitland
    Marlowe Meadowbank Mercer Millbrook Montrose Moorland Nightingale Northgate Oakhurst Orchard Osprey
    Paragon Pembroke Penrose Pinecrest Priory Quayside Quill Radcliffe Ravensworth Redwood Ridgeway
    Riverside Rosewood Rowan Saltmarsh Sandford Selwyn Seven-Oaks Silverdale Stanmore Stonebridge
    Summerfield Sutherland Tamarind Tanner Thornbury Tidewater Trafford Underhill Union Upton Valemont
    Vantage Verity Wakefield Walnut Waverley Westbrook Whitfield Willow Windmill Wren Yardley Yewtree
    Zephyr
"""
_ACCOUNT_MANAGERS = (
    "Ines Moreau",
    "Tomasz Zielinski",
    "Grace Okafor",
    "Henrik Lund",
    "Priya Raman",
    "Daniel Weiss",
)

# Per priority: share of the tickets, hours to the due date, usual hours to the first answer and to the
# solution.
_PRIORITIES = {
    "P1": (3, 8, 0.3, 3.0),
    "P2": (12, 24, 0.7, 7.0),
    "P3": (50, 72, 1.3, 16.0),
    "P4": (25, 168, 2.2, 36.0),
    "P5": (10, 336, 3.0, 60.0),
}

Curve = tuple[tuple[int, float], ...]
"""Points (days before today, value), the oldest first; straight between them, level outside."""


@dataclass(frozen=True, slots=True)
class _Story:
    """What a client lives through. `share` is out of all shares; stress runs from 0 (content) to 1 (about to
    leave).

    `joined` is the range of days ago in which the client came, `at_risk` how likely somebody has marked it
    already.
    """

    name: str
    share: int
    stress: Curve = ((0, 0.08),)
    volume: Curve = ((0, 1.0),)
    joined: tuple[int, int] = (500, 3000)
    status: str = "ACTIVE"
    archived: bool = False
    at_risk: float = 0.0
    growth: float = 0.02
    seasonal: bool = False


_STORIES = (
    _Story("steady", 37),
    _Story("growing", 8, volume=((400, 0.7), (0, 1.5)), growth=0.25),
    _Story("strained", 19, stress=((0, 0.74),), at_risk=0.2, growth=-0.04),
    _Story("declining", 15, ((66, 0.12), (14, 0.88)), ((64, 1.0), (8, 1.6)), at_risk=0.15, growth=-0.06),
    _Story("failing", 11, ((120, 0.35), (30, 1.1)), ((100, 1.0), (15, 1.6)), at_risk=0.6, growth=-0.2),
    _Story("recovering", 7, ((200, 0.2), (150, 0.9), (85, 0.85), (25, 0.1)), ((150, 1.5), (40, 1.0))),
    _Story("silent", 7, ((190, 0.1), (100, 0.65)), ((190, 1.0), (130, 0.1), (110, 0.0)), growth=-0.08),
    _Story("seasonal", 5, seasonal=True),
    _Story("new", 5, stress=((90, 0.3), (20, 0.1)), joined=(18, 100), volume=((90, 1.6), (20, 1.0))),
    _Story("dormant", 2, volume=((240, 1.0), (200, 0.0)), status="INACTIVE"),
    _Story("churned", 2, ((300, 0.2), (210, 1.0)), ((210, 1.0), (180, 0.0)), status="CHURNED"),
    _Story("archived", 2, volume=((330, 1.0), (300, 0.0)), archived=True),
)


@dataclass(frozen=True, slots=True)
class _Account:
    """One client of the portfolio while its past is invented."""

    record: Record
    story: _Story
    random: Random
    today: date
    employees: int
    joined: date
    temper: float
    lag: int

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def first_day(self) -> date:
        return max(self.joined, self.today - timedelta(days=HISTORY_DAYS))

    def stress(self, day: date) -> float:
        """0 to 1. No two clients of a story are alike: temper and timing differ."""
        return min(1.0, max(0.0, _at(self.story.stress, (self.today - day).days + self.lag) * self.temper))

    def volume(self, day: date) -> float:
        """Tickets in comparison with the usual."""
        level = _at(self.story.volume, (self.today - day).days + self.lag)
        if self.story.seasonal:
            level *= 1.0 + 0.9 * math.sin(2 * math.pi * (day.timetuple().tm_yday / 365 - 0.1))
        return level

    def served(self, day: date) -> bool:
        """Whether the client is one on that day, or has long gone quiet for good."""
        gone = self.record["status"] in ("CHURNED", "INACTIVE") or self.record.get("archived", False)
        return day >= self.joined and not (gone and self.volume(day) == 0)


def write_demo_data(directory: Path, *, today: date, clients: int = 120, seed: int = 7) -> None:
    """Write the demo data as an import folder.

    Parameters
    ----------
    directory
        Made if need be; files of the same names are replaced.
    today
        The last facts are of the day before; contracts and planned reviews reach beyond it.
    clients
        How many, at least one.
    seed
        Another seed gives another portfolio of the same kind.
    """
    write_folder(directory, demo_records(today=today, clients=clients, seed=seed))


def demo_records(*, today: date, clients: int = 120, seed: int = 7) -> list[Record]:
    """The demo records: account managers, clients, then the facts of each type by date."""
    accounts = _accounts(today, clients, Random(seed))  # noqa: S311
    managers: list[Record] = [
        {"type": "account_manager", "id": f"am-{number}", "name": name, "email": f"{_slug(name)}@example.com"}
        for number, name in enumerate(_ACCOUNT_MANAGERS, start=1)
    ]
    facts = [fact for account in accounts for fact in _facts(account)]
    return [*managers, *(account.record for account in accounts), *_numbered(facts)]


# --- who the clients are ---


def _accounts(today: date, count: int, random: Random) -> list[_Account]:
    stories = _cast(count)
    random.shuffle(stories)
    names = _names(count, random)
    accounts = []
    for number, (story, (name, industry)) in enumerate(zip(stories, names, strict=True), start=1):
        employees = min(260, max(5, round(random.lognormvariate(3.4, 0.7))))
        joined = today - timedelta(days=random.randint(*story.joined))
        record: Record = {
            "type": "client",
            "id": f"c-{number:04d}",
            "name": name,
            "status": "AT_RISK" if random.random() < story.at_risk else story.status,
            "industry": industry,
            "client_since": joined.isoformat(),
            "monthly_recurring_revenue": _money(employees * random.uniform(55, 110), random),
        }
        if story.archived:
            record["archived"] = True
        if random.random() > 0.06:
            # Managers have their industries, more or less.
            home = list(INDUSTRIES).index(industry)
            record["account_manager_id"] = f"am-{(home + random.choice((0, 0, 0, 1, 3))) % 6 + 1}"
        accounts.append(
            _Account(
                record=record,
                story=story,
                random=Random(f"{random.random()}"),  # noqa: S311 -- one per client: a change to one leaves the others alone
                today=today,
                employees=employees,
                joined=joined,
                temper=random.uniform(0.75, 1.15),
                lag=random.randint(-6, 6),
            )
        )
    return accounts


def _cast(count: int) -> list[_Story]:
    """A story for each client, in proportion to the shares (largest remainder)."""
    total = sum(story.share for story in _STORIES)
    exact = [count * story.share / total for story in _STORIES]
    seats = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: seats[at] - exact[at])
    for at in by_remainder[: count - sum(seats)]:
        seats[at] += 1
    return [story for story, number in zip(_STORIES, seats, strict=True) for _ in range(number)]


def _names(count: int, random: Random) -> list[tuple[str, str]]:
    """That many different (name, industry)."""
    stems = _STEMS.split()
    random.shuffle(stems)
    industries = list(INDUSTRIES)
    names: dict[str, str] = {}
    for number in range(count):
        stem = stems[number % len(stems)].replace("-", " ")
        industry = random.choice(industries)
        name = f"{stem} {random.choice(INDUSTRIES[industry])}"
        while name in names:
            # Only a portfolio far larger than the list of stems gets here.
            name = f"{stem} {random.choice(stems)} {random.choice(INDUSTRIES[industry])}"
        names[name] = industry
    return list(names.items())


# --- what has happened ---


def _facts(account: _Account) -> Iterator[Record]:
    for fact in (
        *_tickets_and_ratings(account),
        *_contracts(account),
        *_invoices(account),
        *_nps(account),
        *_billable_months(account),
        *_qbrs(account),
        *_touchpoints(account),
        *_assessments(account),
        *_reconciliations(account),
        *_headcounts(account),
    ):
        yield {**fact, "client_id": account.id}


def _tickets_and_ratings(account: _Account) -> Iterator[Record]:
    random = account.random
    now = _instant(account.today, 0)
    # Twice the staff does not open twice the tickets.
    per_working_day = math.sqrt(account.employees) * random.uniform(0.75, 1.3) / 21
    day = account.first_day
    while day < account.today:
        level = account.volume(day) * (0.06 if day.weekday() >= 5 else 1.0)
        for _ in range(_poisson(per_working_day * level, random)):
            ticket = _ticket(account, day, now)
            yield ticket
            rated = random.random() < 0.28 and "closed_at" in ticket
            if rated:
                closed = datetime.fromisoformat(ticket["closed_at"])
                responded = closed + timedelta(seconds=random.randint(600, 60 * 3600))
                if responded < now:
                    content = random.random() < 0.98 - 0.66 * account.stress(closed.date())
                    score = random.choice((4, 5, 5, 5)) if content else random.choice((1, 2, 3, 3))
                    yield {"type": "survey", "kind": "CSAT", "score": score, "responded_at": _text(responded)}
        day += timedelta(days=1)


def _ticket(account: _Account, day: date, now: datetime) -> Record:
    random = account.random
    stress = account.stress(day)
    weights = [share * (1 + 2 * stress if name in ("P1", "P2") else 1) for name, (share, *_) in _PRIORITIES.items()]
    priority = random.choices(list(_PRIORITIES), weights)[0]
    _, due_hours, answer_hours, solution_hours = _PRIORITIES[priority]
    # Most tickets come in the morning and after lunch, a few at any hour.
    second = random.randrange(86_400) if random.random() < 0.04 else int(3600 * random.triangular(7, 17.5, 9.5))
    created = _instant(day, second)

    usual = random.lognormvariate(0, 0.8) * answer_hours * (1 + 21 * stress**1.6)
    answered = created + timedelta(hours=usual)
    solved = answered + timedelta(hours=random.lognormvariate(0, 0.9) * solution_hours * (1 + 27 * stress**2))
    if priority not in ("P1", "P2"):
        answered, solved = _in_working_hours(answered, random), _in_working_hours(solved, random)
    if random.random() < 1 / 1500:
        # Logged after the call that solved it: a fault that real help desks show, and that the service names.
        answered = created - timedelta(seconds=random.randint(20, 900))
    closed = solved + timedelta(hours=random.uniform(0.2, 14))

    ticket: Record = {"type": "ticket", "priority": priority, "created_at": _text(created)}
    steps = {"first_response_at": answered, "resolved_at": solved, "closed_at": closed}
    for name, at in steps.items():
        if at >= now:
            break
        ticket[name] = _text(at)
    ticket["due_at"] = _text(created + timedelta(hours=due_hours))
    return ticket


def _in_working_hours(at: datetime, random: Random) -> datetime:
    """The instant itself, or within the first hours of the next working day: nobody answers at night."""
    if at.weekday() < 5 and 7 <= at.hour < 18:
        return at
    day = at.date() + timedelta(days=1 if at.hour >= 18 else 0)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return _instant(day, int(3600 * random.triangular(7, 10, 7.5)))


def _contracts(account: _Account) -> Iterator[Record]:
    random, today = account.random, account.today
    years = random.choice((1, 1, 2, 3))
    start = account.joined
    while start.toordinal() + 365 * years < today.toordinal():
        yield _contract("EXPIRED", start, start + timedelta(days=365 * years - 1))
        start += timedelta(days=365 * years)
    if account.record["status"] == "CHURNED":
        yield _contract("CANCELLED", start, today - timedelta(days=random.randint(160, 200)))
    elif account.story.name in ("failing", "declining") and random.random() < 0.35:
        yield _contract(
            "ACTIVE", min(start, today - timedelta(days=200)), today + timedelta(days=random.randint(3, 40))
        )
        yield _contract("DRAFT", today + timedelta(days=45), None)
    elif random.random() < 0.07:
        yield _contract("DRAFT", today + timedelta(days=random.randint(5, 40)), None)
    elif random.random() < 0.3:
        yield _contract("ACTIVE", start, None)
    else:
        yield _contract("ACTIVE", start, start + timedelta(days=365 * years - 1))


def _contract(status: str, start: date, end: date | None) -> Record:
    return {
        "type": "contract",
        "status": status,
        "start_date": f"{start}",
        "end_date": f"{end}" if end else None,
    }


def _invoices(account: _Account) -> Iterator[Record]:
    random, today = account.random, account.today
    monthly = account.record["monthly_recurring_revenue"]
    for issued in _months(account.first_day, today):
        if not account.served(issued):
            continue
        project = random.uniform(0.1, 1.2) if random.random() < 0.15 else 0.0
        total = (Decimal(monthly["amount"]) * Decimal(f"{1 + project:.3f}")).quantize(Decimal("0.01"))
        due = issued + timedelta(days=30)
        late = random.gauss(-6, 5) + 130 * max(0.0, account.stress(issued) - 0.2) * random.uniform(0.4, 1.3)
        paid = max(issued, due + timedelta(days=round(late)))
        invoice: Record = {
            "type": "invoice",
            "status": "PAID",
            "issued_on": f"{issued}",
            "due_on": f"{due}",
            "total": {"currency": monthly["currency"], "amount": f"{total}"},
        }
        chance = random.random()
        if chance < 0.008:
            invoice["status"] = "VOID"
        elif chance < 0.008 + 0.04 * account.stress(due):
            invoice["status"] = "DISPUTED"
        elif paid < today:
            invoice["paid_on"] = f"{paid}"
        else:
            invoice["status"] = "PARTIAL" if random.random() < 0.08 else "SENT"
        yield invoice
    if today.day >= 25:
        upcoming = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        if account.served(today):
            yield {
                "type": "invoice",
                "status": "DRAFT",
                "issued_on": f"{upcoming}",
                "due_on": f"{upcoming + timedelta(days=30)}",
                "total": monthly,
            }


def _nps(account: _Account) -> Iterator[Record]:
    random = account.random
    if random.random() < 0.25:
        return
    for day in _every(account, 91, 6):
        for _ in range(random.randint(1, 3)):
            score = min(10, max(0, round(random.gauss(9.2 - 5 * account.stress(day), 1.3))))
            at = _instant(day, random.randint(8 * 3600, 17 * 3600))
            yield {"type": "survey", "kind": "NPS", "score": score, "responded_at": _text(at)}


def _billable_months(account: _Account) -> Iterator[Record]:
    random = account.random
    budget = max(4, round(account.employees * random.uniform(0.35, 0.6)))
    has_budget = random.random() < 0.9
    for first in _months(account.first_day, account.today.replace(day=1)):
        if not account.served(first) or first >= account.today.replace(day=1):
            continue
        over = random.gauss(0.94, 0.05) + 0.6 * max(0.0, account.stress(first + timedelta(days=20)) - 0.2)
        quarters = max(0, round(4 * budget * over * min(1.0, 0.55 + 0.45 * account.volume(first))))
        yield {
            "type": "billable_month",
            "month": f"{first:%Y-%m}",
            "billable_hours": Decimal(quarters) / 4,
            "budget_hours": budget if has_budget else None,
        }


def _qbrs(account: _Account) -> Iterator[Record]:
    random, today = account.random, account.today
    for day in _every(account, 84, 8):
        held = random.random() > max(0.03, 1.2 * account.stress(day) - 0.2) and account.volume(day) > 0
        yield {
            "type": "qbr",
            "held_on": f"{day}",
            "status": "COMPLETED" if held else "CANCELLED",
            "decision_maker_present": (random.random() < 0.85 - 0.4 * account.stress(day)) if held else None,
        }
    if account.served(today) and random.random() < 0.6:
        planned = today + timedelta(days=random.randint(2, 60))
        yield {"type": "qbr", "held_on": f"{planned}", "status": "SCHEDULED"}


def _touchpoints(account: _Account) -> Iterator[Record]:
    random = account.random
    for day in _every(account, 17, 7):
        if random.random() < 0.8 * account.stress(day) or account.volume(day) == 0:
            continue
        at = _instant(day, random.randint(8 * 3600, 17 * 3600))
        yield {
            "type": "touchpoint",
            "occurred_at": _text(at),
            "kind": random.choice(("CALL", "CALL", "MEETING", "VISIT", "EMAIL", "EMAIL")),
            "with_decision_maker": random.random() < 0.7 - 0.45 * account.stress(day),
        }


def _assessments(account: _Account) -> Iterator[Record]:
    random = account.random
    if random.random() < 0.1:
        return
    level = random.gauss(84, 6)
    for day in _every(account, 170, 20):
        score = min(100.0, max(15.0, level + random.gauss(0, 3) - 45 * account.stress(day)))
        yield {"type": "assessment", "completed_on": f"{day}", "standardization_score": round(score)}


def _reconciliations(account: _Account) -> Iterator[Record]:
    random = account.random
    contracted = account.employees
    for day in _every(account, 91, 10):
        used = round(account.employees * (1 + _grown(account, day)) * random.gauss(1.0, 0.03))
        yield {
            "type": "reconciliation",
            "completed_on": f"{day}",
            "contracted_quantity": contracted,
            "used_quantity": max(0, used),
        }
        if random.random() < 0.6:
            # The contract follows what is used, sooner or later.
            contracted = max(1, used)


def _headcounts(account: _Account) -> Iterator[Record]:
    for day in _every(account, 91, 12):
        employees = max(1, round(account.employees * (1 + _grown(account, day))))
        yield {"type": "headcount", "recorded_on": f"{day}", "employees": employees}


def _grown(account: _Account, day: date) -> float:
    """By which share the client has grown or shrunk since a year and a quarter ago."""
    elapsed = 1 - (account.today - day).days / HISTORY_DAYS
    return account.story.growth * elapsed * account.temper


# --- small things ---


def _at(curve: Curve, days_ago: int) -> float:
    if days_ago >= curve[0][0]:
        return curve[0][1]
    for (older, before), (newer, after) in pairwise(curve):
        if days_ago >= newer:
            return before + (after - before) * (older - days_ago) / (older - newer)
    return curve[-1][1]


def _every(account: _Account, days: int, spread: int) -> Iterator[date]:
    """Working days about every so many days, from the first day to yesterday."""
    random = account.random
    day = account.first_day + timedelta(days=random.randint(3, days))
    while day < account.today:
        actual = day + timedelta(days=random.randint(-spread, spread))
        if actual.weekday() >= 5:
            actual += timedelta(days=7 - actual.weekday())
        if account.first_day <= actual < account.today and account.served(actual):
            yield actual
        day += timedelta(days=days)


def _months(first: date, end: date) -> Iterator[date]:
    """The first days of the months in [first, end)."""
    month = first.replace(day=1)
    while month < end:
        if month >= first:
            yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _poisson(mean: float, random: Random) -> int:
    """Knuth's method; the means here are small."""
    limit, number, product = math.exp(-mean), 0, random.random()
    while product > limit:
        number += 1
        product *= random.random()
    return number


def _money(amount: float, random: Random) -> dict[str, str]:
    currency = "GBP" if random.random() < 0.06 else "EUR"
    return {"currency": currency, "amount": f"{round(amount / 5) * 5}.00"}


def _instant(day: date, second: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _slug(name: str) -> str:
    return name.lower().replace(" ", ".")


# How each type's ids look, and the field that orders them: one sequence per type over all clients, as help
# desks count.
_SEQUENCES = {
    "ticket": ("T", 7, "created_at"),
    "contract": ("CT-", 4, "start_date"),
    "invoice": ("INV-", 6, "issued_on"),
    "survey": ("SV-", 6, "responded_at"),
    "billable_month": ("BM-", 6, "month"),
    "qbr": ("QBR-", 4, "held_on"),
    "touchpoint": ("TP-", 5, "occurred_at"),
    "assessment": ("AS-", 4, "completed_on"),
    "reconciliation": ("RC-", 4, "completed_on"),
    "headcount": ("HC-", 4, "recorded_on"),
}


def _numbered(facts: list[Record]) -> Iterator[Record]:
    """The facts with their ids, by type and date."""
    for record_type, (prefix, digits, dated) in _SEQUENCES.items():
        of_type = sorted((fact for fact in facts if fact["type"] == record_type), key=lambda fact: str(fact[dated]))
        for number, fact in enumerate(of_type, start=1):
            yield {**fact, "id": f"{prefix}{number:0{digits}d}"}
