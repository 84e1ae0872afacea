"""Publishing what is in a tenant's outbox, once each as far as a subscriber can tell.

Every step may be repeated: a message keeps its id, a digest is decided and stored before anything of it is published,
the workflow goes by the alert's id, and an entry leaves the outbox last. A crash anywhere leaves entries, which the
next delivery or the sweep publishes again.

An alert is told to its account manager, or to the fallback addresses where that has no confirmed subscription. Where
those have none either it is told to nobody: noted, counted, and not sent later.

What fails keeps nothing else waiting: the entry stays, its run's release stays open, and it is tried again by the sweep
until it is a day old; then it is put aside for a person to look at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.alerts import RELEASE_WAIT_SECONDS, Alert, Delivery, digest_id, worst_first
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.outbox import Digest
from chalicelib.domain.times import day_of_instant, format_day
from chalicelib.services.errors import TryAgainError
from chalicelib.services.notifications import LISTED, Notifications
from chalicelib.services.subscriptions import Reach, Subscriptions
from chalicelib.services.workflow import AtRiskWorkflow

if TYPE_CHECKING:
    from chalicelib.domain.outbox import Outbox, OutboxEntry
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.notifications import Notifier
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.refresh import DueMarkStore

DIGEST_ABOVE: Final = 20
"""More alerts than this for one account manager in one run are one digest."""

DIGEST_MEMBERS: Final = 10_000
"""Alerts of one digest, clients of one notice, at most, so that it is one item; what is more is another."""

ASIDE_SECONDS: Final = 24 * 3600
"""An entry that still cannot be published so long after it was stored is put aside."""


class Relayed(NamedTuple):
    """What a relay published, what is left in the outbox (waiting for its run, failed, not reached), and what failed.

    `waiting` is how many of those left have been due before.
    """

    published: int = 0
    left: int = 0
    waiting: int = 0
    errors: tuple[Exception, ...] = ()
    put_aside: int = 0
    to_nobody: int = 0


class DamagedEntryError(Exception):
    """An entry of the outbox cannot be read; it was put aside."""


def _always() -> bool:
    return True


class _Pass:
    """One pass over a tenant's outbox: what was published, what failed, and what was put aside."""

    def __init__(self, tenant: TenantId, alerts: AlertStore, clock: Clock, has_time: Callable[[], bool]) -> None:
        self.tenant, self._alerts, self._clock, self._has_time = tenant, alerts, clock, has_time
        self.published: set[str] = set()
        self.put_aside: set[str] = set()
        self.errors: list[Exception] = []
        self.alerts: dict[str, Alert] = {}
        """Alerts as they are told, by entry: with who is told, and whether anybody is."""

    def tried(self, entries: Collection[OutboxEntry], work: Callable[[], None]) -> bool:
        """Whether work on some entries succeeded: where it fails they stay, and everything else goes on.

        Without time left nothing is begun any more.
        """
        if not self._has_time():
            return False
        try:
            work()
        except Exception as error:
            self.errors.append(error)
            for entry in entries:
                if self._clock() - entry.created_at >= ASIDE_SECONDS:
                    self.set_aside(entry.id)
            return False
        return True

    def finish(self, entry: OutboxEntry) -> None:
        """The last step of an entry: it was published, and leaves the outbox."""
        self._alerts.mark_published(self.tenant, self.told(entry), self._clock())
        self.published.add(entry.id)

    def told(self, entry: OutboxEntry) -> OutboxEntry:
        """An entry with its alert as it is told."""
        return entry._replace(alert=self.alerts.get(entry.id, entry.alert))

    def set_aside(self, name: str) -> None:
        """Takes an entry out of the outbox for a person to look at."""
        try:
            self._alerts.put_aside(self.tenant, name)
        except Exception as error:
            self.errors.append(error)
        else:
            self.put_aside.add(name)


