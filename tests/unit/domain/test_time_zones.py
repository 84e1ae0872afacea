"""Zones come from the pinned package, whatever files the machine has."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.time_zones import ZoneInfo, is_time_zone
from chalicelib.domain.times import parse_day
from infra.deployment.packaging import ROOT
from tests.unit.domain.builders import NEW_YORK, ROME
from tests.unit.domain.midnights import midnights

MOMENT = datetime(2026, 12, 1, 12, tzinfo=UTC)


def run(code: str, machine: Path) -> str:
    """What code prints in a process of its own, on a machine whose zones lie in a folder."""
    environment = {"PYTHONTZPATH": str(machine), "AWS_DEFAULT_REGION": "eu-central-1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine that takes Rome for Tokyo and sets its own zone."""
    (tmp_path / "Europe").mkdir()
    with as_file(files("tzdata") / "zoneinfo" / "Asia" / "Tokyo") as tokyo:
        shutil.copy(tokyo, tmp_path / "Europe" / "Rome")
        shutil.copy(tokyo, tmp_path / "localtime")
    return tmp_path


@pytest.mark.parametrize(
    "module", ["app", "infra.local.cli", "infra.operations.command", "tests.unit.domain.builders", "benchmarks.stack"]
)
def test_every_process_has_the_packages_zones_alone(machine: Path, module: str) -> None:
    """Lambda handlers, commands, tests and benchmarks."""
    code = f"""
import zoneinfo, {module}
from chalicelib.domain.tenant import Tenant
print(Tenant("acme", "Acme", "Europe/Rome", "EUR").zone.utcoffset(None), zoneinfo.TZPATH)"""
    plain = "import zoneinfo; print(len(zoneinfo.TZPATH))"
    assert run(plain, machine) == "1", "Python asks the machine first"
    assert run(code, machine) == "None ()"


def test_a_tenants_zone_is_the_packages(machine: Path) -> None:
    code = """
from zoneinfo import ZoneInfo
from datetime import UTC, datetime
def offset(zone): return datetime(2026, 12, 1, 12, tzinfo=UTC).astimezone(zone).utcoffset()
before = ZoneInfo("Europe/Rome")
from chalicelib.domain.tenant import Tenant
print(offset(before), offset(Tenant("acme", "Acme", "Europe/Rome", "EUR").zone))"""
    assert run(code, machine) == "9:00:00 1:00:00"


@pytest.mark.parametrize("name", ["Europe/Rome", "UTC", "Etc/GMT+12", "America/Argentina/Ushuaia", "US/Pacific"])
def test_zones(name: str) -> None:
    assert is_time_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        *("localtime", "Factory", "posixrules", "leapseconds", "tzdata.zi", "zone.tab", "zone1970.tab", "iso3166.tab"),
        *(
            "posix/Europe/Rome",
            "right/Europe/Rome",
            "Europe",
            "Europe/",
            "/Europe/Rome",
            "Europe/Rome\0",
            "Europe/Rome ",
        ),
        *("europe/rome", "EUROPE/ROME", "../zoneinfo/Europe/Rome", "", ".", "CET-1CEST", "Mars/Olympus", "__init__.py"),
    ],
)
def test_what_is_no_zone(name: str) -> None:
    assert not is_time_zone(name)


def test_a_name_that_the_machine_alone_knows_is_no_zone(machine: Path) -> None:
    code = """
import zoneinfo
before = zoneinfo.available_timezones()
from chalicelib.domain.time_zones import is_time_zone
print(sorted(name for name in before if not is_time_zone(name)))"""
    assert run(code, machine) == "['Factory', 'localtime']"


def test_every_zone_that_was_accepted_can_be_read() -> None:
    """Tenants keep the zone they were created with; before, any name counted that the machine or the package had."""
    code = """
import zoneinfo
accepted = zoneinfo.available_timezones() | {"localtime", "Factory"}
from chalicelib.domain.tenant import Tenant
print(len([Tenant("acme", "Acme", name, "EUR").zone for name in accepted]) >= 590)"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


@pytest.mark.parametrize("name", ["localtime", "Factory"])
def test_what_was_accepted_once_and_is_no_zone_is_utc(name: str) -> None:
    zone = Tenant(TenantId("acme"), "Acme", name, "EUR").zone
    assert MOMENT.astimezone(zone).isoformat() == "2026-12-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [(NEW_YORK, "2026-03-08", 23), (NEW_YORK, "2026-11-01", 25), (ROME, "2026-03-29", 23), (ROME, "2026-10-25", 25)],
)
def test_the_days_of_change_that_other_tests_name_are_days_of_change(zone: ZoneInfo, day: str, hours: int) -> None:
    (start,), (end,) = midnights(zone, parse_day(day)), midnights(zone, parse_day(day) + 1)
    assert end - start == hours * 3_600


def test_half_an_hour_of_change() -> None:
    summer, winter = (datetime(2026, month, 1, tzinfo=ZoneInfo("Australia/Lord_Howe")) for month in (1, 7))
    offsets = [day.utcoffset() for day in (summer, winter)]
    assert [str(offset) for offset in offsets] == ["11:00:00", "10:30:00"]
