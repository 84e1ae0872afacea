"""Connections: other systems that are read."""

from functools import partial
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.settings import IF_MATCH
from chalicelib.bootstrap import application
from chalicelib.domain.times import format_day, format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.api.schemas.connections import ConnectionBody, MappingBody, NewConnection
    from chalicelib.api.shapes import connections as shapes
    from chalicelib.connections.kinds import Kind
    from chalicelib.domain.connections import Connection, Counts
    from chalicelib.domain.facts import Instant

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Connections", permission="settings.write")

PATH: Final = "/connections/{connection_id}"
ACCEPTED: Final = {202: "It is done soon; the connection tells what came of it."}


@endpoint("GET", "/connections", knows_tenant=False)
def list_connections(request: Request) -> "shapes.ConnectionList":
    """The connections, and the systems that can be connected."""
    from chalicelib.connections.kinds import KINDS

    held = application().connections.all(request.tenant)
    return {
        "items": list(map(_connection, held)),
        "kinds": [_kind(kind) for kind in KINDS.values()],
        "next_cursor": None,
    }


@endpoint(
    "POST",
    "/connections",
    body="connections.NewConnection",
    answers={201: "The connection; it is new until it is started."},
    etag=True,
    problems={
        409: "The source is another connection's, the tenant has 20, or this deployment lacks what the kind needs."
    },
)
def create_connection(request: Request, body: "NewConnection") -> "shapes.Connection":
    """Adds a connection to another system, which does nothing until it is started.

    Its secrets are sealed and never shown again but for their last characters.
    """
    changes = body.changes()
    kind, source = changes.pop("kind"), changes.pop("source", None)
    settings = changes.pop("settings", None) or {}
    return _connection(application().connections.create(request.tenant, kind, source, settings, changes))


@endpoint("GET", PATH, etag=True)
def get_connection(request: Request, connection_id: str) -> "shapes.Connection":
    """A connection: what is set, and how far it came."""
    return _connection(application().connections.get(request.tenant, connection_id))


@endpoint("PATCH", PATH, body="connections.ConnectionBody", headers=(IF_MATCH,), etag=True)
def change_connection(request: Request, connection_id: str, body: "ConnectionBody") -> "shapes.Connection":
    """Changes what is set of a connection, starts or pauses it; what is left out stays as it is.

    After a change of what rows mean, or of how far back they are read, all of it is read again.
    """
    versions = request.header(IF_MATCH)
    return _connection(application().connections.change(request.tenant, connection_id, versions, body.changes()))


@endpoint("DELETE", PATH, headers=(IF_MATCH,), answers={204: "The connection is gone; what it stored stays."})
def delete_connection(request: Request, connection_id: str) -> None:
    """Takes a connection away. Its records, the clients that it made and their aliases stay.

    A connection of the same source that is made later goes on with the same records.
    """
    application().connections.remove(request.tenant, connection_id, request.header(IF_MATCH))


@endpoint("POST", PATH + "/test", answers=ACCEPTED)
def test_connection(request: Request, connection_id: str) -> "shapes.Connection":
    """Asks the system who it is, how much it has, and for its own lists."""
    return _connection(application().connections.ask(request.tenant, connection_id, "test"))


@endpoint("POST", PATH + "/sync", answers=ACCEPTED, problems={409: "The connection is not running."})
def sync_connection(request: Request, connection_id: str) -> "shapes.Connection":
    """Reads what changed now. One that was put aside is tried again."""
    return _connection(application().connections.ask(request.tenant, connection_id, "sync"))


@endpoint("GET", PATH + "/picklists")
def get_picklists(request: Request, connection_id: str) -> "shapes.Picklists":
    """The system's own lists, as the last test read them: what is to be mapped."""
    held = application().connections.seen(request.tenant, connection_id).picklists

    def entries(name: str) -> "list[shapes.PicklistEntry]":
        return [{"id": each.id, "name": each.name, "meaning": each.meaning} for each in held.get(name, ())]

    return {
        "priorities": entries("priorities"),
        "statuses": entries("statuses"),
        "types": entries("types"),
        "clients": entries("clients"),
    }


@endpoint("GET", PATH + "/mapping", etag=True)
def get_mapping(request: Request, connection_id: str) -> "shapes.ConnectionMapping":
    """What the system's own entries mean."""
    return _mapping(application().connections.get(request.tenant, connection_id))


