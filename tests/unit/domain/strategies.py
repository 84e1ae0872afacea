"""Hypothesis strategies: anything that a source may send of a client, and anything that scoring makes of it."""

import string
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from chalicelib.domain.alerts import ARMED, NEVER_EVALUATED, RULES, AlertState, OpenAlert, RuleState
from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import OPEN_ENDED, Client, Instant, Money
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.records import FACT_TYPES, Kind, StoredRecord, row_of
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.rounding import clamp
from chalicelib.domain.settings import MODELS, REMEMBERED_SOURCES, SOURCES, ScoringSettings, Settings
from chalicelib.domain.times import EPOCH_DAY, timestamp
from chalicelib.domain.velocity import Velocity

LAST_INSTANT: Final = 4_133_980_799
LAST_DAY: Final = EPOCH_DAY + LAST_INSTANT // 86_400

_LEADING: Final = string.ascii_letters + string.digits

numbered_ids = st.builds(
    "{}{}".format,
    st.sampled_from(["T", "INV-", "T0", "", "a.9_", "Z" * 40]),
    st.text(string.digits, min_size=1, max_size=20),
)
ids = numbered_ids | st.builds(str.__add__, st.sampled_from(_LEADING), st.text(_LEADING + "._-", max_size=63))
"""Ids of the contract's form; many of numbered sequences, so that `T1` and `T01` meet."""

instants = st.integers(0, LAST_INSTANT) | st.integers(1_700_000_000, 1_700_500_000)
days = st.integers(EPOCH_DAY, LAST_DAY) | st.integers(739_000, 739_050)
numbers = st.integers(0, 10**12) | st.decimals(0, 10**12, places=6).map(lambda d: d.normalize())
currencies = st.sampled_from(["EUR", "USD", "CHF"])
moneys = st.builds(Money, currencies, st.integers(0, 10**16) | st.integers(0, 10**12).map(lambda euros: euros * 10_000))

_VALUES: Final[dict[Kind, st.SearchStrategy[Any]]] = {
    Kind.TEXT: st.sampled_from(["PAID", "SENT", "CSAT", "NPS", "ACTIVE", "COMPLETED", "CALL"]),
    Kind.PRIORITY: st.integers(1, 5),
    Kind.INTEGER: st.integers(0, 10**9),
    Kind.NUMBER: numbers,
    Kind.FLAG: st.booleans(),
    Kind.INSTANT: instants,
    Kind.DAY: days,
    Kind.END_DAY: days | st.just(OPEN_ENDED),
    Kind.MONTH: st.integers(1970 * 12, 2100 * 12 + 11),
    Kind.MONEY: moneys,
    Kind.AMOUNT: st.integers(0, 10**16),
}

_OPTIONAL: Final = frozenset(
    {
        *("first_response_at", "resolved_at", "closed_at", "due_at", "end_date", "budget_hours"),
        *("renews", "paid_on", "paid_total", "balance"),
    }
)


timestamps = st.builds(timestamp, instants, st.just(0) | st.integers(0, 999_999))


@st.composite
def stored_records(draw: st.DrawFn, type_name: str) -> StoredRecord:
    """A record of a type: any value in any field, however impossible (closed before creation, paid before issue)."""
    fact = FACT_TYPES[type_name]
    values: dict[str, Any] = {"id": draw(ids)}
    for name, kind in fact.fields:
        value = _VALUES[kind]
        values[name] = draw(st.none() | value if name in _OPTIONAL else value)
    return StoredRecord(row_of(fact, values), draw(timestamps), draw(st.booleans()))


def records_of(type_name: str, max_size: int = 5) -> st.SearchStrategy[dict[str, StoredRecord]]:
    """Records of a type by id."""
    return st.lists(stored_records(type_name), max_size=max_size, unique_by=lambda record: record.row.id).map(
        lambda records: {record.row.id: record for record in records}
    )


def blocks(type_names: Sequence[str], max_size: int = 4) -> st.SearchStrategy[dict[str, dict[str, StoredRecord]]]:
    """Records by type and id."""
    return st.fixed_dictionaries({}, optional={name: records_of(name, max_size) for name in type_names})


texts = st.text(max_size=20) | st.sampled_from(["Dental", " dental ", "", "ß", "\x00", "日本"])
clients = st.builds(
    Client,
    id=ids,
    name=texts,
    status=st.sampled_from(["ACTIVE", "AT_RISK", "INACTIVE", "CHURNED"]),
    archived=st.booleans(),
    industry=st.none() | texts,
    account_manager_id=st.none() | ids,
    client_since=st.none() | days,
    monthly_recurring_revenue=st.none() | moneys,
    at_risk_since=st.none() | instants,
)

stamps = st.builds(
    Stamp,
    st.integers(1, 999),
    st.integers(2, 100),
    st.integers(1, 99),
    st.sets(st.sampled_from(REMEMBERED_SOURCES)).map(
        lambda chosen: tuple(s for s in REMEMBERED_SOURCES if s in chosen)
    ),
)


