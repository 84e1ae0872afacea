"""Rotation of the key of list cursors, seen through the API: nobody who turns pages notices."""

import boto3
import pytest

from chalicelib import bootstrap
from infra.operations.command import main
from infra.operations.errors import OperationError
from infra.operations.signing_key import rotate_signing_key
from infra.operations.site import Site
from tests.functional.examples import client
from tests.functional.service import Service

STAGE = "test"
PARAMETER = f"/client-health-{STAGE}/cursor-signing-key"


@pytest.fixture
def site(service: Service, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(boto3.Session(region_name="eu-central-1"), {}, stage=STAGE)
    made.parameters.put_parameter(Name=PARAMETER, Type="SecureString", Value="first", Overwrite=True)
    monkeypatch.setenv("SIGNING_KEY_PARAMETER", PARAMETER)
    _new_process()
    service.take(*(client(f"c{number}") for number in range(4)))
    service.drain()
    return made


def _new_process() -> None:
    """The next request reads configuration and keys as a process that has just started."""
    bootstrap.application.cache_clear()


def _keys(site: Site) -> list[str]:
    return site.parameters.get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"].split()


def _rotate(site: Site, *, drop: bool = False, dry_run: bool = False) -> list[str]:
    told: list[str] = []
    rotate_signing_key(site, told.append, drop_previous=drop, dry_run=dry_run)
    return told


def _page(service: Service, cursor: str = "") -> tuple[int, str]:
    answer = service.http("GET", f"/v1/clients?limit=1{f'&cursor={cursor}' if cursor else ''}")
    assert answer.status == 400 or answer.body["next_cursor"], answer
    return answer.status, answer.body.get("next_cursor", "")


def test_pages_turn_on_across_a_rotation_until_the_key_before_is_dropped(service: Service, site: Site) -> None:
    _, old = _page(service)
    _rotate(site)
    assert _keys(site)[1:] == ["first"]
    assert _page(service, old)[0] == 200  # the process from before
    _new_process()
    status, new = _page(service, old)
    assert status == 200
    assert _rotate(site, drop=True) == ["the key before dropped: cursors that it signed are refused"]
    assert _rotate(site, drop=True) == ["one key is in force; there is none before it"]
    _new_process()
    assert _page(service, new)[0] == 200
    assert _page(service, old)[0] == 400


def test_only_the_last_key_before_is_kept(site: Site) -> None:
    _rotate(site)
    second = _keys(site)[0]
    assert "the one before that refused" in _rotate(site)
    assert _keys(site)[1:] == [second]
    assert len(set(_keys(site))) == 2


def test_a_dry_run_changes_nothing(site: Site) -> None:
    assert "would be in force" in _rotate(site, dry_run=True)[0]
    assert _keys(site) == ["first"]


def test_a_stage_without_a_key_is_told_to_be_deployed(site: Site) -> None:
    site.parameters.delete_parameter(Name=PARAMETER)
    with pytest.raises(OperationError, match="deploy the stage"):
        _rotate(site)


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["rotate-signing-key", "--help"])
    assert exit_.value.code == 0
    assert "--drop-previous" in capsys.readouterr().out
