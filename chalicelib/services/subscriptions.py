"""Who gets the messages of an account manager, and of clients whose account manager nothing reaches.

The items say what is wanted, and are written first; SNS is then made to agree, endpoint by endpoint. That may be
repeated at any time, and is: when subscriptions are listed, with the tenant's night, and for those not yet confirmed
before anything is published. So a crash between the two leaves nothing that would not be mended.

| crash after | what is left | who mends it |
|---|---|---|
| the item of a new one | an item that SNS knows nothing of | the caller's repeat, listing, the night |
| subscribing | SNS's subscription, of which the item does not know the name | the same: subscribing again returns it |
| noting a removal | an item that is listed no more, SNS's filter as before | the same; the caller's repeat says 404 |
| the filter, or unsubscribing | the noted removal | the same: ending what has ended is no error |
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from chalicelib.domain.errors import ConflictError, Fault, InvalidError, NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Subscription
from chalicelib.services.errors import TooBusyError
from chalicelib.tenancy import may_see

if TYPE_CHECKING:
    from chalicelib.domain.subscriptions import Standing, SubscriptionState
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.notifications import Notifier, SubscriptionStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore

Items: TypeAlias = list[Subscription]
Done: TypeAlias = Literal["nothing", "changed", "unsubscribed"]

NOTHING: Final[Done] = "nothing"

SHARED_BY_AT_MOST: Final = 149
"""Account managers of one endpoint: a filter has 150 values, and one of them may be the fallback's."""

CONFIRM_WITHIN_SECONDS: Final = 48 * 3600
"""SNS forgets a subscription that nobody has confirmed by then (Developer Guide, Deleting a subscription)."""

ROUNDS: Final = 5
"""How often SNS is made to agree while others change the same endpoint."""


class Reach(NamedTuple):
    """Whom messages reach: account managers, and (None) the fallback addresses."""

    reached: frozenset[RecordId | None]
    errors: tuple[Exception, ...] = ()
    """Why some endpoints could not be asked about; they count as they were last seen."""

    def told(self, manager: str | None) -> RecordId | None:
        """Who is told what is for an account manager: itself, or (None) the fallback addresses."""
        return RecordId(manager) if manager is not None and manager in self.reached else None

    def reaches(self, manager: str | None) -> bool:
        """Whether anybody is told what is for an account manager."""
        return self.told(manager) is not None or None in self.reached


