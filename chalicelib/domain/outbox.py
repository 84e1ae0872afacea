"""What is stored beside current rows to be published, and what a tenant has left to publish."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.domain.alerts import Alert
from chalicelib.domain.facts import Day, Instant


class SettingsNotice(NamedTuple):
    """A client whose rule holds only because the settings changed: told in one notice, not as an alert."""

    alert: Alert
    settings_version: int


class AlertWrites(NamedTuple):
    """What is stored beside current rows: new alerts and notices with their outbox entries, and what resolves.

    `run_date` is that of the nightly run whose release the entries wait for, None for those of a calculation.
    """

    alerts: tuple[Alert, ...] = ()
    notices: tuple[SettingsNotice, ...] = ()
    resolved: tuple[str, ...] = ()
    run_date: Day | None = None
    now: Instant = Instant(0)

    def __bool__(self) -> bool:
        return self.items > 0

    @property
    def items(self) -> int:
        """How many items they are: an alert has its outbox entry and a place in its client's list, a resolved one one
        in the list of those.
        """
        return 3 * len(self.alerts) + len(self.notices) + 2 * len(self.resolved)

    @classmethod
    def of(cls, parts: Iterable["AlertWrites"]) -> "AlertWrites":
        """The writes of several clients of one evaluation as one."""
        held = list(parts)
        return cls(
            tuple(alert for part in held for alert in part.alerts),
            tuple(notice for part in held for notice in part.notices),
            tuple(resolved for part in held for resolved in part.resolved),
            next((part.run_date for part in held if part.run_date is not None), None),
            max((part.now for part in held), default=Instant(0)),
        )


class OutboxEntry(NamedTuple):
    """Something still to be published: an alert, or (with `settings_version`) a client of a settings notice."""

    id: str
    alert: Alert
    settings_version: int | None
    run_date: Day | None
    created_at: Instant
    told: bool = False
    """Whether its alert was published already, though something else of it is left to do."""


class Digest(NamedTuple):
    """A digest that a run has for an account manager: decided once, then published, until the run is released."""

    id: str
    run_date: Day
    account_manager_id: str | None
    alerts: tuple[Alert, ...]
    members: tuple[str, ...]
    published: bool = False

    @property
    def total(self) -> int:
        """How many alerts it stands for; `alerts` are the worst of them."""
        return len(self.members)


class Release(NamedTuple):
    """A complete run whose alerts may be published, with the due mark that stands for it until they are.

    `night` and `mark` are the mark's `as_of` and version; a run that an older build started has none.
    """

    night: Instant | None = None
    mark: int = 0


class Outbox(NamedTuple):
    """All that a tenant has to publish, and the dates whose runs are released.

    `damaged` are the sort keys of entries that cannot be read.
    """

    entries: Sequence[OutboxEntry]
    digests: Sequence[Digest]
    released: Mapping[Day, Release]
    damaged: Sequence[str] = ()
