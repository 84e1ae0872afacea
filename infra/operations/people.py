"""The people of the user pool, written out and brought back: Cognito keeps no backup of a pool.

What comes back is who may do what. Passwords and second factors are known to nobody: everybody is sent an invitation.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.operations.alone import Alone
from infra.operations.errors import OperationError
from infra.operations.site import Site

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

Tell = Callable[[str], object]

_KEPT: Final = ("email", "email_verified", "name", "custom:tenant_id", "custom:account_manager_id")


def export_people(site: Site, file: Path, tell: Tell, *, dry_run: bool = False) -> int:
    """Write everybody of the user pool to a file, one JSON line each: name, attributes, groups, whether enabled.

    The file is replaced as a whole and can be read by its owner alone. Returns how many they are. Run it each night.
    """
    people = 0
    if dry_run:
        people = sum(1 for _ in _people(site.identities, site.outputs["UserPoolId"]))
        tell(f"{people} people would be exported")
        return people
    scratch = file.with_name(f"{file.name}.tmp")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        for person in _people(site.identities, site.outputs["UserPoolId"]):
            out.write(json.dumps(person, ensure_ascii=False) + "\n")
            people += 1
    scratch.replace(file)
    tell(f"{people} people exported to {file}")
    return people


def import_people(site: Site, file: Path, tell: Tell, *, dry_run: bool = False) -> int:
    """Make everybody of an export who is not in the user pool, with their tenant and groups; each gets an invitation.

    Who is there already keeps what they have but gets the groups that are missing; who was only invited here and is
    disabled in the export is disabled. Returns how many were made (dry run: would be). Repeat it at will.
    """
    cognito, pool = site.identities, site.outputs["UserPoolId"]
    wanted = list(_read(file))
    there = {_email(held): (name, held) for name, held in _users(cognito, pool) if "email" in held["attributes"]}
    for person in wanted:
        if _email(person) in there and _tenant(there[_email(person)][1]) != _tenant(person):
            raise OperationError("somebody of the export belongs to another tenant here: see that it is the right pool")
    made = sum(_email(person) not in there for person in wanted)

    def bring_back(place: int) -> None:
        person, groups = wanted[place - 1], list[str]()
        if _email(person) in there:
            name, held = there[_email(person)]
            groups = _groups(cognito, pool, name)
            if held["invited"] and held["enabled"] and not person["enabled"]:  # an import that died before this
                cognito.admin_disable_user(UserPoolId=pool, Username=name)
        else:
            _make(cognito, pool, person)
        for group in person["groups"]:
            if group not in groups:
                cognito.admin_add_user_to_group(UserPoolId=pool, Username=_email(person), GroupName=group)

    alone = Alone(lambda said: tell(f"line {said}"))
    alone.each(() if dry_run else range(1, len(wanted) + 1), bring_back)
    alone.end()
    tell(f"{made} of {len(wanted)} people {'would be made' if dry_run else 'made'}, {len(wanted) - made} were there")
    return made


def _people(cognito: "CognitoIdentityProviderClient", pool: str) -> Iterator[dict[str, Any]]:
    for name, held in _users(cognito, pool):
        person = {**held, "groups": _groups(cognito, pool, name)}
        yield {field: person[field] for field in ("attributes", "groups", "enabled")}


def _users(cognito: "CognitoIdentityProviderClient", pool: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everybody without groups, by the name in the pool; `invited` who has not signed in yet."""
    for page in cognito.get_paginator("list_users").paginate(UserPoolId=pool):
        for user in page["Users"]:
            held = {each["Name"]: each.get("Value") for each in user.get("Attributes", [])}
            attributes = {name: held[name] for name in _KEPT if name in held}
            yield (
                user["Username"],
                {
                    "attributes": attributes,
                    "enabled": user.get("Enabled", True),
                    "invited": user.get("UserStatus") == "FORCE_CHANGE_PASSWORD",
                },
            )


def _groups(cognito: "CognitoIdentityProviderClient", pool: str, name: str) -> list[str]:
    pages = cognito.get_paginator("admin_list_groups_for_user").paginate(UserPoolId=pool, Username=name)
    return sorted(group["GroupName"] for page in pages for group in page["Groups"])


def _make(cognito: "CognitoIdentityProviderClient", pool: str, person: dict[str, Any]) -> None:
    attributes: list[Any] = [{"Name": name, "Value": value} for name, value in person["attributes"].items()]
    cognito.admin_create_user(
        UserPoolId=pool, Username=_email(person), UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
    )
    if not person["enabled"]:
        cognito.admin_disable_user(UserPoolId=pool, Username=_email(person))


def _email(person: dict[str, Any]) -> str:
    return str(person["attributes"]["email"])


def _tenant(person: dict[str, Any]) -> str | None:
    tenant: str | None = person["attributes"].get("custom:tenant_id")
    return tenant


def _read(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            person = json.loads(line)
            _email(person)
            person["groups"], person["enabled"]
        except (ValueError, KeyError, TypeError) as error:
            raise OperationError(f"{file}, line {number} is no person of an export: nothing was changed") from error
        yield person
