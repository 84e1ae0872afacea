"""Alerts, and the outbox of what is still to be published.

An outbox entry carries the attribute `outbox`, by which the stream is filtered. A digest is an item of the outbox too,
written before anything of it is published, so that whoever repeats it publishes the very same.

Two lists are kept beside the alerts, items of a key alone: those of each client, and the resolved ones. Neither ever
loses a member, so that writing one again is harmless; what is not resolved is told by the current rows. Alerts of a
table that had no lists yet are added as they are walked past (`list_all`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.columns import CodecError, pack, refusing_damage, unpack
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, Item, Table
from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import Alert, AlertAnswer, Delivery, Reason
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.outbox import Digest, Outbox, OutboxEntry, Release
from chalicelib.domain.run import Run

if TYPE_CHECKING:
    from chalicelib.domain.outbox import AlertWrites

OUTBOX_MARK: Final = "1"
TRANSACTION_LIMIT: Final = 100
FALLBACK: Final = "*"
"""Stands for the fallback addresses as who was told; no account manager's id."""


class DynamoAlertStore:
    """`AlertStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: TenantId, alert_id: str) -> Alert:
        item = self._table.get(keys.alert(tenant, alert_id), consistent=True) if keys.is_alert_id(alert_id) else None
        if item is None:
            raise NotFoundError(f"There is no alert {alert_id}.")
        return _alert(item)

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Alert]:
        return map(_alert, self._table.query(keys.alerts(tenant, before), descending=True, chunk=chunk))

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Alert]:
        items = self._table.batch_get(keys.alert(tenant, alert_id) for alert_id in ids)
        return {found.id: found for found in map(_alert, items.values())}

    def resolved(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[str]:
        return self._listed(keys.resolved_alerts(tenant, before), chunk)

    def of_client(self, tenant: TenantId, client: RecordId, before: str | None, chunk: int) -> Iterator[str]:
        return self._listed(keys.client_alerts(tenant, client, before), chunk)

    def _listed(self, span: keys.Span, chunk: int) -> Iterator[str]:
        return (keys.listed_id(item["sk"]) for item in self._table.query(span, descending=True, chunk=chunk))

    def listed_down_to(self, tenant: TenantId) -> str | None:
        item = self._table.get(keys.alert_lists(tenant))
        return None if item is None else item["down_to"]

    def list_all(self, tenant: TenantId, alerts: Sequence[Alert], down_to: str) -> None:
        actions = [action for alert in alerts for action in _listing(tenant, alert)]
        for start in range(0, len(actions), TRANSACTION_LIMIT):
            self._table.transact(actions[start : start + TRANSACTION_LIMIT])
        self._table.put(keys.alert_lists(tenant), {"down_to": down_to})

    def outbox_tenant(self, partition: str) -> TenantId | None:
        return keys.outbox_tenant(partition)

    def outbox(self, tenant: TenantId) -> Outbox:
        entries, digests, damaged = [], [], []
        released: dict[Day, Release] = {}
        for item in self._table.query(keys.outbox(tenant), consistent=True):
            sk = item["sk"]
            try:
                if sk.startswith(keys.RELEASE_PREFIX):
                    released[keys.day_of(sk)] = Release(item.get("night"), item.get("mark", 0))
                elif sk.startswith(keys.DIGEST_PREFIX):
                    digests.append(_digest(item))
                else:
                    entries.append(_entry(item))
            except (CodecError, ValueError):  # it must not keep the others waiting
                damaged.append(sk)
        return Outbox(entries, digests, released, tuple(damaged))

    def release(self, tenant: TenantId, run: Run) -> None:
        held = {"outbox": OUTBOX_MARK, "night": run.as_of, "mark": run.mark}
        self._table.put(keys.release(tenant, run.date), held)

    def put_digest(self, tenant: TenantId, digest: Digest) -> Digest:
        document = [digest.account_manager_id, digest.members, [_encode_alert(alert) for alert in digest.alerts]]
        item = {"run_date": digest.run_date, "d": pack(document), "published": False}
        try:
            self._table.put(keys.digest(tenant, digest.id), item, condition="attribute_not_exists(pk)")
        except ConditionFailedError as error:
            if error.item is None:
                raise
            return _digest(error.item)
        return digest

    def mark_digest(self, tenant: TenantId, digest: Digest) -> None:
        self._table.update(
            keys.digest(tenant, digest.id),
            "SET published = :yes",
            condition="attribute_exists(pk)",
            yes=True,
        )

    def mark_published(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        if not entry.told:
            self._note_published(tenant, entry, now)
        self._table.delete(keys.outbox_entry(tenant, entry.id))

    def _note_published(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        """Notes who was told. That nobody was never takes the place of somebody who was."""
        if entry.settings_version is not None:
            return
        key, told = keys.alert(tenant, entry.alert.id), entry.alert.account_manager_id or FALLBACK
        if entry.alert.delivery == "nobody":
            expression = "SET #delivery = if_not_exists(#delivery, :delivery), told_to = if_not_exists(told_to, :told)"
            self._table.update(key, expression, condition="attribute_exists(pk)", delivery="nobody", told=told)
        else:
            expression = "SET #delivery = :delivery, told_to = :told, published_at = if_not_exists(published_at, :now)"
            self._table.update(key, expression, condition="attribute_exists(pk)", delivery="sent", told=told, now=now)

    def note_told(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        self._note_published(tenant, entry, now)
        key = keys.outbox_item(tenant, entry.id)
        self._table.update(key, "SET told = :yes", condition="attribute_exists(pk)", yes=True)

    def put_aside(self, tenant: TenantId, entry_id: str) -> None:
        item = self._table.get(keys.outbox_item(tenant, entry_id), consistent=True)
        if item is not None:
            self._move(keys.aside(tenant, entry_id), item)
            self._table.delete(keys.outbox_item(tenant, entry_id))

    def aside(self, tenant: TenantId) -> list[str]:
        return [keys.id_of(item["sk"]) for item in self._table.query(keys.all_aside(tenant))]

    def put_back(self, tenant: TenantId, entry_id: str, now: Instant) -> None:
        item = self._table.get(keys.aside(tenant, entry_id), consistent=True)
        if item is None:
            raise NotFoundError(f"Nothing was put aside as {entry_id}.")
        self._move(keys.outbox_item(tenant, entry_id), {**item, "created_at": now})
        self._table.delete(keys.aside(tenant, entry_id))

    def _move(self, key: keys.Key, item: Item) -> None:
        """Puts the item under another key; a crash before the old one is deleted leaves both, and a repeat mends it."""
        self._table.put(key, {name: value for name, value in item.items() if name not in ("pk", "sk")})

    def close_release(self, tenant: TenantId, day: Day, digests: Iterable[Digest]) -> None:
        for digest in digests:
            self._table.delete(keys.digest(tenant, digest.id))
        self._table.delete(keys.release(tenant, day))


def alert_actions(tenant: TenantId, writes: AlertWrites) -> list[Action]:
    """The transaction's part that stores alerts and notices with their outbox entries, and resolves others."""
    new = "attribute_not_exists(pk)"
    actions = []
    for alert in writes.alerts:
        actions.append(Action(keys.alert(tenant, alert.id), _item(alert), condition=new))
        actions.append(Action(keys.outbox_entry(tenant, alert.id), _entry_item(alert, None, writes)))
        actions.append(Action(keys.client_alert(tenant, RecordId(alert.client_id), alert.id), {}))
    for notice in writes.notices:
        key = keys.outbox_entry(tenant, f"{keys.NOTICE_PREFIX}{notice.alert.id}")
        actions.append(Action(key, _entry_item(notice.alert, notice.settings_version, writes)))
    for alert_id in writes.resolved:
        actions += _status_actions(tenant, alert_id, "RESOLVED")
    return actions


