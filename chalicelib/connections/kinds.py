"""The systems that can be connected: what each asks the user for, and what it takes for a first response."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.connections.source import Source
from chalicelib.domain.outbound import Send

NOT_TRIED: Final = "Built from the vendor's documents and real payloads; not yet run against a live account."


class Asked(NamedTuple):
    """Something that the user gives: with a secret nothing but its last characters is shown again."""

    name: str
    label: str
    is_secret: bool = False
    default: str = ""


class Definition(NamedTuple):
    """What may count as the first response to a ticket, in plain words."""

    id: str
    words: str


class Kind(NamedTuple):
    """A system. `given`: what of its settings the deployment gives instead of the user."""

    id: str
    title: str
    source: str
    help: str
    asked: tuple[Asked, ...]
    lists: tuple[str, ...] = ()
    """Which of its own lists are to be mapped."""
    definitions: tuple[Definition, ...] = ()
    makes_clients: bool = False
    given: str = ""
    host: str = ""
    """The setting that names its host."""


KINDS: Final = {
    kind.id: kind
    for kind in (
        Kind(
            id="connectwise",
            title="ConnectWise PSA",
            source="cw",
            help="In ConnectWise: System → Members → API Members, a member with read access to companies, service "
            "tickets, agreements and invoices; its API Keys tab makes the two keys.",
            asked=(
                Asked("site", "Site", default="api-na.myconnectwise.net"),
                Asked("company_id", "Company id (what you sign in with)"),
                Asked("public_key", "Public key"),
                Asked("private_key", "Private key", is_secret=True),
            ),
            lists=("priorities", "statuses", "types", "clients"),
            definitions=(
                Definition("note", "the first note that the client can see, where the status was stamped at once"),
                Definition("status", "when a status of the kind Responded was reached"),
            ),
            makes_clients=True,
            given="vendor_id",
            host="site",
        ),
        Kind(
            id="smileback",
            title="SmileBack",
            source="sb",
            help="SmileBack's support gives API credentials on request; use those of a user who may read reviews. Its "
            "companies carry the ids of your PSA: name the PSA's source to find clients by the same ids.",
            asked=(
                Asked("client_id", "API client id"),
                Asked("client_secret", "API client secret", is_secret=True),
                Asked("username", "User name"),
                Asked("password", "Password", is_secret=True),
            ),
        ),
        Kind(
            id="xero",
            title="Xero",
            source="xero",
            help="A Custom Connection at developer.xero.com: one organisation; Xero charges for it, and offers it in "
            "Australia, New Zealand, the United Kingdom and the United States. Scopes: accounting.transactions.read, "
            "accounting.contacts.read, accounting.settings.read.",
            asked=(Asked("client_id", "Client id"), Asked("client_secret", "Client secret", is_secret=True)),
            makes_clients=True,
        ),
    )
}


def made(kind: str, settings: Mapping[str, str], send: Send) -> Source:
    """The source of a kind; its module is loaded when it is first asked for."""
    if kind == "connectwise":
        from chalicelib.connections.sources.connectwise import ConnectWise

        return ConnectWise(settings, send)
    if kind == "smileback":
        from chalicelib.connections.sources.smileback import SmileBack

        return SmileBack(settings, send)
    if kind == "xero":
        from chalicelib.connections.sources.xero import Xero

        return Xero(settings, send)
    raise ValueError("not a kind of connections")
