"""What account managers log of a client: touchpoints and QBRs, which are facts, and notes, which are none.

The text of an activity is never a fact: it stands in the client's journal.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from hashlib import sha256
from typing import Any, Final, NamedTuple

from chalicelib.domain.business_hours import wall_time
from chalicelib.domain.errors import Fault
from chalicelib.domain.facts import Day, Facts, Instant, Qbr, Timestamp, Touchpoint
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import SECONDS_PER_DAY, Moment
from chalicelib.domain.records import StoredRecord

TOUCHPOINT_KINDS: Final = ("CALL", "MEETING", "VISIT", "EMAIL")
QBR: Final = "QBR"
NOTE: Final = "NOTE"
KINDS: Final = (*TOUCHPOINT_KINDS, QBR, NOTE)

SCHEDULED: Final = "SCHEDULED"
QBR_STATUSES: Final = ("COMPLETED", SCHEDULED, "CANCELLED")

MOST_TEXT: Final = 2_000
"""Characters."""
OLDEST_DAYS: Final = 400
CLOCK_SECONDS: Final = 60
"""How far ahead a browser's clock may be."""
OWN_SECONDS: Final = SECONDS_PER_DAY
"""How long the author may withdraw an activity."""

IN_THE_FUTURE: Final = "This is in the future."
IN_THE_PAST: Final = "This is in the past: a QBR is planned for today or later."
TOO_OLD: Final = f"This is more than {OLDEST_DAYS} days ago."


LOGGED: Final = "ui-"
"""What the ids begin with that the service gives to what is logged."""


class Activity(NamedTuple):
    """What happened: touchpoints and notes at an instant, a QBR on a local day (then `occurred` is None)."""

    kind: str
    occurred: Instant | None = None
    held: Day | None = None
    decision_maker: bool = False
    status: str | None = None
    text: str | None = None

    @property
    def type(self) -> str | None:
        """The type of record that it is; None for a note."""
        return {QBR: "qbr", NOTE: None}.get(self.kind, "touchpoint")

    def at(self, zone: tzinfo) -> Instant:
        """Where the journal has it: a QBR at the beginning of its day."""
        return self.occurred if self.occurred is not None else wall_time(zone, self.held or Day(1))


class Author(NamedTuple):
    """Who did something, by the name of that time."""

    subject: str
    name: str


class JournalEntry(NamedTuple):
    """An activity in a client's journal, at an instant; `change` is what it did to the score, one decimal.

    One that a connector or an import sent has no author, and was logged when its record last changed.
    """

    id: RecordId
    at: Instant
    activity: Activity
    by: Author | None
    logged_at: Timestamp
    change: str | None = None
    withdrawn_at: Timestamp | None = None
    withdrawn_by: Author | None = None

    @property
    def place(self) -> tuple[Instant, str, str]:
        """What journals are ordered by: ids are unique within a type."""
        return self.at, self.id, self.activity.type or NOTE

    def with_record(self, record: StoredRecord | None, zone: tzinfo) -> "JournalEntry":
        """As its record says now, and at its time: who sends records may change, move and delete it, too.

        One that was moved and deleted stays where it was logged.
        """
        if record is None:
            return self
        activity = activity_of(record.row)._replace(text=self.activity.text)
        gone = self.withdrawn_at
        if record.deleted and gone is None:
            gone = record.updated_at
        at = activity.at(zone)
        if record.deleted and at != self.at:
            return self._replace(withdrawn_at=gone)
        return self._replace(at=at, activity=activity, withdrawn_at=gone)


def faults_of(activity: Activity, moment: Moment) -> list[Fault]:
    """What is wrong with the time of an activity that is logged at a moment."""
    if activity.held is None:
        occurred = activity.occurred or Instant(0)
        if occurred > moment.as_of + CLOCK_SECONDS:
            return [Fault("/occurred_at", IN_THE_FUTURE)]
        if occurred < moment.as_of - OLDEST_DAYS * SECONDS_PER_DAY:
            return [Fault("/occurred_at", TOO_OLD)]
        return []
    if activity.status == "COMPLETED" and activity.held > moment.today:
        return [Fault("/held_on", IN_THE_FUTURE)]
    if activity.status == SCHEDULED and activity.held < moment.today:
        return [Fault("/held_on", IN_THE_PAST)]
    return [Fault("/held_on", TOO_OLD)] if activity.held < moment.today - OLDEST_DAYS else []


def settled(activity: Activity, now: Instant) -> Activity:
    """As it is stored: what happened "now", by a clock that may be ahead, counts at once."""
    if activity.occurred is None:
        return activity
    return activity._replace(occurred=min(activity.occurred, now - 1))


def activity_id(
    tenant: TenantId, subject: str, client: RecordId, key: str, noted_at: Instant | None = None
) -> RecordId:
    """The id that a request's Idempotency-Key gives to what it logs; `noted_at` of a note, which is no record."""
    named = [tenant, subject, client, key, *([] if noted_at is None else [noted_at])]
    return RecordId(f"{LOGGED}{sha256(json.dumps(named).encode()).hexdigest()[:16]}")


def may_be_logged(record_id: str) -> bool:
    """Whether an id may be one that the service gave: others were sent by a connector or an import."""
    return record_id.startswith(LOGGED)


def fields_of(activity: Activity) -> Mapping[str, Any]:
    """The fields of the record that an activity is."""
    if activity.kind == QBR:
        return {
            "held_on": activity.held,
            "status": activity.status,
            "decision_maker_present": activity.decision_maker,
        }
    return {
        "occurred_at": activity.occurred,
        "kind": activity.kind,
        "with_decision_maker": activity.decision_maker,
    }


def activity_of(row: Touchpoint | Qbr) -> Activity:
    """The activity that a record is, without a text."""
    if isinstance(row, Qbr):
        return Activity(kind=QBR, occurred=None, held=row.held, decision_maker=row.decision_maker, status=row.status)
    return Activity(row.kind, row.occurred, None, row.decision_maker)


def around(facts: Facts, record_id: RecordId, activity: Activity) -> tuple[Facts, Facts]:
    """The facts without an activity, and with it."""
    if activity.kind == QBR:
        qbrs = [row for row in facts.qbrs if row.id != record_id]
        new = Qbr(record_id, activity.held or Day(0), activity.status or "", activity.decision_maker)
        return replace(facts, qbrs=qbrs), replace(facts, qbrs=[*qbrs, new])
    touchpoints = [row for row in facts.touchpoints if row.id != record_id]
    touched = Touchpoint(record_id, activity.occurred or Instant(0), activity.kind, activity.decision_maker)
    return replace(facts, touchpoints=touchpoints), replace(facts, touchpoints=[*touchpoints, touched])
