"""Activities of a client: logging, settling, withdrawing and listing them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from chalice.app import Blueprint

from chalicelib.api.clients import KEY_SCHEMA, idempotency_key
from chalicelib.api.endpoint import Request, Route
from chalicelib.api.errors import malformed
from chalicelib.api.explanations import contributions_json
from chalicelib.api.parameters import CURSOR, LIMIT, Parameter
from chalicelib.api.responses import author_json
from chalicelib.bootstrap import application
from chalicelib.domain.activities import QBR, JournalEntry
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import format_day, format_instant, format_timestamp

if TYPE_CHECKING:
    from chalicelib.api.schemas.activities import QbrOutcomeBody
    from chalicelib.api.shapes import activities as shapes
    from chalicelib.domain.activities import Activity
    from chalicelib.domain.effect import Effect
    from chalicelib.services.journal import Logged

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Clients")


def _required_key(sent: Sequence[str]) -> str:
    key = idempotency_key(sent)
    if key is None:
        raise malformed("Send an Idempotency-Key, so that repeating the request logs it once.")
    return key


KEY: Final = Parameter(
    name="Idempotency-Key",
    read=_required_key,
    schema=KEY_SCHEMA,
    description="Logs it once: for 24 hours the same key gets the same answer, and completes what a failure left "
    "undone.",
    example="8b1f6a52-6f1b-4a0e-9a53-2f8d3a1c7e10",
    required=True,
)


@endpoint("GET", "/clients/{client_id}/activities", permission="reports.read", query=(LIMIT, CURSOR))
def list_activities(request: Request, client_id: RecordId) -> "shapes.ActivityList":
    """A client's journal, newest first: what was logged, and touchpoints and QBRs that other systems sent."""
    app, query = application(), request.query
    scope, cursor = query.scope(request.tenant, f"clients/{client_id}/activities"), query[CURSOR]
    before = None
    if cursor is not None:
        at, name, kind = app.cursors.read(scope, cursor)
        before = at, name, kind
    entries, more, time_zone = app.journal.newest(request.tenant, client_id, before, query[LIMIT])
    return {
        "items": list(map(_entry, entries)),
        "next_cursor": app.cursors.sign(scope, list(entries[-1].place)) if more else None,
        "time_zone": time_zone,
    }


@endpoint(
    "POST",
    "/clients/{client_id}/activities",
    permission="activities.write",
    headers=(KEY,),
    body="activities.ActivityBody",
    answers={201: "What was logged."},
    problems={409: "The Idempotency-Key was used for another request, or before the last 24 hours."},
)
def log_activity(request: Request, client_id: RecordId, body: "Activity") -> "shapes.LoggedActivity":
    """Logs a call, meeting, visit, e-mail, QBR or note; returns what it did to the score.

    A call, meeting, visit or e-mail is a `touchpoint` record, a QBR a `qbr` record, as if it had come through
    `POST /v1/records`; a note is none. The effect is computed from the facts at once; rows and history follow within a
    minute. `occurred_at` is at most 400 days ago and 60 seconds ahead.
    """
    key, author = request.header(KEY), request.caller.author
    answer = application().journal.log(request.tenant, client_id, key, author, body, _logged)
    return cast("shapes.LoggedActivity", answer)


@endpoint(
    "PATCH",
    "/clients/{client_id}/activities/{activity_id}",
    permission="activities.write",
    body="activities.QbrOutcomeBody",
    problems={409: "It is no planned QBR."},
)
def settle_activity(
    request: Request, client_id: RecordId, activity_id: RecordId, body: "QbrOutcomeBody"
) -> "shapes.LoggedActivity":
    """Says of a planned QBR that it was held, or that it did not take place; whoever planned it.

    A new version of the same record. Repeating it changes nothing.
    """
    journal = application().journal
    return _logged(
        journal.settle(request.tenant, client_id, activity_id, body.status, body.held_on, body.with_decision_maker)
    )


@endpoint(
    "DELETE",
    "/clients/{client_id}/activities/{activity_id}",
    permission="activities.write",
    answers={204: "It is withdrawn, or was before."},
    problems={409: "A touchpoint and a QBR have this id."},
)
def withdraw_activity(request: Request, client_id: RecordId, activity_id: RecordId) -> None:
    """Withdraws an activity: it counts no more, and stays in the journal, struck through.

    Its author may within 24 hours, who has `records.write` as well at any time. An activity is not edited: withdraw it
    and log it again.
    """
    caller = request.caller
    may_write_records = "records.write" in caller.permissions
    application().journal.withdraw(request.tenant, client_id, activity_id, caller.author, any_time=may_write_records)


def _logged(logged: "Logged") -> "shapes.LoggedActivity":
    return {"activity": _entry(logged.entry), "effect": _effect(logged.effect)}


def _effect(effect: "Effect | None") -> "shapes.ActivityEffect | None":
    if effect is None:
        return None
    return {
        "model": effect.model,
        "from": effect.before,
        "to": effect.after,
        "change": effect.explanation.change,
        "parts": contributions_json(effect.explanation),
    }


def _entry(entry: JournalEntry) -> "shapes.ActivityEntry":
    activity, by = entry.activity, entry.by
    return {
        "id": entry.id,
        "kind": activity.kind,
        "occurred_at": None if activity.occurred is None else format_instant(activity.occurred),
        "held_on": None if activity.held is None else format_day(activity.held),
        "with_decision_maker": None if activity.type is None else activity.decision_maker,
        "status": activity.status if activity.kind == QBR else None,
        "text": activity.text,
        "by": None if by is None else author_json(by),
        "logged_at": format_timestamp(entry.logged_at),
        "withdrawn_at": None if entry.withdrawn_at is None else format_timestamp(entry.withdrawn_at),
        "change": entry.change,
    }