def answer_actions(tenant: TenantId, alert_id: str, answer: AlertAnswer) -> list[Action]:
    """Gives an alert the status that a person wants, and keeps who it was."""
    answered = _encode_answer(answer)
    return _status_actions(tenant, alert_id, answer.status, ", answered = :answered", answered=answered)


def _status_actions(tenant: TenantId, alert_id: str, status: str, more: str = "", **values: Any) -> list[Action]:
    """Gives an alert a status; a resolved one is listed as such, and stays it. Alerts never expire."""
    expression = f"SET #status = :status{more}"
    given = Action(keys.alert(tenant, alert_id), expression=expression, values={"status": status, **values})
    return [given, Action(keys.resolved_alert(tenant, alert_id), {})] if status == "RESOLVED" else [given]


def _listing(tenant: TenantId, alert: Alert) -> list[Action]:
    """What lists an alert of a table that had no such lists."""
    of_client = Action(keys.client_alert(tenant, RecordId(alert.client_id), alert.id), {})
    return [of_client, Action(keys.resolved_alert(tenant, alert.id), {})] if alert.status == "RESOLVED" else [of_client]


def _encode_alert(alert: Alert) -> list[Any]:
    """What an alert says; its status and time of publication are attributes of its item."""
    return [*alert[:8], [list(reason) for reason in alert.reasons], alert.sentence, alert.as_of]


