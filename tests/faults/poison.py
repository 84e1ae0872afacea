"""Poison: one unit of which every call of a kind fails, always; what stands of all others is compared byte for byte.

Two tenants on fakes, with the handlers of the functions around them. A unit is a tenant, a page, a client, an alert, a
digest, an endpoint or a run. Which calls concern it is told from what they name, and noted in a run without poison: so
every call is tried that a unit has, by whichever port.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial
from inspect import signature
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.api.schemas.records import read_record
from chalicelib.bootstrap import build
from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import Alert
from chalicelib.domain.blocks import BlockId
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.messages import ScoringMessage, message_body
from chalicelib.domain.outbox import OutboxEntry
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.run import Run
from chalicelib.domain.settings import Settings
from chalicelib.domain.subscriptions import Notification, Subscription
from chalicelib.domain.ticket_directory import Leaf
from chalicelib.domain.times import day_of_instant, format_instant
from chalicelib.services import relay
from chalicelib.services.errors import NotSentError
from chalicelib.services.sent_records import SentRecord
from chalicelib.tenancy import bound_to
from chalicelib.workers import nightly_scoring, relay_alerts, score_pages, sweep
from tests.fakes.stores import Kept
from tests.faults.world import ACME, CONFIG, DAY, HOUR, NIGHT, Stores, each_port
from tests.functional.service import lambda_context, schedule_event, sqs_event

OTHER: Final = TenantId("initech")
TENANTS: Final = (ACME, OTHER)
LATER_PAGE: Final = 8
"""A page that another message names."""

CLIENTS: Final[Mapping[str, int]] = {"c1": 0, "c2": 0, "c3": 0, "d1": 1, "d2": 1, "e1": LATER_PAGE, "e2": LATER_PAGE}
"""Clients with their pages."""

SEATS: Final = {"c1": 0, "c2": 1, "c3": 2, "d1": 64, "d2": 65, "e1": 512, "e2": 513}
MANAGERS: Final = {"c1": "m1", "c2": "m2", "c3": "m1", "d1": "m2", "d2": "m1", "e1": "m1", "e2": "m3"}
RECEIVED_AT_MOST: Final = 5
EVENT_ATTEMPTS: Final = 3
BATCH: Final = 5
LONGEST_DELAY: Final = 60

POISONED: Final = NIGHT + DAY
"""The night in which the poison begins to work."""


class PoisonError(Exception):
    """What a poisoned call fails with."""


Named = Callable[[str, Mapping[str, Any]], set[Any]]
"""The units of a kind that a call of a method with these arguments names."""


class Kind(NamedTuple):
    """A kind of unit: what calls name, and what is a poisoned unit's own in the end."""

    named: Named
    reads_together: frozenset[str] = frozenset()
    """Reads of several at once that fail where one of them cannot be read."""

    untried: frozenset[str] = frozenset()
    """Calls that are no unit's own, though they name one alone."""


class Poison(NamedTuple):
    """All calls of a port's method that concern a unit."""

    kind: Kind
    unit: Any
    port: str = ""
    method: str = ""
    error: type[Exception] = PoisonError

    def concerns(self, method: str, bound: Mapping[str, Any]) -> bool:
        if method in self.kind.untried:
            return False
        named = self.kind.named(method, bound)
        return named == {self.unit} or (self.unit in named and method in self.kind.reads_together)


class Watched:
    """A port whose calls are noted where they concern the unit, and fail where they are poisoned."""

    def __init__(self, name: str, port: Any, neighbours: "Neighbours") -> None:
        self._name, self._port, self._neighbours = name, port, neighbours

    def __getattr__(self, method: str) -> Any:
        work = getattr(self._port, method)
        if not callable(work):
            return work

        def call(*args: Any, **named: Any) -> Any:
            poison = self._neighbours.poison
            if poison is not None:
                bound = signature(work).bind(*args, **named).arguments
                if poison.concerns(method, bound):
                    self._neighbours.seen.add((self._name, method))
                    if (poison.port, poison.method) == (self._name, method):
                        raise poison.error("poison")
                elif (self._name, method) == ("queue", "send"):
                    return self._send(poison, bound["messages"])
            return work(*args, **named)

        return call

    def _send(self, poison: Poison, messages: Iterable[ScoringMessage]) -> None:
        """SQS takes all messages but the poisoned unit's."""
        refused = []
        for message in messages:
            own = poison.concerns("send", {"messages": [message]})
            if own:
                self._neighbours.seen.add(("queue", "send"))
            if own and (poison.port, poison.method) == ("queue", "send"):
                refused.append(message)
            else:
                self._port.send([message])
        if refused:
            raise NotSentError(frozenset(message.tenant for message in refused))


