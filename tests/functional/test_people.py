"""The people of a user pool into a file and back, on moto."""

import json
import stat
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.operations.errors import OperationError
from infra.operations.people import export_people, import_people
from infra.operations.site import Site

REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def aws() -> Any:
    with mock_aws():
        yield


def pool() -> Site:
    cognito = boto3.client("cognito-idp", region_name=REGION)
    made = cognito.create_user_pool(
        PoolName="people",
        UsernameAttributes=["email"],
        Schema=[{"Name": "tenant_id", "AttributeDataType": "String", "Mutable": False}],
    )["UserPool"]["Id"]
    for group in ("reports.read", "settings.write"):
        cognito.create_group(UserPoolId=made, GroupName=group)
    return Site(boto3.Session(region_name=REGION), {"UserPoolId": made})


def person(site: Site, email: str, tenant: str, *groups: str) -> None:
    attributes: Any = [{"Name": "email", "Value": email}, {"Name": "custom:tenant_id", "Value": tenant}]
    cognito, name = site.identities, site.outputs["UserPoolId"]
    cognito.admin_create_user(UserPoolId=name, Username=email, UserAttributes=attributes)
    for group in groups:
        cognito.admin_add_user_to_group(UserPoolId=name, Username=email, GroupName=group)


def quiet(_: str) -> None:
    """Says nothing."""


def exported(site: Site, folder: Path) -> list[Any]:
    export_people(site, folder / "again.jsonl", quiet)
    lines = (folder / "again.jsonl").read_text().splitlines()
    return sorted(map(json.loads, lines), key=lambda person: str(person["attributes"]["email"]))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An export of three people: one with groups, one without, one disabled."""
    site = pool()
    person(site, "grace@acme.example", "acme", "reports.read", "settings.write")
    person(site, "zoe@rival.example", "rival")
    person(site, "gone@acme.example", "acme", "reports.read")
    site.identities.admin_disable_user(UserPoolId=site.outputs["UserPoolId"], Username="gone@acme.example")
    assert export_people(site, tmp_path / "people.jsonl", quiet) == 3
    return tmp_path / "people.jsonl"


def test_everybody_comes_back_with_tenant_and_groups(file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    wanted = sorted(map(json.loads, file.read_text().splitlines()), key=lambda each: str(each["attributes"]["email"]))
    assert [each["enabled"] for each in wanted] == [False, True, True]
    new = pool()
    assert import_people(new, file, quiet, dry_run=True) == 3
    assert exported(new, tmp_path) == []
    assert import_people(new, file, quiet) == 3
    assert exported(new, tmp_path) == wanted
    assert import_people(new, file, quiet) == 0
    assert exported(new, tmp_path) == wanted


def test_an_import_that_died_goes_on(file: Path, tmp_path: Path) -> None:
    new = pool()
    person(new, "grace@acme.example", "acme", "reports.read")  # made, and then it died among the groups
    assert import_people(new, file, quiet) == 2
    groups = {each["attributes"]["email"]: each["groups"] for each in exported(new, tmp_path)}
    assert groups["grace@acme.example"] == ["reports.read", "settings.write"]


def test_a_pool_where_somebody_belongs_to_another_tenant_is_refused(file: Path) -> None:
    new = pool()
    person(new, "zoe@rival.example", "acme")
    with pytest.raises(OperationError, match="another tenant here"):
        import_people(new, file, quiet)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"attributes": {"email": "a"}}', '{"attributes": []}', "7"])
def test_a_damaged_export_changes_nothing(file: Path, tmp_path: Path, text: str) -> None:
    with file.open("a") as damaged:
        damaged.write(text + "\n")
    new = pool()
    with pytest.raises(OperationError, match="line 4 is no person of an export: nothing was changed"):
        import_people(new, file, quiet)
    assert exported(new, tmp_path) == []