class Subscriptions:
    """Creates, lists and removes subscriptions of a tenant's topic."""

    def __init__(
        self,
        tenants: TenantStore,
        managers: AccountManagerStore,
        subscriptions: SubscriptionStore,
        notifier: Notifier,
        clock: Clock,
    ) -> None:
        self._tenants, self._managers = tenants, managers
        self._subscriptions, self._notifier, self._clock = subscriptions, notifier, clock

    def create(self, tenant: TenantId, manager: RecordId, protocol: str, endpoint: str) -> Subscription:
        """Subscribes an endpoint; the same once more is the same subscription, asked for again if it is unconfirmed.

        Raises NotFoundError, InvalidError for an endpoint that SNS refuses or that too many share, ConflictError when
        the tenant has as many as SNS takes.
        """
        self._known(tenant, manager)
        wanted = _new(manager, protocol, endpoint)
        held = [s for s in self._subscriptions.all(tenant) if s.place == wanted.place]
        sharing = {s.manager for s in held if s.state != "removed"} | {manager}
        if len(sharing - {None}) > SHARED_BY_AT_MOST:
            fault = f"This endpoint is shared by {SHARED_BY_AT_MOST} account managers already, as many as SNS takes."
            raise InvalidError([Fault("/endpoint", fault)])
        if any(s.manager == manager and s.confirmed for s in held):
            stands = _of(manager, self._settle(tenant, held))
            if stands is not None and stands.confirmed:
                return stands
        asked = self._ask(tenant, wanted)
        try:
            return _of(manager, self._settle(tenant, self._sharing(tenant, asked))) or asked
        except (InvalidError, ConflictError):
            self._subscriptions.delete(tenant, asked)
            raise

    def list(self, tenant: TenantId, manager: RecordId) -> Items:
        """An account manager's subscriptions as they are at SNS now. Raises NotFoundError."""
        self._known(tenant, manager)
        places = _by_place(self._subscriptions.all(tenant))
        own = [held for held in places if any(s.manager == manager for s in held)]
        settled = (_of(manager, self._settle_or_end(tenant, held)) for held in own)
        return [one for one in settled if one is not None and one.state != "removed"]

    def remove(self, tenant: TenantId, manager: RecordId, subscription_id: str) -> None:
        """Ends a subscription, or takes an account manager out of one that is shared. Raises NotFoundError.

        One that waits for its owner cannot be ended: SNS forgets it in time, and should it be confirmed, it is ended.
        """
        _refuse_other(manager)
        for held in self._subscriptions.all(tenant):
            if (held.manager, held.id) == (manager, subscription_id) and held.state != "removed":
                return self._remove(tenant, held)
        raise NotFoundError(f"There is no subscription {subscription_id}.")

    def keep_fallback(self, tenant: TenantId, emails: Iterable[str], *, renew: bool) -> None:
        """Makes the fallback addresses of the settings, and no others, subscribers of what reaches no account manager.

        With `renew`, one that has ended is asked again: for who has just said so, not for each night.
        """
        wanted = set(emails)
        stored = self._subscriptions.all(tenant)
        of_settings = [s for s in stored if (s.manager, s.protocol) == (None, "email")]
        held = {s.endpoint: s for s in of_settings if s.state != "removed"}
        changed = [_new(None, "email", email) for email in sorted(wanted - held.keys())]
        changed += [s for email, s in held.items() if renew and email in wanted and s.state == "ended"]
        asked = [self._ask(tenant, one) for one in changed]
        removed = [s._replace(state="removed") for email, s in held.items() if email not in wanted]
        for one in removed:
            self._subscriptions.put(tenant, one)
        for one in (*asked, *removed):
            self._settle_or_end(tenant, self._sharing(tenant, one))

    def recheck(self, tenant: TenantId) -> Reach:
        """Looks at everything again, once a night, and does what a crash or SNS left undone."""
        errors: tuple[Exception, ...] = ()
        try:
            self.keep_fallback(tenant, self._tenants.get(tenant).settings.scoring.fallback_emails, renew=False)
        except Exception as error:
            errors = (error,)
        found = self._reach(tenant, frozenset({"pending", "removed", "confirmed"}))
        return found._replace(errors=errors + found.errors)

    def reach(self, tenant: TenantId) -> Reach:
        """Whom messages reach at this moment; those not confirmed when last seen are asked about."""
        return self._reach(tenant, frozenset({"pending", "removed"}))

    def stored(self, tenant: TenantId) -> Items:
        """All subscriptions as last seen, for what shows them beside other things."""
        return [s for s in self._subscriptions.all(tenant) if s.state != "removed"]

    def _reach(self, tenant: TenantId, asked: frozenset[str]) -> Reach:
        seen: list[Subscription] = []
        errors: list[Exception] = []
        for held in _by_place(self._subscriptions.all(tenant)):
            left = held
            if any(s.state in asked for s in held):
                try:
                    left = self._settle_or_end(tenant, held)
                except Exception as error:  # one endpoint that fails keeps no other from being reached
                    errors.append(error)
            seen += left
        return reach_of(seen)._replace(errors=tuple(errors))

    def _ask(self, tenant: TenantId, wanted: Subscription) -> Subscription:
        asked = wanted._replace(arn="", state="pending", asked_at=self._clock())
        self._subscriptions.put(tenant, asked)
        return asked

    def _remove(self, tenant: TenantId, held: Subscription) -> None:
        removed = held._replace(state="removed")
        self._subscriptions.put(tenant, removed)
        self._settle_or_end(tenant, self._sharing(tenant, removed))

    def _sharing(self, tenant: TenantId, one: Subscription) -> Items:
        return [s for s in self._subscriptions.all(tenant) if s.place == one.place]

    def _settle_or_end(self, tenant: TenantId, held: Items) -> Items:
        """Makes SNS agree; what it refuses for good has ended, for nobody waits here to be told."""
        try:
            return self._settle(tenant, held)
        except (InvalidError, ConflictError):
            ended = [s._replace(state="ended") if s.state == "pending" and not s.arn else s for s in held]
            for before, after in zip(held, ended, strict=True):
                if after != before:
                    self._subscriptions.replace(tenant, before, after)
            return ended

    def _settle(self, tenant: TenantId, held: Items) -> Items:
        """Makes SNS agree with the items of one endpoint; returns those that are left, as they are then.

        Whoever changed something at SNS looks at the items again: another may have changed them in between, and have
        come to SNS first.
        """
        for _ in range(ROUNDS):
            left, done = self._agree(tenant, held)
            if done == "nothing":
                return left
            again = self._sharing(tenant, held[0])
            if _wanted(again) == _wanted(left):
                return left
            held = [s._replace(arn="") if s.live and done == "unsubscribed" else s for s in again]
        raise TooBusyError("others keep changing who shares an endpoint")

    def _agree(self, tenant: TenantId, held: Items) -> tuple[Items, Done]:
        live = [s for s in held if s.live]
        removed = [s for s in held if s.state == "removed"]
        left = [s for s in held if s.state == "ended"]
        if not live:
            return left + self._end(tenant, removed), "unsubscribed" if removed else "nothing"
        managers, done = {s.manager for s in live}, NOTHING
        arn = next((s.arn for s in live if s.arn), "")
        if not all(s.arn for s in live):
            arn, done = self._notifier.subscribe(tenant, managers, *live[0].place), "changed"
        standing = self._notifier.standing(arn)
        if standing is not None and standing.managers != managers:
            self._notifier.set_managers(arn, managers)
            done = "changed"
        for one in live:
            seen = one._replace(arn=arn, state=self._state(standing, one))
            if seen != one:
                self._subscriptions.replace(tenant, one, seen)
            left.append(seen)
        for one in removed:
            self._subscriptions.delete(tenant, one)
        return left, done

    def _end(self, tenant: TenantId, removed: Items) -> Items:
        """Ends what nobody shares any more; returns what waits for its owner, and cannot be ended yet."""
        left = []
        for one in removed:
            if not one.arn or self._notifier.unsubscribe(one.arn) or self._lapsed(one):
                self._subscriptions.delete(tenant, one)
            else:
                left.append(one)
        return left

    def _state(self, standing: Standing | None, one: Subscription) -> SubscriptionState:
        if standing is not None and standing.confirmed:
            return "confirmed"
        return "ended" if standing is None or self._lapsed(one) else "pending"

    def _lapsed(self, one: Subscription) -> bool:
        return one.asked_at > 0 and self._clock() - one.asked_at > CONFIRM_WITHIN_SECONDS

    def _known(self, tenant: TenantId, manager: RecordId) -> None:
        _refuse_other(manager)
        if manager not in self._managers.get(tenant, [manager]):
            raise _no_manager(manager)


