"""Publishing what is in a tenant's outbox, once each as far as a subscriber can tell.

Every step may be repeated: a message keeps its id, a digest is decided and stored before anything of it is published,
the workflow goes by the alert's id, and an entry leaves the outbox last. A crash anywhere leaves entries, which the
next delivery or the sweep publishes again.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from chalicelib.domain.alerts import digest_id, worst_first
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import day_of_instant, format_day
from chalicelib.services.notifications import LISTED, Notifications
from chalicelib.services.ports import AlertStore, Clock, Digest, Notifier, Outbox, OutboxEntry
from chalicelib.services.workflow import AtRiskWorkflow

DIGEST_ABOVE: Final = 20
"""More alerts than this for one account manager in one run are one digest."""

RELEASE_WAIT_SECONDS: Final = 30 * 60
"""A run's alerts wait for its completion, but no longer than this after its first."""


class Relayed(NamedTuple):
    """What a relay published, and what still waits for its run: how many, and since when the oldest."""

    published: int
    waiting: int
    waiting_since: Instant | None


class Relay:
    """Publishes outboxes."""

    def __init__(
        self,
        alerts: AlertStore,
        notifier: Notifier,
        notifications: Notifications,
        workflow: AtRiskWorkflow,
        clock: Clock,
    ) -> None:
        self._alerts, self._notifier, self._notifications = alerts, notifier, notifications
        self._workflow, self._clock = workflow, clock

    def publish(self, tenant: TenantId) -> Relayed:
        """Publishes what is due of a tenant's outbox, and closes the releases of which nothing is left."""
        outbox = self._alerts.outbox(tenant)
        due = due_entries(outbox, self._clock())
        alerts = [entry for entry in due if entry.settings_version is None]
        digests = {digest.id: digest for digest in outbox.digests}
        for run_date, manager in dict.fromkeys((e.run_date, e.alert.account_manager_id) for e in alerts):
            group = [e for e in alerts if (e.run_date, e.alert.account_manager_id) == (run_date, manager)]
            digest = None if run_date is None else self._digest(tenant, outbox, run_date, manager, group)
            if digest is not None:
                digests[digest.id] = digest
            self._publish_group(tenant, group, digest)
        for notice in self._publish_notices(tenant, outbox, [e for e in due if e.settings_version is not None]):
            digests[notice.id] = notice
        for day in outbox.released:
            # A notice can be older than any release to come; no run of before yesterday can alert any more.
            over = [d for d in digests.values() if d.run_date == day or d.run_date < day - 1]
            self._alerts.close_release(tenant, day, over)
        waiting = [entry.created_at for entry in outbox.entries if entry not in due]
        return Relayed(len(due), len(waiting), min(waiting, default=None))

    def _digest(
        self, tenant: TenantId, outbox: Outbox, run_date: Day, manager: str | None, group: Sequence[OutboxEntry]
    ) -> Digest | None:
        """The digest that a run has for an account manager, decided now if it is due; None where there is none.

        What the same run brings after its digest was published goes out one by one: a second digest would carry the
        first one's id.
        """
        name = digest_id(format_day(run_date), manager)
        held = next((digest for digest in outbox.digests if digest.id == name), None)
        if held is not None or len(group) <= DIGEST_ABOVE:
            return held
        alerts = worst_first(entry.alert for entry in group)
        members = tuple(alert.id for alert in alerts)
        return self._alerts.put_digest(tenant, Digest(name, run_date, manager, tuple(alerts[:LISTED]), members))

    def _publish_group(self, tenant: TenantId, group: Sequence[OutboxEntry], digest: Digest | None) -> None:
        """Publishes alerts of one account manager: the members of a digest by it, the others one by one."""
        members = () if digest is None else digest.members
        if digest is not None and not digest.published:
            self._notifier.publish(tenant, self._notifications.of_digest(tenant, digest))
            self._alerts.mark_digest(tenant, digest)
        for entry in group:
            if entry.alert.id not in members:
                self._notifier.publish(tenant, self._notifications.of_alert(tenant, entry.alert))
            self._workflow.apply(tenant, entry.alert)
            self._alerts.mark_published(tenant, entry, self._clock())

    def _publish_notices(self, tenant: TenantId, outbox: Outbox, notices: Sequence[OutboxEntry]) -> list[Digest]:
        """One notice per version of the settings, with every client that it affects; answers them.

        It is decided and stored like a digest: what a crash left of it is not a notice of its own.
        """
        decided = []
        left = list(notices)
        while left:
            notice = self._notice(tenant, outbox, left)
            if not notice.published:
                self._notifier.publish(tenant, self._notifications.of_settings_notice(tenant, notice))
                self._alerts.mark_digest(tenant, notice)
            for entry in left:
                if entry.id in notice.members:
                    self._alerts.mark_published(tenant, entry, self._clock())
            left = [entry for entry in left if entry.id not in notice.members]
            decided.append(notice)
        return decided

    def _notice(self, tenant: TenantId, outbox: Outbox, notices: Sequence[OutboxEntry]) -> Digest:
        """The notice that tells the first of some entries; its members are entries, where a digest's are alerts."""
        first = notices[0]
        for held in outbox.digests:
            if first.id in held.members:
                return held
        entries = [entry for entry in notices if entry.settings_version == first.settings_version]
        alerts = worst_first(entry.alert for entry in entries)
        members = tuple(sorted(entry.id for entry in entries))
        name = hashlib.sha256("\n".join([str(first.settings_version), *members]).encode()).hexdigest()[:32]
        # It goes away with the release that it was published by, or with that of its night.
        day = max(outbox.released, default=first.run_date or day_of_instant(first.created_at))
        return self._alerts.put_digest(tenant, Digest(name, day, None, tuple(alerts[:LISTED]), members))


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
