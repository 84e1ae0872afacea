"""One night with everything in it: what is there before, what happens, and what two histories are told apart by."""

from dataclasses import replace
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.adapters.dynamodb.page_codec import decode_rows
from chalicelib.domain.activities import Author
from chalicelib.domain.settings import Settings
from chalicelib.domain.times import parse_instant
from chalicelib.services import relay
from chalicelib.tenancy import bound_to
from tests.faults.aws import TENANT, Account, Item, Items, Mail, app
from tests.running import adapters

NIGHT: Final = "2026-11-24T02:00:00Z"
AS_OF: Final = parse_instant(NIGHT)
PAGE_SEATS: Final = 64

POINTS: Final = {"ann": (90, 50), "bob": (90, 30), "eve": (65, 65), "dan": (90, 50), "rob": (50, 90)}
"""Each client's points of stack standardization, a month ago and now; dan and rob are on the second page.

Ann and Bob fall and are told in one digest, Dan falls and is told alone, Rob recovers, Eve is below only by the new
settings: a notice.
"""

MANAGERS: Final = {"ann": "m1", "bob": "m1", "dan": "m2", "rob": "m2"}

WRITING_TIMES: Final = {
    "expires": "counts from the later of the night and the moment of writing (architecture: retention)",
    "published_at": "when the message went out",
    "noted_at": "when a walk of the registry came so far",
    "mark": "the version of the night's due mark: a start that is repeated makes another",
}
"""The attributes that tell when something was written, which a fault may delay; all others have to be equal.

So does the `as_of` of a row that a refresh after the night wrote (the workflow's flag brings one): it is when the
refresh ran. That of the night's own rows is the night's, in every history.
"""


def points(client: str, number: int) -> dict[str, Any]:
    return {
        "type": "assessment",
        "id": "A1",
        "client_id": client,
        "completed_on": "2026-10-01",
        "standardization_score": number,
    }


def client(name: str) -> dict[str, Any]:
    manager = {"account_manager_id": MANAGERS[name]} if name in MANAGERS else {}
    return {"type": "client", "id": name, "name": name.title(), "status": "ACTIVE", **manager}


def change_settings(*, workflow: bool = True, **scoring: Any) -> None:
    """Changes the tenant's settings."""

    def change(held: Settings) -> Settings:
        return replace(held, at_risk_workflow=workflow, scoring=replace(held.scoring, **scoring))

    with bound_to(TENANT):
        version = adapters().tenants.get(TENANT).settings.version
        app().settings_editor.replace(TENANT, {version}, change, None, Author("someone", "someone"))


def found(account: Account) -> None:
    """The tenant and its clients on two pages, scored by stack standardization alone."""
    app().registration.create(TENANT, "Initech", "Europe/Rome", "EUR", "someone")
    weights = (0, 0, 0, 0, 0, 10_000, 0, 0, 0)
    change_settings(primary_model="weighted", sources=("assessments",), weights=weights)
    account.subscribe()
    for place, name in enumerate(POINTS):
        if place == 3:
            with bound_to(TENANT):
                adapters().tenants.take_seats(TENANT, PAGE_SEATS - 3)
        account.take(client(name), points(name, POINTS[name][0]))
    account.deliver()


def prepare(account: Account) -> Items:
    """The table as it is on the eve of the night."""
    account.clock.to("2026-10-23T12:00:00Z")
    found(account)
    account.trigger("2026-10-24T02:00:00Z")
    account.deliver()
    account.mail()
    account.clock.to("2026-11-23T12:00:00Z")
    account.take(*(points(name, now) for name, (before, now) in POINTS.items() if before != now))
    change_settings(alert_threshold=70)
    account.deliver()
    assert account.failures == []
    return account.items()


class State(NamedTuple):
    """All that two histories are told apart by."""

    items: Items
    mail: dict[str, dict[str, Any]]
    queues: tuple[int, int]


def live(account: Account) -> State:
    """The night, then all that comes again by itself until nothing is left to do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "DIGEST_ABOVE", 1)  # two alerts of one account manager stand for more than twenty
        account.trigger(NIGHT)
        account.deliver()
        account.sweep()
    mail: dict[str, Mail] = account.mail()
    bodies = {name: dict(held.bodies) for name, held in mail.items()}
    return State({key: comparable(item) for key, item in account.items().items()}, bodies, account.queues())


def comparable(item: Item) -> Item:
    """An item without the times of writing, its rows decoded, its sets (which have no order) sorted."""
    kept = {name: _sorted(value) for name, value in item.items() if name not in WRITING_TIMES}
    if item["sk"]["S"] == "NOW":
        del kept["v"]  # how often it was written: where one client's call fails the others' rows are stored first
        rows = decode_rows(kept["d"]["B"])
        kept["d"] = {seat: row._replace(as_of=min(row.as_of, AS_OF + 1)) for seat, row in rows.items()}
    return kept


def _sorted(value: Any) -> Any:
    return {kind: sorted(held) if kind in {"NS", "SS"} else held for kind, held in value.items()}


def differences(clean: State, other: State) -> list[str]:
    """What is not as in the clean run."""
    pairs: list[tuple[Any, Any, Any]] = [
        (key, clean.items.get(key), other.items.get(key)) for key in sorted(clean.items | other.items)
    ]
    pairs += [(f"mail of {name}", clean.mail[name], other.mail[name]) for name in clean.mail]
    told = [f"{what}: {expected} became {found}" for what, expected, found in pairs if expected != found]
    return told + ([] if other.queues == (0, 0) else [f"messages are left: {other.queues}"])