class Neighbours:
    """The service on fakes, and what surrounds its functions."""

    def __init__(self, stores: Stores, now: Instant, poison: Poison | None = None) -> None:
        self.stores, self.now, self.poison = stores, now, poison
        self.seen: set[tuple[str, str]] = set()
        self.stores.scores.clock = lambda: self.now
        watched = each_port(stores, lambda name, port: Watched(name, port, self))
        self.app = build(CONFIG, adapters=watched, clock=lambda: self.now)

    def copy(self, poison: Poison | None) -> "Neighbours":
        return Neighbours(deepcopy(self.stores), self.now, poison)

    # ---- what people do ----

    def found(self) -> None:
        """Two tenants with the same clients."""
        for tenant in TENANTS:
            self.app.registration.create(tenant, "Acme", "Europe/Rome", "EUR", "someone")
            with bound_to(tenant):
                held = self.stores.tenants.get(tenant).settings
                weights = (0, 0, 0, 0, 0, 10_000, 0, 0, 0)
                scoring = replace(held.scoring, primary_model="weighted", sources=("assessments",), weights=weights)
                wanted = replace(held, at_risk_workflow=True, scoring=scoring)
                self.app.settings_editor.replace(
                    tenant, {held.version}, partial(_chosen, wanted), None, Author("someone", "someone")
                )
                for manager in ("m1", "m2", "m3"):
                    arn = self.stores.notifier.subscribe(tenant, [RecordId(manager)], "sqs", f"{tenant}-{manager}")
                    to = Subscription(16 * "0", RecordId(manager), "sqs", f"{tenant}-{manager}", arn, "confirmed")
                    self.stores.subscriptions.put(tenant, to)
            page = 0
            for name, wanted_page in CLIENTS.items():
                if wanted_page > page:
                    self.stores.tenants.take_seats(tenant, 64 * wanted_page - self.stores.tenants.get(tenant).seats)
                    page = wanted_page
                record = {"type": "client", "id": name, "name": f"Client {name}", "status": "ACTIVE"}
                self.take(tenant, {**record, "account_manager_id": MANAGERS[name]}, self.assessed(name, 90))

    def assessed(self, name: str, points: int) -> dict[str, Any]:
        done = {"completed_on": "2026-11-01", "standardization_score": points}
        return {"type": "assessment", "id": "A1", "client_id": name, **done}

    def everybody(self, points: int, at: str, *, logged: bool) -> None:
        """Records of all clients: an assessment, a ticket; `logged`: a touchpoint as well, for a calculation."""
        for tenant in TENANTS:
            for name in CLIENTS:
                self.now += 1
                spoken = {"occurred_at": at, "kind": "CALL", "with_decision_maker": True}
                ticket = {"type": "ticket", "id": f"T{at[:10]}-{name}", "client_id": name, "priority": "P2"}
                touch = {"type": "touchpoint", "id": f"P{at[:10]}", "client_id": name, **spoken}
                changed = [self.assessed(name, points), {**ticket, "created_at": at}]
                self.take(tenant, *changed, *([touch] if logged else []))

    def take(self, tenant: TenantId, *records: dict[str, Any]) -> None:
        """Takes records in. The API is nobody's worker: no poison works on it."""
        poison, self.poison = self.poison, None
        sent = [read_record(place, record) for place, record in enumerate(records)]
        with bound_to(tenant):
            taken = self.app.record_intake.take(tenant, [r for r in sent if isinstance(r, SentRecord)], backfill=False)
        refused = {records[each.place]["client_id"] for each in taken.rejected}
        assert refused <= {client for _, client in self.stores.roster.damaged}
        self.poison = poison

    # ---- what AWS does ----

    def night(self, as_of: Instant) -> None:
        self.now = as_of
        for _ in range(EVENT_ATTEMPTS):
            with suppress(Exception):
                nightly_scoring.nightly_scoring(schedule_event(format_instant(as_of)), lambda_context())
                break
        self.deliver()

    def deliver(self) -> None:
        """Delivers the queue in batches, and what failed again: five times, then it is among the dead letters.

        All of it at one time, when the last of it is due: failures of one unit move the clock of no other.
        """
        self.now += LONGEST_DELAY
        waiting = [(message, 1) for message in self.stores.queue.take()]
        while waiting:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            event = sqs_event(*(message_body(message) for message, _ in batch))
            answer = score_pages.score_pages(event, lambda_context())
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for record, (message, times) in zip(event["Records"], batch, strict=True):
                if record["messageId"] in failed and times < RECEIVED_AT_MOST:
                    waiting.append((message, times + 1))
            waiting += [(message, 1) for message in self.stores.queue.take()]
        self.relay()

    def relay(self) -> None:
        """The stream tells of all outboxes in one batch."""
        changed = [{"Keys": {"pk": {"S": f"T#{tenant}#OUTBOX"}}, "SequenceNumber": "1"} for tenant in TENANTS]
        records = [{"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": each} for each in changed]
        relay_alerts.relay_alerts({"Records": records}, lambda_context())

    def sweep(self, at: Instant) -> None:
        self.now = max(self.now, at)
        sweep.sweep(schedule_event(format_instant(self.now)), lambda_context())
        self.deliver()

    def live(self) -> None:
        """A night, records, a day of sweeps, and the night after it."""
        self.night(POISONED)
        for hours in (1, 2, 4):
            self.sweep(POISONED + hours * HOUR)
        self.now = POISONED + 8 * HOUR
        self.everybody(30, "2026-11-24T09:30:00Z", logged=True)
        self.deliver()
        for hours in (9, 10, 12):
            self.sweep(POISONED + hours * HOUR)
        self.night(POISONED + DAY)
        for hours in (1, 2, 3, 5):
            self.sweep(POISONED + DAY + hours * HOUR)

    # ---- what is seen from outside ----

    def state(self) -> dict[Any, Any]:
        """All that is stored of anybody, and all that was sent, without when it was written."""
        found: dict[Any, Any] = {}
        for store, attribute, held in self._held():
            for key, value in held.items():
                for part, told in _parts(attribute, value):
                    found[store, attribute, *(key if isinstance(key, tuple) else (key,)), part] = told
        for tenant, notification in self.stores.notifier.published:
            body = json.loads(notification.body)
            found["mail", tenant, body["alert_id"]] = body
        return found

    def _held(self) -> Iterator[tuple[str, str, Mapping[Any, Any]]]:
        for store in ("roster", "scores", "alerts", "tasks", "runs", "tenants", "directory", "subscriptions"):
            for attribute, held in vars(getattr(self.stores, store)).items():
                if isinstance(held, dict) and attribute not in NOT_COMPARED:
                    yield store, attribute, held


