"""Commands on one tenant or person: what fails at every call keeps nothing else, and a repeat finishes the work."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from chalicelib.domain.facts import Instant
from chalicelib.domain.times import parse_instant
from infra.operations.client_erasure import erase_client
from infra.operations.errors import OperationError
from infra.operations.mending import mend_future
from infra.operations.offboarding import offboard_tenant
from infra.operations.people import import_people
from infra.operations.site import Site
from tests.functional.conftest import TABLE
from tests.functional.service import Service
from tests.functional.test_data_operations import ACME, GONE, NOW, fleet, restore, site
from tests.functional.test_future_nights import frozen, mend, plain, twins
from tests.functional.test_people import aws, exported, file, pool, quiet

__all__ = ["aws", "file", "fleet", "frozen", "site", "twins"]

Key = tuple[str, str]
Items = dict[Key, Any]


LATER: Final = parse_instant("2026-11-24T13:00:00Z")


@pytest.fixture
def future_site(service: Service) -> Site:
    return Site(boto3.Session(region_name="eu-central-1"), {"TableName": TABLE, "QueueUrl": service.queue_url})


class PoisonError(Exception):
    """A call fails, at every try."""


def poisoned(site: Site, hits: Callable[[str, Any], bool]) -> Site:
    """A site where calls fail; `hits` is told an operation's name and its parameters."""

    def fail(model: Any, params: Any, **_: Any) -> None:
        sent = params.get("body")
        if hits(model.name, json.loads(sent) if isinstance(sent, bytes) and sent[:1] == b"{" else sent):
            raise PoisonError

    class Poisoned(Site):
        @property
        def tables(self) -> Any:
            made = super().tables
            made.meta.events.register("before-call.dynamodb", fail)
            return made

        @property
        def identities(self) -> Any:
            made = super().identities
            made.meta.events.register("before-call.cognito-identity-provider", fail)
            return made

        @property
        def topics(self) -> Any:
            made = super().topics
            made.meta.events.register("before-call.sns", fail)
            return made

    return Poisoned(site.session, site.outputs)


def writes_of(key: Key) -> Callable[[str, Any], bool]:
    """Every write that an item is in, also together with others."""
    named = [json.dumps({name: {"S": value}})[1:-1] for name, value in zip(("pk", "sk"), key, strict=True)]

    def hits(operation: str, body: Any) -> bool:
        text = json.dumps(body)
        return operation in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"} and all(
            name in text for name in named
        )

    return hits


def name_of(key: Key) -> str:
    """What kind of item it is."""
    return "APIKEY" if key[0].startswith("APIKEY") else key[1].partition("#")[0]


def one_of_each_kind(keys: Iterable[Key]) -> list[Key]:
    """Items of one kind have names that differ in ids and dates alone."""

    def kind(key: Key) -> str:
        partition = "page" if "#P#" in key[0] else key[0].removeprefix("T#acme")
        return f"{partition} {re.sub(r'#[^#]*[a-z0-9][^#]*', '#', key[1])}"

    return list({kind(key): key for key in sorted(keys, reverse=True)}.values())


def differing(one: Items, other: Items) -> set[Key]:
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


WITH: Final = {
    "ALERT": {"RESOLVED", "CALERT"},
    "RESOLVED": {"ALERT", "CALERT"},
    "CALERT": {"ALERT"},
    "ALIAS": {"CALIAS"},
    "TASK": {"OPENTASK", "TASK"},
    "OPENTASK": {"TASK"},
    "KEY": {"APIKEY"},
    "APIKEY": {"KEY"},
    "C": {"ALERT", "RESOLVED", "CALERT"},
}
"""What stays with an item of a kind, so that a repeat finds it."""


def beside(left: set[Key], poison: Key) -> set[str]:
    """The kinds of what is left, but for what stays with the poisoned item."""
    return {name_of(key) for key in left - {poison}} - WITH.get(name_of(poison), set())


def test_what_cannot_be_erased_keeps_nothing_else(fleet: Service, site: Site) -> None:
    def erase(at: Site, tell: Callable[[str], object] = quiet) -> int:
        return erase_client(at, ACME, GONE, tell, Instant(NOW))

    prepared, found = fleet.stored(), ("T#acme", f"CLIENT#{GONE}")
    erase(site)
    clean = fleet.stored()
    chosen = one_of_each_kind(differing(prepared, clean) - {found})
    assert len(chosen) > 12
    for key in chosen:
        restore(fleet, prepared)
        told: list[str] = []
        with pytest.raises(OperationError, match="all is done but this of goner"):
            erase(poisoned(site, writes_of(key)), told.append)
        assert any("PoisonError" in line for line in told), told
        assert beside(differing(fleet.stored(), clean) - {found}, key) == set(), key
        assert erase(site) > 0
        assert fleet.stored() == clean, key


