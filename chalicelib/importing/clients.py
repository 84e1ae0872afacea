"""Which client a row is about: found by alias, by id or by name, or created."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final, NamedTuple
from unicodedata import normalize

from chalicelib.domain.text import folded, stored_text
from chalicelib.importing.dates import Order

LONGEST_SLUG: Final = 50
MOST_NAMES: Final = 100_000
"""Distinct clients that one import may name."""
LONGEST_NAME: Final = 200
"""Characters of a client's name (api.md)."""
_OTHERS = re.compile(r"[^a-z0-9]+")


def shown_name(value: str) -> str:
    """A name as it is stored."""
    return stored_text(" ".join(value.split()))


def mention_key(by: str, value: str) -> str:
    """What mentions of one client have in common: ids are told apart to the letter, names and aliases folded."""
    return value.strip() if by == "id" else folded(value)


class Alias(NamedTuple):
    """What a client is called in another system: by an id or a name."""

    source: str
    value: str


class Known(NamedTuple):
    """A client that the service has, archived or not."""

    id: str
    name: str


class NewClient(NamedTuple):
    """A client to be created; `since`: the local day of its rows' earliest instant, None where none was readable."""

    id: str
    name: str
    since: date | None


@dataclass(slots=True)
class Mention:
    """A client as the rows name it, with their earliest day for each order that dates may turn out to have."""

    value: str
    first: dict[Order, date] = field(default_factory=dict)

    def see(self, order: Order, at: date) -> None:
        held = self.first.get(order)
        if held is None or at < held:
            self.first[order] = at


class Mentions:
    """The clients that one file names. Raises TooManyClientsError beyond the bound."""

    def __init__(self, by: str) -> None:
        self._by = by
        self.by_key: dict[str, Mention] = {}

    def of(self, value: str) -> Mention:
        key = mention_key(self._by, value)
        found = self.by_key.get(key)
        if found is None:
            if len(self.by_key) >= MOST_NAMES:
                raise TooManyClientsError
            found = self.by_key[key] = Mention(value.strip())
        return found


class TooManyClientsError(Exception):
    """A file names more clients than an import may."""


class Wanted(NamedTuple):
    """A client that a file names, and how the map finds it."""

    source: str
    by: str
    create: bool
    value: str
    first: date | None


class NoClient(NamedTuple):
    """Why a value means no client."""

    reason: str


@dataclass(slots=True)
class Resolution:
    """What the values of an import mean: per source, way and mention a client's id, or why none; whom to create; which
    aliases to keep."""

    ids: dict[tuple[str, str, str], str | NoClient] = field(default_factory=dict)
    created: list[NewClient] = field(default_factory=list)
    aliases: list[tuple[str, Alias]] = field(default_factory=list)


def slug(name: str) -> str:
    """The id of a client by its name; empty where no letter or digit of it is left."""
    lower = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _OTHERS.sub("-", lower).strip("-")[:LONGEST_SLUG].rstrip("-")


def told_apart(wanted: str, key: str) -> str:
    """An id that several want, or another has, or that is empty: with six digits of a hash of the folded name."""
    hashed = sha256(key.encode(errors="surrogatepass")).hexdigest()[:6]
    return f"{wanted}-{hashed}" if wanted else hashed


def resolve(wanted: Iterable[Wanted], known: Iterable[Known], aliases: Mapping[tuple[str, str], str]) -> Resolution:
    """Whom the values of an import mean.

    `aliases` are those held, by source and folded value. The outcome depends neither on the order of files nor on that
    of rows.
    """
    found, by_name, held = Resolution(), dict[str, list[str]](), set[str]()
    for client in known:
        held.add(client.id)
        by_name.setdefault(folded(client.name), []).append(client.id)
    new: dict[str, tuple[str, date | None, set[str]]] = {}
    for each in sorted(wanted, key=lambda one: (folded(one.value), one.value, one.source)):
        key = folded(each.value)
        place = each.source, each.by, mention_key(each.by, each.value)
        if (aliased := aliases.get((each.source, key))) is not None:
            found.ids[place] = aliased
        elif each.by == "id":
            found.ids[place] = each.value
        elif each.by == "alias":
            found.ids[place] = NoClient("no client has this alias: set it in the client's aliases")
        elif len(owners := by_name.get(key, [])) > 1:
            some = ", ".join(sorted(owners)[:5])
            found.ids[place] = NoClient(f"several clients have this name ({some}): give one of them the alias")
        elif owners:
            found.ids[place] = owners[0]
            found.aliases.append((owners[0], Alias(each.source, shown_name(each.value))))
        elif not each.create:
            found.ids[place] = NoClient("no client has this name: create it, or set client.create in the map")
        elif len(shown_name(each.value)) > LONGEST_NAME:
            found.ids[place] = NoClient(f"the client's name has more than {LONGEST_NAME} characters")
        else:
            name, first, sources = new.get(key, (shown_name(each.value), None, set()))
            earliest = min((at for at in (first, each.first) if at is not None), default=None)
            new[key] = name, earliest, sources | {each.source}
    _create(new, held, found)
    return found


def _create(new: Mapping[str, tuple[str, date | None, set[str]]], held: set[str], found: Resolution) -> None:
    wanting: dict[str, list[str]] = {}
    for key, (name, _, _) in new.items():
        wanting.setdefault(slug(name), []).append(key)
    for wanted, keys in wanting.items():
        for key in keys:
            name, first, sources = new[key]
            alone = wanted and wanted not in held and len(keys) == 1
            client_id = wanted if alone else told_apart(wanted, key)
            if not alone and client_id in held:
                reason: str | NoClient = NoClient(f"its id {client_id} is another client's: create it by hand")
            else:
                reason = client_id
                found.created.append(NewClient(client_id, name, first))
                found.aliases += [(client_id, Alias(source, name)) for source in sorted(sources)]
            for source in sources:
                found.ids[source, "name", key] = reason
    found.created.sort()