def _chosen(wanted: Settings, held: Settings) -> Settings:
    """An edit that replaces the settings."""
    del held
    return wanted


NOT_COMPARED: Final = {
    "_checkpoints": "no unit's own: how far a walk came",
    "_pending": "named by a counter of the fake",
    "_unregistered": "filled by whoever settles first",
    "_versions": "kept beside the settings, which are compared",
}


def _parts(attribute: str, value: Any) -> Iterator[tuple[Any, Any]]:
    """What is stored, rows, scores and a directory's entries one by one; no versions, no times of writing."""
    if isinstance(value, Kept):
        value = value.value
    if isinstance(value, CurrentPage):
        yield from value.rows.items()
    elif attribute == "_snapshots":
        yield from value.scores.items()
    elif isinstance(value, Leaf):
        yield from value.entries.items()
    elif isinstance(value, Alert):
        yield "", value._replace(published_at=None)
    elif isinstance(value, Run):
        yield "", replace(value, mark=0)
    else:
        yield "", value


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Callable[[Neighbours], Neighbours]:
    """Gives the functions another application."""
    monkeypatch.setattr(relay, "DIGEST_ABOVE", 2)  # the four alerts of one account manager are a digest

    def use(neighbours: Neighbours) -> Neighbours:
        for worker in (nightly_scoring, relay_alerts, score_pages, sweep):
            monkeypatch.setattr(worker, "application", lambda: neighbours.app)
        return neighbours

    return use


# ---- what calls name ------------------------------------------------------------------------------------------------


def tenants(method: str, bound: Mapping[str, Any]) -> set[Any]:
    named = {bound["tenant"]} if "tenant" in bound else set()
    if "mark" in bound:
        named.add(bound["mark"].tenant)
    return named | {message.tenant for message in bound.get("messages", ())}


def of_acme(named: Named) -> Named:
    """Units of one tenant."""
    return lambda method, bound: named(method, bound) if bound.get("tenant", ACME) == ACME else set()


def pages(method: str, bound: Mapping[str, Any]) -> set[Any]:
    named = {bound["page"]} if bound.get("page") is not None else set()
    named |= set(bound.get("pages", ())) if not isinstance(bound.get("pages"), int) else set()
    if isinstance(bound.get("marks"), Mapping):
        named |= set(bound["marks"])
    if isinstance(bound.get("block_id"), BlockId):
        named.add(bound["block_id"].page)
    return named


def clients(method: str, bound: Mapping[str, Any]) -> set[Any]:
    if method in {"put_current", "mark", "release"}:
        return set()
    named = {bound["client"]} if "client" in bound else set()
    named |= set(bound.get("clients", ())) | set(bound["seats"] if isinstance(bound.get("seats"), dict) else ())
    if "failed" in bound and hasattr(bound["failed"], "client"):
        named.add(bound["failed"].client)
    if "task" in bound:
        named.add(bound["task"].client_id)
    return named & CLIENTS.keys()