def of_acme(service: Service) -> set[Key]:
    """All but what only the sweep takes away."""
    held = {key for key, item in service.stored().items() if "acme" in repr((key, item))}
    return {key for key in held if not key[0].startswith("DUE#")}


def test_what_cannot_be_deleted_of_a_tenant_keeps_nothing_else(fleet: Service, site: Site) -> None:
    sent = {"name": "connector", "permissions": ["records.write"]}
    assert fleet.http("POST", "/v1/settings/api-keys", sent).status == 201
    prepared, settings = fleet.stored(), ("T#acme", "SETTINGS")
    chosen = one_of_each_kind(of_acme(fleet) - {settings})
    assert len(chosen) > 20
    for key in chosen:
        restore(fleet, prepared)
        told: list[str] = []
        with pytest.raises(OperationError):
            offboard_tenant(poisoned(site, writes_of(key)), ACME, told.append)
        assert any("PoisonError" in line for line in told), told
        left = of_acme(fleet)
        assert settings in left
        assert beside(left - {settings}, key) == set(), key
        offboard_tenant(site, ACME, quiet)
        assert of_acme(fleet) == set(), key


@pytest.mark.parametrize("operation", ["AdminDeleteUser", "DeleteTopic"])
def test_a_person_or_a_topic_that_stays_keeps_nothing_else(fleet: Service, site: Site, operation: str) -> None:
    name = site.outputs["UserPoolId"]

    def users() -> list[str]:
        return [user["Username"] for user in site.identities.list_users(UserPoolId=name)["Users"]]

    for person in ("ada", "eve"):
        attributes: Any = [{"Name": "custom:tenant_id", "Value": "acme"}]
        site.identities.admin_create_user(UserPoolId=name, Username=person, UserAttributes=attributes)

    def hits(called: str, body: Any) -> bool:
        return called == operation and (called != "AdminDeleteUser" or body["Username"] == "ada")

    with pytest.raises(OperationError):
        offboard_tenant(poisoned(site, hits), ACME, quiet)
    assert of_acme(fleet) == {("T#acme", "SETTINGS")}
    assert users() == (["ada"] if operation == "AdminDeleteUser" else [])
    offboard_tenant(site, ACME, quiet)
    assert of_acme(fleet) == set()
    assert users() == []


def test_what_cannot_be_mended_keeps_nothing_else(frozen: Service, future_site: Site) -> None:
    prepared = frozen.stored()
    assert mend(future_site) > 0
    clean = plain(frozen.stored())
    changed = {key for key in differing(plain(prepared), clean) if key[0].startswith("T#acme")}
    chosen = one_of_each_kind(changed)
    assert len(chosen) > 8
    for key in chosen:
        restore(frozen, prepared)
        told: list[str] = []
        with pytest.raises(OperationError):
            mend_future(poisoned(future_site, writes_of(key)), ACME, told.append, LATER)
        assert any("PoisonError" in line for line in told), told
        assert beside(differing(plain(frozen.stored()), clean), key) == set(), key
        mend(future_site)
        assert plain(frozen.stored()) == clean, key


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "operation", ["AdminCreateUser", "AdminDisableUser", "AdminAddUserToGroup", "AdminListGroupsForUser"]
)
def test_a_person_who_cannot_be_made_keeps_nobody_else(file: Path, tmp_path: Path, operation: str) -> None:
    wanted = sorted(map(json.loads, file.read_text().splitlines()), key=lambda each: str(each["attributes"]["email"]))
    new, bad = pool(), "gone@acme.example"
    if operation == "AdminListGroupsForUser":
        import_people(new, file, quiet)
    held = new.identities.list_users(UserPoolId=new.outputs["UserPoolId"])["Users"]
    names = {bad, *(user["Username"] for user in held if bad in repr(user))}

    def hits(called: str, body: Any) -> bool:
        return called == operation and body["Username"] in names

    told: list[str] = []
    with pytest.raises(OperationError):
        import_people(poisoned(new, hits), file, told.append)
    assert any("PoisonError" in line for line in told), told

    def others(people: list[Any]) -> list[Any]:
        return [each for each in people if each["attributes"]["email"] != bad]

    assert others(exported(new, tmp_path)) == others(wanted)
    import_people(new, file, quiet)
    assert exported(new, tmp_path) == wanted
