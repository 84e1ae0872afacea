"""Imports of files, and the maps by which they are read."""

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.errors import RequestError
from chalicelib.api.parameters import if_match
from chalicelib.bootstrap import application
from chalicelib.domain.errors import StaleVersionError
from chalicelib.domain.times import format_instant

if TYPE_CHECKING:
    from chalicelib.api.schemas.imports import ImportBody, PreviewRequest, SentMap, StartBody
    from chalicelib.api.shapes import imports as shapes
    from chalicelib.domain.imports import Import, SavedMap

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Imports", permission="records.write")

NEW: Final = frozenset({0})
IF_MATCH_OR_NEW: Final = if_match(
    "The `ETag` of the map that you read. Left out for one that is to be new: 428 where a map is kept by the name.", NEW
)
IF_MATCH_MAP: Final = if_match("The `ETag` of the map that you read, or `*`.")


# --- maps ---


@endpoint("GET", "/import-maps", knows_tenant=False)
def list_import_maps(request: Request) -> "shapes.ImportMapList":
    """The maps that an import may take: those that are kept, then those that come with the service."""
    return {"items": [_listed_map(each) for each in application().import_maps.all(request.tenant)]}


@endpoint("GET", "/import-maps/{map_name}", etag=True)
def get_import_map(request: Request, map_name: str) -> "shapes.ImportMap":
    """A map: how the table of another system becomes records of one type."""
    return _map(application().import_maps.get(request.tenant, map_name))


@endpoint(
    "PUT",
    "/import-maps/{map_name}",
    headers=(IF_MATCH_OR_NEW,),
    body="imports.MapBody",
    etag=True,
    problems={409: "So many maps are kept already that no other is."},
)
def put_import_map(request: Request, map_name: str, body: "SentMap") -> "shapes.ImportMap":
    """Keeps a map under a name. One with the name of a ready-made map stands before that."""
    versions = request.header(IF_MATCH_OR_NEW)
    try:
        return _map(application().import_maps.put(request.tenant, map_name, body.document, versions))
    except StaleVersionError:
        if versions == NEW:
            detail = "A map is kept by this name: send the ETag that you read in If-Match, so that no edit is lost."
            raise RequestError(HTTPStatus.PRECONDITION_REQUIRED, detail) from None
        raise


@endpoint(
    "DELETE",
    "/import-maps/{map_name}",
    headers=(IF_MATCH_MAP,),
    answers={204: "The map is gone."},
)
def delete_import_map(request: Request, map_name: str) -> None:
    """Takes a map away that was kept; imports that have begun are not concerned."""
    application().import_maps.delete(request.tenant, map_name, request.header(IF_MATCH_MAP))


def _listed_map(held: "SavedMap") -> "shapes.ListedImportMap":
    document = held.document
    return {
        "name": held.name,
        "title": str(document.get("title", held.name)),
        "type": str(document["type"]),
        "source": document.get("source"),
        "note": document.get("note"),
        "ready_made": held.version == 0,
        "changed_at": format_instant(held.changed_at) if held.version else None,
    }


def _map(held: "SavedMap") -> "shapes.ImportMap":
    return {**_listed_map(held), "version": held.version, "document": dict(held.document)}


# --- imports ---


@endpoint(
    "POST",
    "/imports",
    body="imports.ImportBody",
    answers={201: "The import waits for its files: send each by PUT to its address, then have them read."},
    problems={409: "So many imports are kept already that no other is begun."},
)
def create_import(request: Request, body: "ImportBody") -> "shapes.CreatedImport":
    """Begins an import: names its files, and answers where they are to be sent.

    The addresses take a body of just the named size, within 15 minutes. Files and what is made of them are kept for
    7 days. Then `POST …/preview` reads them, and `POST …/start` imports them.
    """
    made, uploads = application().imports.create(request.tenant, body.import_files(), body.maps(), request.caller.name)
    return {
        "id": made.id,
        "upload": [
            {"name": file.name, "url": upload.url, "headers": dict(upload.headers)}
            for file, upload in zip(made.files, uploads, strict=True)
        ],
    }


@endpoint("GET", "/imports", knows_tenant=False)
def list_imports(request: Request) -> "shapes.ImportList":
    """The imports of the last 7 days, newest first."""
    app = application()
    return {
        "items": [_import(each) for each in app.imports.all(request.tenant)],
        "offers_first_night": app.imports.offers_first_night(request.tenant),
    }


@endpoint("GET", "/imports/{import_id}")
def get_import(request: Request, import_id: str) -> "shapes.ImportDetails":
    """An import with its preview: each file's map and first rows, all faults, the clients that would be created."""
    app = application()
    held = app.imports.get(request.tenant, import_id)
    preview = app.imports.preview(request.tenant, held)
    faulty = zip(held.faulty, app.imports.faulty(request.tenant, held), strict=True)
    return {
        **_import(held),
        "preview": None if preview is None else json.loads(preview),
        "faulty_rows": [{"file": name, "url": url} for name, url in faulty],
        "offers_first_night": app.imports.offers_first_night(request.tenant),
    }


ACCEPTED: Final = {202: "It is under way; `GET …` tells how far."}
NOT_NOW: Final = {409: "The import is in a state that does not allow it."}


@endpoint(
    "POST",
    "/imports/{import_id}/preview",
    body="imports.PreviewRequest",
    answers=ACCEPTED,
    problems=NOT_NOW,
)
def preview_import(request: Request, import_id: str, body: "PreviewRequest") -> "shapes.Import":
    """Has the files read: recognises them, or takes the maps that are named, and checks every row as the import would.

    Nothing is stored. May be asked for again with other maps until the import begins.
    """
    return _import(application().imports.read(request.tenant, import_id, body.chosen()))


@endpoint(
    "POST",
    "/imports/{import_id}/start",
    body="imports.StartBody",
    answers=ACCEPTED,
    problems=NOT_NOW,
)
def start_import(request: Request, import_id: str, body: "StartBody") -> "shapes.Import":
    """Imports what was previewed, or goes on after a pause; sent again it changes nothing.

    With `first_night`, which is offered while no night has ever been, the tenant's first night is fired at the end.
    """
    held = application().imports.start(request.tenant, import_id, first_night=body.first_night)
    return _import(held)


@endpoint("POST", "/imports/{import_id}/pause", problems=NOT_NOW)
def pause_import(request: Request, import_id: str) -> "shapes.Import":
    """Pauses an import: the batches that are under way still go in."""
    return _import(application().imports.pause(request.tenant, import_id))


@endpoint(
    "DELETE",
    "/imports/{import_id}",
    answers={204: "The import is gone, with its files; records that it stored stay."},
)
def delete_import(request: Request, import_id: str) -> None:
    """Stops an import and deletes its files; the records that went in stay."""
    application().imports.delete(request.tenant, import_id)


def _import(held: "Import") -> "shapes.Import":
    return {
        "id": held.id,
        "created_at": format_instant(held.created_at),
        "created_by": held.created_by,
        "state": held.state,
        "message": held.message or None,
        "stalled": application().imports.is_stalled(held),
        "blocked": held.blocked,
        "files": [{"name": file.name, "size": file.size} for file in held.files],
        "rows": held.rows,
        "handled": min(held.handled, held.rows) if held.state != "READING" else held.handled,
        "accepted": held.accepted,
        "unchanged": held.unchanged,
        "rejected": held.rejected,
        "left_out": held.left_out,
        "new_clients": held.created,
        "first_night": held.first_night,
    }