def reach_of(subscriptions: Iterable[Subscription]) -> Reach:
    """Whom messages reach by subscriptions as they were last seen."""
    return Reach(frozenset(s.manager for s in subscriptions if s.confirmed))


def _refuse_other(manager: RecordId) -> None:
    """Who has one account manager's clients alone subscribes to their messages alone."""
    if not may_see(manager):
        raise _no_manager(manager)


def _no_manager(manager: RecordId) -> NotFoundError:
    return NotFoundError(f"There is no account manager {manager}.")


def _new(manager: RecordId | None, protocol: str, endpoint: str) -> Subscription:
    name = hashlib.sha256(f"{manager or ''}\n{protocol}\n{endpoint}".encode()).hexdigest()[:16]
    return Subscription(name, manager, protocol, endpoint)


def _of(manager: RecordId | None, held: Items) -> Subscription | None:
    return next((s for s in held if s.manager == manager), None)


def _by_place(held: Items) -> list[Items]:
    places: dict[tuple[str, str], Items] = {}
    for one in held:
        places.setdefault(one.place, []).append(one)
    return list(places.values())


def _wanted(held: Items) -> set[tuple[RecordId | None, bool, bool]]:
    """What others may have changed about an endpoint: who shares it, and who is taken out."""
    return {(s.manager, s.live, s.state == "removed") for s in held}
