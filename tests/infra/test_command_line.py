"""Usage of ``python -m infra.local``: what is refused before anything happens, and the dates it works with."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine

from chalicelib.domain.time_zones import ZoneInfo
from infra.local import emulator, runs
from infra.local.cli import main
from infra.local.seeding import latest_night
from infra.local.state import StateDirectory


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["up", "--port", "eight"],
        ["up", "--port", "70000"],
        ["tenant", "demo"],
        ["tenant", "Demo", "--time-zone", "Europe/Rome"],
        ["tenant", "demo", "--time-zone", "Europe/Atlantis"],
        ["tenant", "demo", "--time-zone", "Europe/Rome", "--currency", "euro"],
        ["token"],
        ["token", "--tenant", "demo", "--permission", "everything"],
        ["import", "folder"],
        ["import", "--tenant", "demo", "--url", "https://x", "folder"],
        ["score", "--tenant", "demo"],
        ["score", "--tenant", "demo", "--date", "yesterday"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "down", "status", "seed", "tenant", "token", "import", "score", "demo"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([command, "--help"])
    assert exit_.value.code == 0
    assert "--state-dir" in capsys.readouterr().out


def test_dates_in_the_wrong_order_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["score", "--tenant", "demo", "--date", "2026-02-02", "--to", "2026-02-01", "--state-dir", str(tmp_path)]
    assert main(wrong) == 1
    assert "--to is before --date" in capsys.readouterr().err


@pytest.mark.parametrize(("moment", "refused"), [("2026-03-01T01:55:00Z", False), ("2026-03-01T01:54:59Z", True)])
@pytest.mark.parametrize("dates", [("2026-03-01",), ("2026-02-01", "--to", "2026-03-01")])
def test_dates_of_the_future_are_refused_before_the_first_is_fired(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dates: tuple[str, ...], moment: str, refused: bool
) -> None:
    with time_machine.travel(moment, tick=False):
        assert main(["score", "--tenant", "demo", "--date", *dates, "--state-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert ("of 2026-03-01 has not come yet, so nothing was scored: give dates up to 2026-02-28" in said) is refused
    assert ("python -m infra.local up" in said) is not refused, "else it looks for the stack"
    assert said.count("\n") == 1


def test_an_import_elsewhere_needs_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CLIENT_HEALTH_TOKEN", raising=False)
    assert main(["import", "--url", "https://example.com", str(tmp_path)]) == 1
    assert "CLIENT_HEALTH_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Rome", date(2026, 3, 1)),
        ("America/New_York", date(2026, 2, 28)),
        ("Pacific/Kiritimati", date(2026, 3, 1)),
        ("UTC", date(2026, 3, 1)),
    ],
)
def test_a_run_has_the_tenants_local_date(zone: str, expected: date) -> None:
    assert runs.run_date(date(2026, 3, 1), ZoneInfo(zone)) == expected


def test_dates_are_both_ends_and_all_between() -> None:
    assert runs.dates(date(2026, 2, 27), date(2026, 3, 1)) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


@pytest.mark.parametrize(("hour", "minute", "expected"), [(1, 59, date(2026, 2, 28)), (2, 0, date(2026, 3, 1))])
def test_the_latest_night_is_not_in_the_future(hour: int, minute: int, expected: date) -> None:
    assert latest_night(datetime(2026, 3, 1, hour, minute, tzinfo=UTC)) == expected


def test_functions_inherit_nothing_of_the_callers_aws_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator hands its environment on to them, and an AWS profile there would lead them astray."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "TABLE_NAME"):
        monkeypatch.setenv(name, "the caller's")
    assert "the caller's" not in emulator.environment(StateDirectory(tmp_path), 4566).values()
