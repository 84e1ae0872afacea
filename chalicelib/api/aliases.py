"""What clients are called in other systems."""

from functools import partial
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.parameters import CURSOR, LIMIT, source_name
from chalicelib.bootstrap import application
from chalicelib.domain.aliases import Alias
from chalicelib.domain.ids import RecordId

if TYPE_CHECKING:
    from chalicelib.api.schemas.aliases import AliasesBody
    from chalicelib.api.shapes import aliases as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Clients")

SOURCE: Final = source_name("source", "Only names in this system.", "freshdesk")


@endpoint("GET", "/clients/{client_id}/aliases", permission="clients.read")
def get_client_aliases(request: Request, client_id: RecordId) -> "shapes.ClientAliases":
    """What a client is called in other systems."""
    return _aliases(application().aliases.of_client(request.tenant, client_id))


@endpoint(
    "PUT",
    "/clients/{client_id}/aliases",
    permission="records.write",
    body="aliases.AliasesBody",
    problems={409: "An alias is another client's; the detail names it. Nothing was changed."},
)
def put_client_aliases(request: Request, client_id: RecordId, body: "AliasesBody") -> "shapes.ClientAliases":
    """Replaces a client's aliases: other systems' ids and names of it.

    An import and a connection find the client by them. A source and a value mean one client: values are compared
    without regard to case, forms of letters and runs of blanks.
    """
    sent = [Alias(client_id, alias.source, alias.value) for alias in body.aliases]
    return _aliases(application().aliases.replace(request.tenant, client_id, sent))


@endpoint("GET", "/aliases", permission="clients.read", query=(SOURCE, LIMIT, CURSOR), knows_tenant=False, scoped=True)
def list_aliases(request: Request) -> "shapes.AliasList":
    """The aliases of all clients, in a fixed order."""
    source, limit, cursor, app = request.query[SOURCE], request.query[LIMIT], request.query[CURSOR], application()
    scope = request.query.scope(request.tenant, "aliases")
    after = None if cursor is None else str(app.cursors.read(scope, cursor)[0])
    own = None
    if request.manager is not None:
        own = {row.client.id for row in app.portfolios.rows(request.tenant)[1]}
    found, following = app.aliases.listed(request.tenant, source, after, limit, own)
    return {
        "items": [{"client_id": alias.client_id, "source": alias.source, "value": alias.value} for alias in found],
        "next_cursor": None if following is None else app.cursors.sign(scope, [following]),
    }


def _aliases(held: list[Alias]) -> "shapes.ClientAliases":
    return {"aliases": [{"source": alias.source, "value": alias.value} for alias in held]}
