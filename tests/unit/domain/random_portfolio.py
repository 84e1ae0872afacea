"""Random portfolios as the contracts write them, thick with boundary cases, and their way into the domain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from chalicelib.adapters.dynamodb.fact_codec import encode_block, facts_of
from chalicelib.domain.business_hours import BusinessHours, interval_faults
from chalicelib.domain.facts import MONEY_SCALE, OPEN_ENDED, Client, Facts, Money
from chalicelib.domain.records import FACT_TYPES, Kind, StoredRecord, row_of
from chalicelib.domain.settings import SIGNALS, SOURCES
from chalicelib.domain.settings_resources import WEEKDAYS, business_hours
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import parse_day, parse_instant, parse_month

Record = dict[str, Any]

CLIENTS: Final = 8

ZONES: Final = (
    "UTC",
    "America/New_York",
    "Europe/Rome",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "America/Havana",  # at midnight
    "Asia/Beirut",  # at midnight, the other way
    "Pacific/Kiritimati",
)

HOUR: Final = timedelta(hours=1)
WINDOW_DAYS: Final = (0, 7, 14, 30, 60, 90, 180, 270, 360, 365, 730)
DAYS_AGO: Final = (
    -40, -31, -30, -1, 0, 1, 2, 29, 30, 31, 32, 59, 60, 61, 62, 89, 90, 91, 92, 119, 120, 121, 122, 179, 180, 181, 182,
    364, 365, 366, 367, 399, 400, 401, 402, 455, 765, 766,
)  # fmt: skip


@dataclass(frozen=True)
class Portfolio:
    """A tenant's records and settings, as documents, and an instant to score them at."""

    time_zone: str
    as_of: datetime
    settings: Record
    earlier_settings: Record
    hours: Record
    records: Sequence[Record]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def client_ids(self) -> list[str]:
        return [record["id"] for record in self.records if record["type"] == "client"]


