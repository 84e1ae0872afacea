"""Titles of problems are the contract's, whichever Python serves them."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest

from chalicelib.api.errors import STATUSES, TITLES, malformed, problem

SOURCES = (Path(__file__).resolve().parents[2] / "chalicelib" / "api").rglob("*.py")


@pytest.mark.parametrize(
    ("status", "title"),
    [(400, "Bad Request"), (413, "Content Too Large"), (422, "Unprocessable Content"), (503, "Service Unavailable")],
)
def test_titles_are_those_of_the_standards(status: int, title: str) -> None:
    assert TITLES[HTTPStatus(status)] == title


def test_every_status_of_a_failure_has_a_title() -> None:
    used = {HTTPStatus[name] for path in SOURCES for name in re.findall(r"HTTPStatus\.([A-Z_]+)", path.read_text())}
    assert {status for status in used if status >= 400} == TITLES.keys()
    assert set(STATUSES.values()) <= TITLES.keys()


def test_a_problem_has_the_title_of_its_status() -> None:
    assert '"title": "Bad Request", "status": 400' in problem(malformed("The body is not JSON."), "r-1").body