@st.composite
def scores(draw: st.DrawFn) -> Scores:
    random = Random(draw(st.integers(0, 2**32)))
    factors = (*(random.choice((0, -5, -10, -150)) for _ in range(5)), random.choice((0, 5)))
    signals = tuple(random.choice((None, 0, 100, random.randint(0, 100))) for _ in range(9))
    weighted = random.choice((None, 0, 100, random.randint(0, 100)))
    return Scores(clamp(100 + sum(factors)), weighted, random.randint(0, 10_000), factors, signals)


_CURRENCIES: Final = ("CHF", "EUR", "USD")


def _evaluation(seed: int) -> tuple[Evaluation, Velocity, Velocity]:
    """Some sixty numbers, from one seed: drawn one by one they would take most of the tier's time."""
    random = Random(seed)

    def maybe(most: int) -> int | None:
        return random.choice((None, 0, most, random.randint(0, most)))

    def count() -> int:
        return random.choice((0, 0, random.randint(0, 50)))

    def activity() -> Activity:
        currencies = random.sample(_CURRENCIES, random.randint(0, 3))
        revenue = tuple((currency, random.choice((0, random.randint(0, 10**14)))) for currency in sorted(currencies))
        return Activity(count(), count(), count(), random.randint(0, 10**9), revenue)

    def velocity() -> Velocity:
        if random.random() < 0.5:
            return Velocity(random.randint(-100, 100), random.random() < 0.5)
        return Velocity(None, False, "insufficient_history" if random.random() < 0.5 else "insufficient_data")

    last_activity = maybe(4000)
    inactivity = last_activity if last_activity is not None else maybe(4000)
    evaluation = Evaluation(
        Standing(count(), count(), last_activity, inactivity, count(), random.random() < 0.5, random.random() < 0.3),
        tuple(activity() for _ in PERIODS),
        tuple(maybe(100) for _ in range(9)),
        maybe(100),
        random.randint(0, 10_000),
    )
    return evaluation, velocity(), velocity()


models = st.sampled_from(MODELS)
rule_states = st.just(ARMED) | st.builds(RuleState, st.booleans(), st.none() | instants, st.booleans())
open_alerts = st.builds(
    OpenAlert, instants, models, st.lists(st.sampled_from(RULES), unique=True).map(tuple), st.booleans()
)
alert_states = st.just(NEVER_EVALUATED) | st.builds(
    AlertState,
    st.none() | instants,
    rule_states,
    rule_states,
    st.none() | models,
    st.none() | stamps,
    st.lists(open_alerts, max_size=2).map(tuple),
)


@st.composite
def current_rows(draw: st.DrawFn) -> CurrentRow:
    unscored = (None, Velocity(None), Velocity(None))
    evaluation, deduction, weighted = draw(st.just(unscored) | st.integers(0, 2**32).map(_evaluation))
    alerts = draw(alert_states)
    return CurrentRow(draw(clients), Instant(draw(instants)), draw(stamps), evaluation, deduction, weighted, alerts)


seats = st.integers(0, 5000)
pages_of_rows = st.dictionaries(seats, current_rows(), min_size=1, max_size=4)
snapshots = st.builds(Snapshot, days, instants, stamps, st.dictionaries(seats, scores(), max_size=6))


def all_settings() -> st.SearchStrategy[Settings]:
    """Settings of version 7 with anything in them that the API takes."""
    minutes = st.integers(0, 1440)
    schedules = st.tuples(*[st.lists(st.tuples(minutes, minutes), max_size=3).map(tuple)] * 7)
    scorings = st.builds(
        ScoringSettings,
        primary_model=st.sampled_from(["auto", "deduction", "weighted"]),
        ticket_open_until=st.sampled_from(["closed", "resolved"]),
        weights=st.tuples(*[st.integers(0, 10_000)] * 9),
        green_threshold=st.integers(1, 100),
        yellow_threshold=st.integers(1, 100),
        alert_threshold=st.integers(0, 100),
        velocity_alert_points=st.integers(1, 100),
        rearm_margin=st.integers(0, 50),
        alert_cooldown_days=st.integers(0, 90),
        missing_signals=st.sampled_from(["redistribute", "neutral_50"]),
        sources=st.none() | st.lists(st.sampled_from(SOURCES), unique=True).map(tuple),
        fallback_emails=st.lists(st.emails(), max_size=2).map(tuple),
    )
    holidays = st.frozensets(st.integers(EPOCH_DAY, EPOCH_DAY + 40_000), max_size=3)
    return st.builds(
        Settings,
        st.just(7),
        scorings,
        st.builds(BusinessHours, st.booleans(), schedules, holidays),
        st.booleans(),
        st.dictionaries(st.sampled_from(["ticket", "client"]), st.just("https://psa.example/{id}")),
    )