def alerts(method: str, bound: Mapping[str, Any]) -> set[Any]:
    """By client: each has one alert in the night."""
    named = {bound["entry"].alert.client_id} if isinstance(bound.get("entry"), OutboxEntry) else set()
    if isinstance(bound.get("notification"), Notification):
        named |= {each["client_id"] for each in json.loads(bound["notification"].body)["alerts"]}
    return named


def digests(method: str, bound: Mapping[str, Any]) -> set[Any]:
    """By account manager."""
    named = {bound["digest"].account_manager_id} if "digest" in bound else set()
    if isinstance(bound.get("notification"), Notification):
        body = json.loads(bound["notification"].body)
        named |= {bound["notification"].attributes["account_manager_id"]} if body["kind"] == "digest" else set()
    return named


def endpoints(method: str, bound: Mapping[str, Any]) -> set[Any]:
    named = {bound["arn"]} if "arn" in bound else set()
    return named | {bound[name].arn for name in ("subscription", "before") if name in bound}


def runs(method: str, bound: Mapping[str, Any]) -> set[Any]:
    """By date."""
    if method in {"put_snapshot", "snapshots", "with_snapshots", "newest_snapshots", "snapshots_of", "put_digest"}:
        return set()
    named = {bound["day"]} if "day" in bound else set()
    named |= {bound[name].date for name in ("run", "figures") if name in bound}
    if bound.get("night") is not None:
        named.add(day_of_instant(bound["night"]))
    return named


KINDS: Final = {
    "tenant": Kind(tenants),
    "page": Kind(of_acme(pages), frozenset({"with_snapshots", "current_pages"}), frozenset({"add_done"})),
    "client": Kind(of_acme(clients), frozenset({"seats"})),
    "alert": Kind(of_acme(alerts)),
    "digest": Kind(of_acme(digests)),
    "endpoint": Kind(endpoints),
    "run": Kind(of_acme(runs)),
}

UNITS: Final[Mapping[str, Any]] = {
    "tenant": ACME,
    "page": 0,
    "client": "c2",
    "alert": "c2",
    "digest": "m1",
    "endpoint": f"{ACME}:sqs:{ACME}-m1",
    "run": day_of_instant(POISONED),
}


Own = Callable[[tuple[Any, ...], Any], bool]
"""Whether a piece of the state is the poisoned unit's own, or adds it up with others."""


def own(kind: str) -> Own:
    return lambda key, value: ACME in key and OWN[kind](key, value)


ADDED_UP: Final = {"_runs", "_summaries", "_days", "_released", "_digests"}
"""What tells of all of a tenant's night, and how far it is."""


def of_client(name: str, key: tuple[Any, ...], value: Any) -> bool:
    """Whether a piece of the state is a client's, or adds it up with others."""
    if key[1] in {"_current", "_snapshots"}:
        return bool(key[-1] == SEATS[name])
    return name in repr(key) or f"'{name}'" in repr(value) or key[1] in ADDED_UP


def _of_page(key: tuple[Any, ...], value: Any) -> bool:
    if key[1] in {"_current", "_snapshots", "_calculations"}:
        return bool(key[3] == UNITS["page"])
    named = any(f"{name}'" in repr((key, value)) for name, page in CLIENTS.items() if page == UNITS["page"])
    shared_digest = key[0] == "mail" and _of_manager(key, value)  # with fewer alerts there is none
    return named or shared_digest or key[1] in ADDED_UP


def _of_manager(key: tuple[Any, ...], value: Any) -> bool:
    return "'m1'" in repr(value) or any(f"'{name}'" in repr(value) for name, m in MANAGERS.items() if m == "m1")


OWN: Final[Mapping[str, Own]] = {
    "tenant": lambda key, value: True,
    "page": _of_page,
    "client": lambda key, value: of_client("c2", key, value),
    "alert": lambda key, value: of_client("c2", key, value),
    "digest": _of_manager,
    "endpoint": _of_manager,
    "run": lambda key, value: not (key[1] == "_snapshots" and key[4] == day_of_instant(POISONED + DAY)),
}
"""What of a tenant is not compared: the unit's own, and what adds it up with others. Of a run that fails all that hangs
on it; the next night's scores are compared."""


def differences(is_own: Own, clean: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[str]:
    """What of the others is not as without poison."""
    return [
        f"{key}: {clean.get(key)!r:.400} became {other.get(key)!r:.400}"
        for key in clean.keys() | other.keys()
        if clean.get(key) != other.get(key) and not is_own(key, clean.get(key, other.get(key)))
    ]