def _decode_alert(document: Sequence[Any], **later: Any) -> Alert:
    *head, reasons, sentence, as_of = document
    reasons = tuple(Reason(*reason) for reason in reasons)
    told = Alert._make((*head, reasons, sentence, as_of, "OPEN", None, "waiting", None))
    return told._replace(**later)


def _item(alert: Alert) -> Item:
    unsaid = alert.delivery == _delivery(alert.published_at)
    return {
        "d": _text(_encode_alert(alert)),
        "status": alert.status,
        "published_at": alert.published_at,
        "delivery": None if unsaid else alert.delivery,
        "answered": None if alert.answered is None else _encode_answer(alert.answered),
    }


def _encode_answer(answer: AlertAnswer) -> str:
    return _text([answer.status, answer.at, *answer.by])


def _delivery(published_at: Instant | None) -> Delivery:
    """What an item says that says nothing else: an older build published without asking whom it reaches."""
    return "waiting" if published_at is None else "sent"


@refusing_damage
def _alert(item: Item) -> Alert:
    published = item.get("published_at")
    delivery = item.get("delivery") or _delivery(published)
    alert = _decode_alert(json.loads(item["d"]), status=item["status"], published_at=published, delivery=delivery)
    if item.get("answered") is not None:
        status, at, *by = json.loads(item["answered"])
        alert = alert._replace(answered=AlertAnswer(status, at, Author(*by)))
    if "told_to" in item:
        told = item["told_to"]
        alert = alert._replace(account_manager_id=None if told == FALLBACK else told)
    return alert


def _entry_item(alert: Alert, settings_version: int | None, writes: AlertWrites) -> Item:
    return {
        "outbox": OUTBOX_MARK,
        "d": _text(_encode_alert(alert)),
        "settings_version": settings_version,
        "run_date": writes.run_date,
        "created_at": writes.now,
    }


@refusing_damage
def _entry(item: Item) -> OutboxEntry:
    return OutboxEntry(
        id=item["sk"],
        alert=_decode_alert(json.loads(item["d"])),
        settings_version=item.get("settings_version"),
        run_date=item.get("run_date"),
        created_at=item["created_at"],
        told=item.get("told", False),
    )


@refusing_damage
def _digest(item: Item) -> Digest:
    manager, members, alerts = unpack(item["d"])
    return Digest(
        id=item["sk"].removeprefix(keys.DIGEST_PREFIX),
        run_date=item["run_date"],
        account_manager_id=manager,
        alerts=tuple(map(_decode_alert, alerts)),
        members=tuple(members),
        published=item["published"],
    )


def _text(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
