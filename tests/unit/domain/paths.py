"""Random clients for whom a path is looked for, and somebody who performs what a plan says by sending records."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, cached_property
from random import Random
from typing import Any, Final

from chalicelib.adapters.dynamodb.fact_codec import encode_block, facts_of
from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import NEVER, Client, Day, Facts, Instant, Invoice, Ticket
from chalicelib.domain.moment import DEFAULT_PERIOD, Moment
from chalicelib.domain.plan.models import DeductionModel, Rules, WeightedModel, lasting
from chalicelib.domain.plan.path import Action, Plan, path_to
from chalicelib.domain.records import FACT_TYPES, StoredRecord, fact_json, newer
from chalicelib.domain.settings import MODELS, Model
from chalicelib.domain.settings_resources import scoring_settings
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.weighted import OLD_TICKET_SECONDS
from tests.reference.scoring import auto_sources
from tests.unit.domain.random_portfolio import Generator, Portfolio, client_of, hours_of, stored_record

Record = dict[str, Any]
Held = dict[str, dict[str, StoredRecord]]

ABOVE_ALL: Final = "zzz"
"""Greater than the ids of the portfolios."""

MISSING: Final = ("redistribute", "neutral_50")


@dataclass(frozen=True)
class Case:
    """A scored client under one model and one setting of what a missing signal counts."""

    model: Model
    client: Client
    held: Held
    rules: Rules
    as_of: int
    zone: ZoneInfo
    hours: BusinessHours

    @cached_property
    def facts(self) -> Facts:
        return facts_from(self.client, self.held)

    @cached_property
    def moment(self) -> Moment:
        return Moment.at(Instant(self.as_of), self.zone, self.hours, periods=(DEFAULT_PERIOD,))

    @cached_property
    def levers(self) -> WeightedModel | DeductionModel:
        kept = lasting(self.facts, self.moment, self.rules)
        return (WeightedModel if self.model == "weighted" else DeductionModel)(kept, self.rules, self.moment)

    @cached_property
    def score(self) -> int | None:
        return self.score_of(self.facts, self.as_of)

    @cached_property
    def path(self) -> Callable[[int], Plan]:
        """The path to a target, looked for once."""
        return cache(lambda target: path_to(target, self.model, self.facts, self.rules, self.moment, self.hours))

    def score_of(self, facts: Facts, as_of: int) -> int | None:
        """By the whole evaluation, as nights and cards compute it."""
        moment = Moment.at(Instant(as_of), self.zone, self.hours)
        found = evaluate(facts, self.rules.connected, self.rules.scoring, moment)
        assert found is not None
        return found.weighted_score if self.model == "weighted" else found.deduction().score

    def performed(self, actions: Sequence[Action]) -> Facts:
        """The facts once the actions' records were sent."""
        held = {kind: dict(records) for kind, records in self.held.items()}
        for sent in [record for a in actions for record in records_of(a, self.facts, self.as_of, self.moment.today)]:
            of_kind = held.setdefault(sent["type"], {})
            before = of_kind.get(sent["id"])
            whole = {} if before is None else fact_json(FACT_TYPES[sent["type"]], self.client.id, before)
            stored = newer(before, stored_record({**whole, **sent}).row, None, False, 1)
            assert stored is not None, "an action that changes nothing"
            of_kind[sent["id"]] = stored
        return facts_from(self.client, held)


def facts_from(client: Client, held: Held) -> Facts:
    """Everything of a client, by way of storage."""
    tickets, others = ({k: held[k] for k in held if (k == "ticket") is wanted} for wanted in (True, False))
    return facts_of(client, [encode_block(tickets)] if tickets else [], [encode_block(others)])


def records_of(action: Action, facts: Facts, as_of: int, today: int) -> Iterator[Record]:
    """What a source sends once an action is done."""
    done = datetime.fromtimestamp(as_of - 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    day = date.fromordinal(today).isoformat()
    if action.kind == "close":
        yield from ({"type": "ticket", "id": ref, "closed_at": done} for ref in action.refs)
    elif action.kind == "collect":
        yield from ({"type": "invoice", "id": ref, "status": "PAID", "paid_on": day} for ref in action.refs)
    elif action.kind == "call":
        yield {"type": "touchpoint", "id": ABOVE_ALL, "occurred_at": done, "kind": "CALL", "with_decision_maker": True}
    elif action.kind == "qbr":
        yield {
            "type": "qbr",
            "id": ABOVE_ALL,
            "held_on": day,
            "status": "COMPLETED",
            "decision_maker_present": True,
        }
    elif action.kind == "true_up":
        known = [each for each in facts.reconciliations if each.completed <= today]
        used = max(known, key=lambda each: (each.completed, each.id)).used
        yield {
            "type": "reconciliation",
            "id": ABOVE_ALL,
            "completed_on": day,
            "contracted_quantity": used,
            "used_quantity": used,
        }
    else:
        yield {"type": "contract", "id": ABOVE_ALL, "status": "ACTIVE", "start_date": day}


def cases(seeds: Sequence[int]) -> Iterator[Case]:
    """The scored clients of random portfolios, under both models and both settings of missing signals."""
    for seed in seeds:
        portfolio = Generator(seed).portfolio()
        for missing in MISSING:
            scoring = scoring_settings({**portfolio.settings, "missing_signals": missing})
            rules = Rules(scoring.connected(auto_sources(portfolio.records)), scoring)
            yield from _cases(portfolio, rules)


def _cases(portfolio: Portfolio, rules: Rules) -> Iterator[Case]:
    as_of, hours = int(portfolio.as_of.timestamp()), hours_of(portfolio)
    today = Moment.at(Instant(as_of), portfolio.zone, periods=(DEFAULT_PERIOD,)).today
    held: dict[str, Held] = {}
    for record in portfolio.records:
        if record["type"] in FACT_TYPES:
            stored = stored_record(record)
            held.setdefault(record["client_id"], {}).setdefault(record["type"], {})[stored.row.id] = stored
    clients = [client_of(record) for record in portfolio.records if record["type"] == "client"][:5]
    for client in clients:
        of_client = held.get(client.id, {})
        for row in _at_tiers(Random(f"{as_of} {client.id}"), as_of, today):
            of_client.setdefault(type(row).__name__.lower(), {})[row.id] = StoredRecord(row, 0)
        for model in MODELS if client.is_scored(today) else ():
            yield Case(model, client, of_client, rules, as_of, portfolio.zone, hours)


def _at_tiers(random: Random, as_of: int, today: int) -> Iterator[Ticket | Invoice]:
    """What a plan can take on, thick where its points change."""
    for number in range(random.randint(0, 4)):
        created = as_of - OLD_TICKET_SECONDS - random.choice([-3600, -1, 0, 1, 86_400 * number])
        due = random.choice([NEVER, as_of - 1, as_of, as_of + 1, as_of - 86_400, as_of + 86_400])
        resolved = random.choice([NEVER, NEVER, NEVER, as_of - 60])
        yield Ticket(
            f"X{number}", random.choice([1, 2, 2, 3]), Instant(created), resolved=Instant(resolved), due=Instant(due)
        )
    for number in range(random.randint(0, 4)):
        due_on = today - random.choice([-1, 0, 1, 30, 31, 60, 61, 90, 91])
        status = random.choice(["SENT", "PARTIAL"])
        yield Invoice(
            f"X{number}", status, Day(today - 100), Day(due_on), "EUR", 10_000, balance=random.choice([None, 1, 0])
        )