class Relay:
    """Publishes outboxes."""

    def __init__(
        self,
        alerts: AlertStore,
        due: DueMarkStore,
        notifier: Notifier,
        notifications: Notifications,
        workflow: AtRiskWorkflow,
        subscriptions: Subscriptions,
        clock: Clock,
    ) -> None:
        self._subscriptions = subscriptions
        self._alerts, self._due, self._notifier, self._notifications = alerts, due, notifier, notifications
        self._workflow, self._clock = workflow, clock

    def tenant_of(self, partition: str) -> TenantId | None:
        """The tenant whose outbox a record of the table's stream belongs to; None for any other record."""
        return self._alerts.outbox_tenant(partition)

    def publish(self, tenant: TenantId, has_time: Callable[[], bool] = _always) -> Relayed:
        """Publishes what is due of a tenant's outbox, and closes the releases of which nothing is left."""
        outbox = self._alerts.outbox(tenant)
        due = due_entries(outbox, self._clock())
        work = _Pass(tenant, self._alerts, self._clock, has_time)
        for name in outbox.damaged:
            work.errors.append(DamagedEntryError("an entry of the outbox cannot be read"))
            work.set_aside(name)
        alerts = [entry for entry in due if entry.settings_version is None]
        self._address(work, outbox, alerts)
        decided: list[Digest] = []
        groups: dict[tuple[Day | None, str | None, Delivery], list[OutboxEntry]] = {}
        for entry in alerts:
            told = work.alerts[entry.id]
            groups.setdefault((entry.run_date, told.account_manager_id, told.delivery), []).append(entry)
        for (run_date, manager, delivery), group in groups.items():
            if delivery == "sent":
                work.tried(group, partial(self._publish_group, work, outbox, run_date, manager, group, decided))
            else:
                for entry in group:
                    work.tried([entry], partial(self._leave_untold, work, entry))
        notices = [entry for entry in due if entry.settings_version is not None]
        for version in dict.fromkeys(entry.settings_version for entry in notices):
            same = [entry for entry in notices if entry.settings_version == version]
            work.tried(same, partial(self._publish_notices, work, outbox, same, decided))
        gone = work.published | work.put_aside
        left = [entry for entry in outbox.entries if entry.id not in gone]
        self._close_releases(tenant, outbox, decided, left)
        in_time = {entry.id for entry in due}
        waiting = sum(entry.id not in in_time for entry in left)
        nobody = sum(name in work.published and alert.delivery == "nobody" for name, alert in work.alerts.items())
        return Relayed(
            published=len(work.published),
            left=len(left),
            waiting=waiting,
            errors=tuple(work.errors),
            put_aside=len(work.put_aside),
            to_nobody=nobody,
        )

    def _address(self, work: _Pass, outbox: Outbox, entries: Sequence[OutboxEntry]) -> None:
        """Decides whom alerts are told: all subscriptions are looked at with a night, else those not yet confirmed.

        What a digest stands for goes where that was decided to go. While an endpoint cannot be asked about, an alert
        that might reach it waits.
        """
        reach = Reach(frozenset())
        if outbox.released:
            reach = self._subscriptions.recheck(work.tenant)
        elif entries:
            reach = self._subscriptions.reach(work.tenant)
        work.errors += reach.errors
        unsure: Delivery = "waiting" if reach.errors else "nobody"
        digests = {member: digest for digest in outbox.digests for member in digest.members}
        for entry in entries:
            manager, digest = entry.alert.account_manager_id, digests.get(entry.alert.id)
            told: str | None = reach.told(manager) if digest is None else digest.account_manager_id
            delivery: Delivery = "sent" if digest is not None or entry.told or reach.reaches(manager) else unsure
            work.alerts[entry.id] = entry.alert._replace(account_manager_id=told, delivery=delivery)

    def _leave_untold(self, work: _Pass, entry: OutboxEntry) -> None:
        """Nobody can be told of an alert: its task is opened, and its entry goes."""
        if work.alerts[entry.id].delivery == "waiting":
            raise TryAgainError("whom the alert reaches could not be asked")
        self._workflow.apply(work.tenant, entry.alert)
        work.finish(entry)

    def _close_releases(
        self, tenant: TenantId, outbox: Outbox, decided: Sequence[Digest], left: Sequence[OutboxEntry]
    ) -> None:
        """Closes each release of which nothing is left, with its digests, and clears its night's due mark."""
        unfinished = {entry.run_date for entry in left}
        waited_for = {name for entry in left for name in (entry.id, entry.alert.id)}
        digests = {digest.id: digest for digest in (*outbox.digests, *decided)}.values()
        over = [digest for digest in digests if waited_for.isdisjoint(digest.members)]
        for day, release in outbox.released.items():
            if day in unfinished:
                continue
            # A notice can be older than any release to come; no run of before yesterday can alert any more.
            self._alerts.close_release(tenant, day, [d for d in over if d.run_date == day or d.run_date < day - 1])
            if release.night is not None:
                self._due.clear(tenant, release.mark, night=release.night)

    def _publish_group(
        self,
        work: _Pass,
        outbox: Outbox,
        run_date: Day | None,
        manager: str | None,
        group: Sequence[OutboxEntry],
        decided: list[Digest],
    ) -> None:
        """Publishes alerts of one account manager: the members of digests by them, the others one by one."""
        digests = [] if run_date is None else self._digests(work, outbox, run_date, manager, group)
        decided += digests
        left = {entry.alert.id: entry for entry in group}
        for digest in digests:
            members = [left.pop(name) for name in digest.members if name in left]
            if work.tried(members, partial(self._tell_digest, work.tenant, digest)):
                for entry in members:
                    work.tried([entry], partial(self._publish_entry, work, entry, is_told=True))
        for entry in left.values():
            work.tried([entry], partial(self._publish_entry, work, entry, is_told=entry.told))

    def _tell_digest(self, tenant: TenantId, digest: Digest) -> None:
        if not digest.published:
            self._notifier.publish(tenant, self._notifications.of_digest(tenant, digest))
            self._alerts.mark_digest(tenant, digest)

    def _publish_entry(self, work: _Pass, entry: OutboxEntry, *, is_told: bool) -> None:
        if not is_told:
            self._notifier.publish(work.tenant, self._notifications.of_alert(work.tenant, work.told(entry).alert))
        try:
            self._workflow.apply(work.tenant, entry.alert)
        except Exception:
            if not entry.told:  # the next try is to apply the workflow, not to tell the alert again
                self._alerts.note_told(work.tenant, work.told(entry), self._clock())
            raise
        work.finish(entry)

    def _digests(
        self, work: _Pass, outbox: Outbox, run_date: Day, manager: str | None, group: Sequence[OutboxEntry]
    ) -> list[Digest]:
        """The digests that a run has for an account manager: those that stand, and those that are due, decided now.

        Each is decided once, in order, so that whoever repeats this comes to the same. What the same run brings later
        goes out one by one unless it is enough for one digest more, which has an id of its own.
        """
        held = {digest.id: digest for digest in outbox.digests}
        left = {entry.alert.id: work.told(entry).alert for entry in group}
        found: list[Digest] = []
        while True:
            name = digest_id(format_day(run_date), manager, len(found))
            digest = held.get(name)
            if digest is None:
                if len(left) <= DIGEST_ABOVE:
                    return found
                alerts = worst_first(left.values())[:DIGEST_MEMBERS]
                members = tuple(alert.id for alert in alerts)
                new = Digest(
                    id=name,
                    run_date=run_date,
                    account_manager_id=manager,
                    alerts=tuple(alerts[:LISTED]),
                    members=members,
                )
                digest = self._alerts.put_digest(work.tenant, new)
            found.append(digest)
            for member in digest.members:
                left.pop(member, None)

    def _publish_notices(
        self, work: _Pass, outbox: Outbox, entries: Sequence[OutboxEntry], decided: list[Digest]
    ) -> None:
        """One notice per version of the settings, with every client that it affects as far as one holds them.

        It is decided and stored like a digest: what a crash left of it is not a notice of its own.
        """
        left = list(entries)
        while left:
            notice = self._notice(work.tenant, outbox, left)
            decided.append(notice)
            if not notice.published:
                self._notifier.publish(work.tenant, self._notifications.of_settings_notice(work.tenant, notice))
                self._alerts.mark_digest(work.tenant, notice)
            members = frozenset(notice.members)
            for entry in left:
                if entry.id in members:
                    work.finish(entry)
            left = [entry for entry in left if entry.id not in members]

    def _notice(self, tenant: TenantId, outbox: Outbox, notices: Sequence[OutboxEntry]) -> Digest:
        """The notice that tells the first of some entries; its members are entries, where a digest's are alerts."""
        first = notices[0]
        for held in outbox.digests:
            if first.id in held.members:
                return held
        entries = [entry for entry in notices if entry.settings_version == first.settings_version][:DIGEST_MEMBERS]
        alerts = worst_first(entry.alert for entry in entries)
        members = tuple(sorted(entry.id for entry in entries))
        name = hashlib.sha256("\n".join([str(first.settings_version), *members]).encode()).hexdigest()[:32]
        # It goes away with the release that it was published by, or with that of its night.
        day = max(outbox.released, default=first.run_date or day_of_instant(first.created_at))
        return self._alerts.put_digest(
            tenant,
            Digest(id=name, run_date=day, account_manager_id=None, alerts=tuple(alerts[:LISTED]), members=members),
        )


def due_entries(outbox: Outbox, now: Instant) -> list[OutboxEntry]:
    """The entries to publish now.

    An alert of a calculation at once; what a nightly run brought once the run is released, or 30 minutes after its
    first; a settings notice of a calculation waits for the next release, so that one notice tells all, as long.
    """
    firsts: dict[Day | None, Instant] = {}
    for entry in outbox.entries:
        firsts[entry.run_date] = min(entry.created_at, firsts.get(entry.run_date, entry.created_at))
    due = []
    for entry in outbox.entries:
        if entry.run_date is None and entry.settings_version is None:
            released = True
        elif entry.run_date is None:
            released = bool(outbox.released)
        else:
            released = entry.run_date in outbox.released
        if released or now - firsts[entry.run_date] >= RELEASE_WAIT_SECONDS:
            due.append(entry)
    return due
