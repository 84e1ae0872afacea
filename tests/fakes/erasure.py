"""Taking away what the other fakes hold of one client."""

from collections.abc import Callable, Iterable, MutableMapping, MutableSet
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.erasure import Held
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentPage, page_of
from tests.fakes.stores import (
    FakeAlertStore,
    FakeAliasStore,
    FakeAsideStore,
    FakeIdempotencyStore,
    FakeJournalStore,
    FakeRoster,
    FakeRunStore,
    FakeScoreStore,
    FakeTaskStore,
    FakeTicketDirectory,
)


@dataclass(frozen=True)
class FakeErasureStore:
    roster: FakeRoster
    scores: FakeScoreStore
    runs: FakeRunStore
    alerts: FakeAlertStore
    tasks: FakeTaskStore
    directory: FakeTicketDirectory
    aside: FakeAsideStore
    aliases: FakeAliasStore
    journal: FakeJournalStore
    idempotency: FakeIdempotencyStore

    def erase(self, held: Held, tenant: TenantId, client: RecordId, seat: int, *, dry_run: bool = False) -> int:
        taken: list[Callable[[], Any]] = list(self._ways_out(held, tenant, client, seat))
        if not dry_run:
            for take in taken:
                take()
        return len(taken)

    def forget(self, tenant: TenantId, client: RecordId) -> None:
        self.roster._seats.pop((tenant, client), None)

    def _ways_out(self, held: Held, tenant: TenantId, client: RecordId, seat: int) -> Iterable[Callable[[], Any]]:
        page = page_of(seat)
        match held:
            case Held.RECORDS:
                yield from _those(self.roster._clients, lambda place, _: place == (tenant, page, client))
                yield from _those(self.roster._blocks, lambda place, _: (place[0], place[1].client) == (tenant, client))
            case Held.JOURNAL:
                yield from _those(self.journal._entries, lambda place, _: place == (tenant, page, client))
            case Held.TICKET_IDS:
                yield from self._leaves(tenant, seat)
            case Held.CALCULATIONS:
                yield from _those(self.scores._calculations, lambda place, _: place[:3] == (tenant, page, client))
            case Held.CURRENT_ROWS:
                current = self.scores._current.get((tenant, page))
                if current is not None and seat in current.rows:
                    rest = {place: row for place, row in current.rows.items() if place != seat}
                    yield _put(self.scores._current, (tenant, page), CurrentPage(rest, current.version + 1))
            case Held.SNAPSHOTS:
                for place, kept in self.scores._snapshots.items():
                    if place[:2] == (tenant, page) and seat in kept.value.scores:
                        rest_of = {each: scores for each, scores in kept.value.scores.items() if each != seat}
                        snapshot = kept._replace(value=replace(kept.value, scores=rest_of))
                        yield _put(self.scores._snapshots, place, snapshot)
            case Held.SUMMARY:
                summary = self.runs.summary(tenant)
                models = () if summary is None else summary.models.values()
                if any(each.client_id == client for model in models for each in model.declining):
                    yield lambda: self.runs._summaries.pop(tenant)
            case Held.DIGESTS:
                yield from _those(
                    self.alerts._digests,
                    lambda place, digest: place[0] == tenant and any(a.client_id == client for a in digest.alerts),
                )
            case Held.ALERTS:
                own = {place for place, alert in self.alerts._alerts.items() if place[0] == tenant} & {
                    (tenant, alert.id) for alert in self.alerts._alerts.values() if alert.client_id == client
                }
                yield from _members(self.alerts._listed, own)
                yield from _members(self.alerts._resolved, own)
                yield from _those(self.alerts._alerts, lambda place, _: place in own)
            case Held.ALIASES:
                yield from _those(self.aliases._aliases.get(tenant, {}), lambda _, alias: alias.client_id == client)
            case Held.TASKS:
                yield from _those(self.tasks._tasks, lambda place, task: (place[0], task.client_id) == (tenant, client))
            case Held.REQUESTS:
                yield from _those(
                    self.idempotency._requests,
                    lambda place, kept: (place[0], kept.value.client_id) == (tenant, client),
                )
            case Held.ASIDE:
                yield from _those(self.aside._failed, lambda place, _: place == (tenant, client))

    def _leaves(self, tenant: TenantId, seat: int) -> Iterable[Callable[[], Any]]:
        for leaf in self.directory.all_leaves(tenant):
            if any(seat in seats for seats in leaf.entries.values()):
                entries = {key: seats - {seat} for key, seats in leaf.entries.items() if seats - {seat}}
                yield _put(
                    self.directory._leaves,
                    (tenant, leaf.first),
                    leaf._replace(entries=entries, version=leaf.version + 1),
                )


def _those(held: MutableMapping[Any, Any], wanted: Callable[[Any, Any], bool]) -> list[Callable[[], Any]]:
    """A way out for each entry that is wanted."""
    return [_pop(held, place) for place, value in held.items() if wanted(place, value)]


def _pop(held: MutableMapping[Any, Any], place: Any) -> Callable[[], Any]:
    return lambda: held.pop(place)


def _members(held: MutableSet[Any], own: Iterable[Any]) -> list[Callable[[], Any]]:
    return [_discard(held, place) for place in own if place in held]


def _discard(held: MutableSet[Any], place: Any) -> Callable[[], Any]:
    return lambda: held.discard(place)


def _put(held: MutableMapping[Any, Any], place: Any, value: Any) -> Callable[[], Any]:
    return lambda: held.__setitem__(place, value)
