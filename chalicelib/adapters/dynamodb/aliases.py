"""What clients are called in other systems."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Action, Item, Table, TransactionFailedError
from chalicelib.domain.aliases import Alias
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.text import folded
from chalicelib.services.errors import TooBusyError

_OURS_OR_NOBODYS: Final = "attribute_not_exists(pk) OR client = :client"


class DynamoAliasStore:
    """`AliasStore` on DynamoDB: an item per alias, and a key alone that lists it among its client's."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of_client(self, tenant: TenantId, client: RecordId) -> list[Alias]:
        held = self._held(tenant, client)
        items = self._table.batch_get(held, consistent=True)
        return [_alias(items[key]) for key in held if key in items and items[key]["client"] == client]

    def listed(self, tenant: TenantId, source: str | None, after: str | None, limit: int) -> list[tuple[str, Alias]]:
        span = keys.aliases(tenant, source, after)
        items = islice(self._table.query(span, chunk=limit, consistent=True), limit)
        return [(item["sk"].split("#", 1)[1], _alias(item)) for item in items]

    def replace(self, tenant: TenantId, client: RecordId, aliases: Sequence[Alias]) -> Alias | None:
        wanted = {keys.alias(tenant, each.source, digest_of(each.value)): each for each in aliases}
        actions: list[Action] = []
        for key, each in wanted.items():
            item = {"client": client, "source": each.source, "value": each.value}
            actions.append(Action(key, item, condition=_OURS_OR_NOBODYS, values={"client": client}))
            actions.append(Action(keys.client_alias(tenant, client, each.source, digest_of(each.value)), {}))
        for key in self._held(tenant, client):
            if key not in wanted:
                source, digest = key.sk.split("#")[1:]
                actions.append(Action(key, condition=_OURS_OR_NOBODYS, values={"client": client}))
                actions.append(Action(keys.client_alias(tenant, client, source, digest)))
        if not actions:
            return None
        try:
            self._table.transact(actions)
        except TransactionFailedError as error:
            others = (item for item in error.items if item is not None and item.get("client") not in {None, client})
            holder = next(others, None)
            if holder is None:
                raise TooBusyError(f"the aliases of {client} keep changing") from error
            return _alias(holder)
        return None

    def holders(self, tenant: TenantId, source: str, values: Sequence[str]) -> dict[str, RecordId]:
        wanted = {value: keys.alias(tenant, source, digest_of(value)) for value in values}
        items = self._table.batch_get(wanted.values(), consistent=True)
        return {value: RecordId(items[key]["client"]) for value, key in wanted.items() if key in items}

    def claim(self, tenant: TenantId, alias: Alias) -> RecordId:
        digest = digest_of(alias.value)
        key = keys.alias(tenant, alias.source, digest)
        item = {"client": alias.client_id, "source": alias.source, "value": alias.value}
        listed = Action(keys.client_alias(tenant, alias.client_id, alias.source, digest), {})
        put = Action(key, item, condition=_OURS_OR_NOBODYS, values={"client": alias.client_id})
        try:
            self._table.transact([put, listed])
        except TransactionFailedError as error:
            holder = next((found["client"] for found in error.items if found is not None and "client" in found), None)
            if holder is None:
                raise TooBusyError(f"the aliases of {alias.client_id} keep changing") from error
            return RecordId(holder)
        return alias.client_id

    def _held(self, tenant: TenantId, client: RecordId) -> list[keys.Key]:
        listed = self._table.query(keys.client_aliases(tenant, client), consistent=True)
        return [keys.listed_alias(tenant, item["sk"]) for item in listed]


def digest_of(value: str) -> str:
    """What an alias is found by: values that look the same are the same."""
    return sha256(folded(value).encode(errors="surrogatepass")).hexdigest()


def _alias(item: Item) -> Alias:
    return Alias(RecordId(item["client"]), item["source"], item["value"])
