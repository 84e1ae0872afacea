"""All processes of the tests live on one day, whichever the machine's is."""

import os
import subprocess
import sys
import time

import pytest

from infra.deployment.packaging import ROOT
from tests.clock.day import DAY

BEGIN = """
import subprocess, sys, time
from tests.clock import day
day.begin()
day.take_children_along()
child = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], capture_output=True, check=True)
print(time.strftime("%Y-%m-%d", time.gmtime()), time.time() - float(child.stdout))
"""


def days(**variables: str) -> tuple[str, float]:
    """The day of a run of tests, and how far a child's clock was behind when the child had ended, in seconds."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TEST_CLOCK_SHIFT")}
    command = [sys.executable, "-c", BEGIN]
    environment = own | {"TEST_DAY": ""} | variables
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    day, behind = run.stdout.split()
    return day, float(behind)


@pytest.mark.parametrize(
    ("variables", "day"),
    [({}, DAY), ({"TEST_DAY": "2028-02-29"}, "2028-02-29"), ({"TEST_DAY": "2031-07-31"}, "2031-07-31")],
)
def test_a_run_and_its_children_live_on_the_day_asked_for(variables: dict[str, str], day: str) -> None:
    found, behind = days(**variables)
    assert found == day
    assert 0 <= behind < 60


def test_a_child_that_begins_joins_its_parent() -> None:
    shift = f"{30 * 86_400}"
    machine, _ = days(TEST_DAY="machine")
    found, behind = days(TEST_CLOCK_SHIFT=shift)
    apart = time.mktime(time.strptime(found, "%Y-%m-%d")) - time.mktime(time.strptime(machine, "%Y-%m-%d"))
    assert abs(apart - 30 * 86_400) <= 86_400
    assert 0 <= behind < 60