@endpoint("PUT", PATH + "/mapping", body="connections.MappingBody", headers=(IF_MATCH,), etag=True)
def replace_mapping(request: Request, connection_id: str, body: "MappingBody") -> "shapes.ConnectionMapping":
    """Replaces what the system's own entries mean; all of it is read again."""
    changes = {"mapping": body.document()}
    versions = request.header(IF_MATCH)
    return _mapping(application().connections.change(request.tenant, connection_id, versions, changes))


@endpoint("GET", PATH + "/skipped")
def list_skipped_rows(request: Request, connection_id: str) -> "shapes.SkippedList":
    """The rows that were skipped last, each with its reason, newest first."""
    held = application().connections.seen(request.tenant, connection_id).skipped
    return {
        "items": [
            {"stream": row.stream, "id": row.id, "reason": row.reason, "at": format_instant(row.at)}
            for row in reversed(held)
        ],
        "next_cursor": None,
    }


def _kind(kind: "Kind") -> "shapes.ConnectionKind":
    from chalicelib.connections.kinds import NOT_TRIED

    return {
        "id": kind.id,
        "title": kind.title,
        "source": kind.source,
        "help": kind.help,
        "note": NOT_TRIED,
        "available": application().connections.is_available(kind.id),
        "asked": [
            {"name": each.name, "label": each.label, "is_secret": each.is_secret, "default": each.default}
            for each in kind.asked
        ],
        "lists": list(kind.lists),
        "first_responses": [{"id": each.id, "words": each.words} for each in kind.definitions],
        "makes_clients": kind.makes_clients,
    }


def _connection(held: "Connection") -> "shapes.Connection":
    from chalicelib.connections.kinds import KINDS

    words = {each.id: each.words for each in KINDS[held.kind].definitions}
    test = held.work.test
    quiet = held.quiet_hours
    return {
        "id": held.id,
        "kind": held.kind,
        "name": held.name,
        "version": held.version,
        "state": held.state,
        "settings": {**held.settings, **{name: f"…{held.hints.get(name, '')}" for name in held.secrets}},
        "first_response": held.first_response or None,
        "first_response_words": words.get(held.first_response),
        "create_clients": held.create_clients,
        "client_source": held.aliases_of,
        "history_from": None if held.history_from is None else format_day(held.history_from),
        "interval_minutes": held.interval_minutes,
        "quiet_hours": None if quiet is None else {"start": _time(quiet.start), "end": _time(quiet.end)},
        "deletions_allowed": held.deletions_allowed,
        "created_at": format_instant(held.created_at),
        "sync": _sync(held),
        "test": None
        if test is None
        else {"at": format_instant(test.at), "ok": test.ok, "message": test.message, "counts": dict(test.counts)},
    }


def _sync(held: "Connection") -> "shapes.Sync":
    from chalicelib.connections.editing import next_look

    work = held.work
    failure = work.failure
    is_running = work.stream is not None and held.state == "running" and not held.is_aside
    return {
        "is_running": is_running,
        "synced_at": _instant(work.synced_at),
        "next_at": _instant(next_look(held)),
        "last": _counts(work.last),
        "current": _counts(work.counts) if is_running else None,
        "calls_left": work.calls_left,
        "silent_since": _instant(application().connections.silent_since(held)),
        "failure": None
        if failure is None
        else {
            "code": failure.code,
            "message": failure.message,
            "at": format_instant(failure.at),
            "tries": failure.tries,
        },
        "deletions_waiting": dict(work.refused),
        "is_put_aside": held.is_aside,
    }


def _counts(counts: "Counts") -> "shapes.SyncCounts":
    return {
        "read": counts.read,
        "stored": counts.stored,
        "unchanged": counts.unchanged,
        "skipped": counts.skipped,
    }


def _mapping(held: "Connection") -> "shapes.ConnectionMapping":
    def entries(name: str) -> "Mapping[str, str]":
        return held.mapping.get(name, {})

    return {
        "version": held.version,
        "priorities": dict(entries("priorities")),
        "statuses": dict(entries("statuses")),
        "types": dict(entries("types")),
        "clients": dict(entries("clients")),
    }


def _instant(at: "Instant | None") -> str | None:
    return None if at is None else format_instant(at)


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