class Generator:
    """Makes one portfolio of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.time_zone = ZONES[seed % len(ZONES)]
        self.as_of = self._as_of(ZoneInfo(self.time_zone))
        self.today = self.as_of.astimezone(ZoneInfo(self.time_zone)).date()
        self.records: list[Record] = []

    def portfolio(self) -> Portfolio:
        for number in range(CLIENTS):
            self._client(f"c{number}")
        self.random.shuffle(self.records)
        settings, earlier = self._settings(2), self._settings(self.random.choice([1, 2]))
        return Portfolio(self.time_zone, self.as_of, settings, earlier, self._hours(), self.records)

    # ---- when ------------------------------------------------------------------------------------------

    def _as_of(self, zone: ZoneInfo) -> datetime:
        random = self.random
        if zone.key == "Pacific/Apia" and random.random() < 0.5:  # around the day that it skipped, and a year later
            start = datetime(2011, 12, 30, 10, tzinfo=UTC) + random.choice([timedelta(0), timedelta(days=365)])
        elif random.random() < 0.4:
            start = random.choice(_changes_of(zone, random.randint(2012, 2027))) + random.choice(
                [timedelta(0), timedelta(days=random.choice([7, 30, 365]))]
            )
        else:
            day = date(2012, 1, 1) + timedelta(days=random.randint(0, 5800))
            hour = random.choice([0, 0, 2, 12, 23])
            start = datetime(day.year, day.month, day.day, hour, tzinfo=random.choice([zone, UTC])).astimezone(UTC)
        return start + timedelta(seconds=random.choice([-1, 0, 0, 1, random.randint(-90_000, 90_000)]))

    def _instant(self, most_days: int = 800) -> datetime:
        """Some instant before as_of (at times after it): near the edge of a window, or anywhere."""
        random = self.random
        if random.random() < 0.4:
            days = random.choice([days for days in WINDOW_DAYS if days <= most_days])
            return self.as_of - timedelta(days=days, seconds=random.choice([-1, 0, 1, 7200]))
        return self.as_of - timedelta(seconds=random.randint(-90_000, most_days * 86_400))

    def _text(self, instant: datetime) -> str:
        fraction = self.random.choice(["", "", "", ".9", ".000001"])
        return instant.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"

    def _day(self) -> str:
        random = self.random
        ago = random.choice(DAYS_AGO) if random.random() < 0.7 else random.randint(-30, 900)
        return (self.today - timedelta(days=ago)).isoformat()

    # ---- settings --------------------------------------------------------------------------------------

    def _settings(self, version: int) -> Record:
        random = self.random
        weights = [20.0, 15.0, 15.0, 10.0, 10.0, 10.0, 10.0, 5.0, 5.0]
        if random.random() < 0.7:
            cuts = sorted(random.choice([random.randint(0, 10_000), 4000, 7000]) for _ in range(8))
            weights = [(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
            random.shuffle(weights)
        yellow = random.randint(1, 60)
        return {
            "version": version,
            "primary_model": random.choice(["auto", "deduction", "weighted"]),
            "ticket_open_until": random.choice(["closed", "resolved"]),
            "weights": dict(zip(SIGNALS, weights, strict=True)),
            "green_threshold": random.randint(yellow + 1, 100),
            "yellow_threshold": yellow,
            "alert_threshold": 60,
            "velocity_alert_points": 10,
            "rearm_margin": 5,
            "alert_cooldown_days": 7,
            "missing_signals": random.choice(["redistribute", "neutral_50"]),
            "sources": random.choice(["auto", "auto", random.sample(SOURCES, random.randint(0, len(SOURCES)))]),
            "fallback_emails": [],
        }

    def _hours(self) -> Record:
        random = self.random
        while True:
            weekly: dict[str, list[list[str]]] = {}
            for weekday in WEEKDAYS:
                edges = sorted(random.sample(range(0, 1441, 15), 4))
                choices = [
                    [],
                    [["08:00", "17:00"]],
                    [[_clock(edges[0]), _clock(edges[1])], [_clock(edges[2]), _clock(edges[3])]],
                    [["00:00", "24:00"]],
                    [["22:00", "06:00"]],
                    [["02:00", "02:45"], ["03:00", "04:00"]],
                    [["23:30", "00:00"]],
                ]
                weekly[weekday] = random.choice(choices[:2] if random.random() < 0.4 else choices)
            holidays = {(self.today - timedelta(days=random.randint(0, 60))).isoformat() for _ in range(3)}
            hours = {"enabled": random.random() < 0.7, "weekly": weekly, "holidays": sorted(holidays)}
            if random.random() < 0.1:
                hours["weekly"] = {}
            if not list(interval_faults(business_hours(hours).weekly)):
                return hours

    # ---- records ---------------------------------------------------------------------------------------

    def _client(self, client_id: str) -> None:
        random = self.random
        client: Record = {
            "type": "client",
            "id": client_id,
            "name": random.choice(
                ["Acme", "acme", "Brown & Co", "Straße", "STRASSE", "Ａcme", "Säge", "Sa\u0308ge", client_id]
            ),
            "status": random.choice(["ACTIVE"] * 5 + ["AT_RISK", "INACTIVE", "CHURNED"]),
            "archived": random.random() < 0.05,
        }
        optional = {
            "industry": random.choice(
                ["Dental", " dental", "DENTAL ", "Santé", "Sante\u0301", "Real  estate", "real estate", "  "]
            ),
            "client_since": self._day(),
            "account_manager_id": "am-1",
            "monthly_recurring_revenue": self._money(),
        }
        client |= {name: value for name, value in optional.items() if random.random() < 0.8}
        self.records.append(client)
        for make in (
            self._tickets,
            self._contracts,
            self._invoices,
            self._surveys,
            self._billable_months,
            self._qbrs,
            self._touchpoints,
            self._assessments,
            self._reconciliations,
            self._headcounts,
        ):
            if random.random() < 0.85:
                make(client_id)

    def _add(self, client_id: str, record_type: str, number: int, /, **fields: Any) -> None:
        record: Record = {"type": record_type, "id": f"{record_type[0].upper()}{number}", "client_id": client_id}
        record |= {name: value for name, value in fields.items() if value is not None}
        if self.random.random() < 0.06:
            record["deleted"] = True
        self.records.append(record)

    def _some(self, *sizes: int) -> range:
        return range(self.random.choice(sizes))

    def _money(self) -> Record:
        random = self.random
        amount = random.choice(["0", "1200.00", f"{random.randint(0, 10**6)}.{random.randint(0, 9999):04d}"])
        return {"currency": random.choice(["EUR", "USD"]), "amount": amount}

    def _quantity(self, base: float) -> int | float:
        """A quantity at, just above or just below a round part of a base."""
        part = self.random.choice([0, 0.5, 0.669, 0.67, 0.671, 0.899, 0.9, 1, 1.1, 1.1001, 1.25, 1.2501, 3])
        number = round(base * part, 4)
        return int(number) if number == int(number) else number

    def _tickets(self, client_id: str) -> None:
        random = self.random
        usual = random.choice([None, 4, 8, 24])
        newest = random.choice([0, 0, 0, 30, 60, 90, 91])
        stays_open = random.choice([0.02, 0.1, 0.5])
        for number in self._some(0, 1, 3, 12, 25):
            created = self._instant(random.choice([20, 70, 800])) - timedelta(days=newest)
            answer = random.choice([-3, 0, 1, 5, 30, 200]) if usual is None else usual
            answered = created + HOUR * answer + timedelta(seconds=random.choice([0, 0, 0, 1, -1, -60, -61]))
            resolved = created + HOUR * random.choice([-5, 1, 20, 500, 900])
            closed = resolved + HOUR * random.choice([-2, 0, 30])
            if random.random() < 0.1:
                closed = self.as_of + timedelta(seconds=random.choice([-1, 0, 1]))
            due = random.choice([created + HOUR * 72, self.as_of + timedelta(seconds=random.choice([-1, 0, 1]))])
            self._add(
                client_id,
                "ticket",
                number,
                priority=f"P{random.randint(1, 5)}",
                created_at=self._text(created),
                first_response_at=self._text(answered) if random.random() < 0.9 else None,
                resolved_at=self._text(resolved) if random.random() < 0.8 else None,
                closed_at=self._text(closed) if random.random() > stays_open else None,
                due_at=self._text(due) if random.random() < 0.5 else None,
            )

    def _contracts(self, client_id: str) -> None:
        random = self.random
        ends_soon = self.today + timedelta(days=random.choice([-1, 0, 29, 30, 31]))
        for number in self._some(0, 1, 3, 3):
            after = (ends_soon + timedelta(days=random.choice([0, 1, 1, 2]))).isoformat()
            self._add(
                client_id,
                "contract",
                number,
                status=random.choice(["ACTIVE", "ACTIVE", "ACTIVE", "EXPIRED", "CANCELLED", "DRAFT"]),
                start_date=random.choice([self._day(), after]),
                end_date=random.choice([None, "9999-12-31", self._day(), ends_soon.isoformat(), ends_soon.isoformat()]),
                renews=random.choice([None, None, f"C{random.randint(0, 3)}"]),
            )

    def _invoices(self, client_id: str) -> None:
        random = self.random
        statuses = random.choice([["PAID"], ["PAID", "SENT"], ["DRAFT", "SENT", "PARTIAL", "PAID", "VOID", "DISPUTED"]])
        for number in self._some(1, 4, 12):
            self._add(
                client_id,
                "invoice",
                number,
                status=random.choice(statuses),
                issued_on=self._day(),
                due_on=self._day(),
                total=(total := self._money()),
                paid_total=self._part_of(total),
                balance=self._part_of(total),
                paid_on=self._day() if random.random() < 0.6 else None,
            )

    def _part_of(self, total: Record) -> str | None:
        amount = Decimal(total["amount"])
        parts: list[str | None] = [None, None, "0", total["amount"], f"{amount / 4:.4f}"]
        return self.random.choice(parts)

    def _surveys(self, client_id: str) -> None:
        random = self.random
        happy = random.random()
        for number in self._some(2, 3, 8, 20, 20):
            kind = random.choice(["CSAT", "NPS"])
            best = random.random() < happy
            score = (
                random.choice([4, 5] if best else [1, 3])
                if kind == "CSAT"
                else random.choice([9, 10] if best else [0, 6, 7, 8])
            )
            self._add(client_id, "survey", number, kind=kind, score=score, responded_at=self._text(self._instant()))

    def _billable_months(self, client_id: str) -> None:
        random = self.random
        for number in self._some(1, 3, 6):
            year, month = divmod(self.today.year * 12 + self.today.month - 1 - random.randint(-1, 5), 12)
            budget = random.choice([None, 0, 40, 100, 100, 33.33])
            self._add(
                client_id,
                "billable_month",
                number,
                month=f"{year:04d}-{month + 1:02d}",
                billable_hours=self._quantity(budget or 100),
                budget_hours=budget,
            )

    def _qbrs(self, client_id: str) -> None:
        random = self.random
        for number in self._some(0, 1, 4):
            self._add(
                client_id,
                "qbr",
                number,
                held_on=self._day(),
                status=random.choice(["COMPLETED", "SCHEDULED", "CANCELLED", "CANCELLED"]),
                decision_maker_present=random.choice([None, True, False]),
            )

    def _touchpoints(self, client_id: str) -> None:
        for number in self._some(0, 1, 5):
            self._add(
                client_id,
                "touchpoint",
                number,
                occurred_at=self._text(self._instant(self.random.choice([40, 800]))),
                kind=self.random.choice(["CALL", "MEETING", "VISIT", "EMAIL"]),
                with_decision_maker=self.random.random() < 0.5,
            )

    def _assessments(self, client_id: str) -> None:
        random = self.random
        for number in self._some(1, 1, 3):
            score = random.choice([0, 100, 74.5, 74.49, random.randint(0, 100)])
            self._add(client_id, "assessment", number, completed_on=self._day(), standardization_score=score)

    def _reconciliations(self, client_id: str) -> None:
        random = self.random
        for number in self._some(1, 1, 3):
            contracted = random.choice([0, 10, 100, 1000, 7.5])
            self._add(
                client_id,
                "reconciliation",
                number,
                completed_on=self._day(),
                contracted_quantity=contracted,
                used_quantity=self._quantity(contracted or 5),
            )

    def _headcounts(self, client_id: str) -> None:
        random = self.random
        base = random.choice([0, 1, 5, 100, 1000])
        for number in self._some(1, 2, 3, 5):
            employees = round(base * random.choice([0.7, 0.75, 0.9, 0.98, 0.99, 1, 1.01, 1.02, 1.1, 1.2]))
            self._add(
                client_id,
                "headcount",
                number,
                recorded_on=self._day(),
                employees=max(0, employees + random.choice([-1, 0, 0, 1])),
            )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _changes_of(zone: ZoneInfo, year: int) -> list[datetime]:
    """The instants of a year at which the clocks of a zone change; New Year where they never do."""
    start, half_hour = datetime(year, 1, 1, tzinfo=UTC), timedelta(minutes=30)
    changes = []
    for day in range(365):
        instant = start + timedelta(days=day)
        before = instant.astimezone(zone).utcoffset()
        if before != (instant + timedelta(days=1)).astimezone(zone).utcoffset():
            while instant.astimezone(zone).utcoffset() == before:
                instant += half_hour
            changes.append(instant)
    return changes or [start]


# ---- into the domain -----------------------------------------------------------------------------------


def _money(document: Record) -> Money:
    return Money(document["currency"], int(Decimal(document["amount"]) * MONEY_SCALE))


_READ: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: str,
    Kind.PRIORITY: lambda text: int(text[1:]),
    Kind.INTEGER: int,
    Kind.NUMBER: lambda number: Decimal(str(number)),
    Kind.FLAG: bool,
    Kind.INSTANT: parse_instant,
    Kind.DAY: parse_day,
    Kind.END_DAY: lambda text: OPEN_ENDED if text == "9999-12-31" else parse_day(text),
    Kind.MONTH: parse_month,
    Kind.MONEY: _money,
    Kind.AMOUNT: lambda text: int(Decimal(text) * MONEY_SCALE),
}


def stored_record(record: Record) -> StoredRecord:
    """A fact as it is stored."""
    fact = FACT_TYPES[record["type"]]
    values = {name: _READ[kind](record[name]) for name, kind in fact.fields if name in record}
    return StoredRecord(row_of(fact, {**values, "id": record["id"]}), 0, record.get("deleted", False))


def client_of(record: Record) -> Client:
    revenue, since = record.get("monthly_recurring_revenue"), record.get("client_since")
    return Client(
        record["id"],
        record["name"],
        record["status"],
        record["archived"],
        record.get("industry"),
        record.get("account_manager_id"),
        None if since is None else parse_day(since),
        None if revenue is None else _money(revenue),
    )


def facts_by_client(portfolio: Portfolio) -> dict[str, Facts]:
    """Everything of each client, by way of storage: its tickets in two blocks, all else in a third."""
    clients = {record["id"]: client_of(record) for record in portfolio.records if record["type"] == "client"}
    blocks: dict[str, list[dict[str, dict[str, StoredRecord]]]] = {client_id: [{}, {}, {}] for client_id in clients}
    for record in portfolio.records:
        if record["type"] in FACT_TYPES:
            stored = stored_record(record)
            place = len(record["created_at"]) % 2 if record["type"] == "ticket" else 2
            blocks[record["client_id"]][place].setdefault(record["type"], {})[stored.row.id] = stored
    return {
        client_id: facts_of(
            clients[client_id], [encode_block(tickets) for tickets in held[:2] if tickets], [encode_block(held[2])]
        )
        for client_id, held in blocks.items()
    }


def hours_of(portfolio: Portfolio) -> BusinessHours:
    return business_hours(portfolio.hours)
