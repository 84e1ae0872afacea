"""What ships is locked: requirements.lock holds all that requirements.txt needs, by hash, and the tests run on it."""

import re
from collections.abc import Iterator
from importlib.metadata import distribution, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.deployment.packaging import LOCK, ROOT

MEND = "requirements.lock does not fit requirements.txt: run make lock, then make setup"


def direct() -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    wanted = map(Requirement, filter(None, lines))
    return {canonicalize_name(each.name): each for each in wanted}


def locked() -> dict[str, Requirement]:
    """The entries of the lock for this Python, by name."""
    entries = map(Requirement, re.findall(r"^([a-z0-9].*?) \\$", LOCK.read_text(), re.MULTILINE))
    return {each.name: each for each in entries if each.marker is None or each.marker.evaluate()}


def needed(names: Iterator[str]) -> set[str]:
    """These distributions and all that they need on this Python."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            ours = map(Requirement, requires(name) or [])
            waiting += [
                canonicalize_name(each.name)
                for each in ours
                if each.marker is None or each.marker.evaluate({"extra": ""})
            ]
    return found


def test_locks_all_that_ships_and_nothing_else() -> None:
    shipped = direct().keys() - {"chalice"}  # packaging adds the two of its modules that run on Lambda
    assert needed(iter(shipped)) == locked().keys(), MEND


@pytest.mark.parametrize("name", sorted(direct().keys() - {"chalice"}))
def test_locks_the_versions_that_were_chosen(name: str) -> None:
    assert str(locked()[name].specifier) == str(direct()[name].specifier), MEND


@pytest.mark.parametrize("name", sorted(locked()))
def test_the_tests_run_on_what_ships(name: str) -> None:
    assert f"=={distribution(name).version}" == str(locked()[name].specifier), "make setup installs what is locked"


def test_every_entry_is_held_to_hashes_and_no_host_is_named() -> None:
    text = LOCK.read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= len(locked())
    assert [entry.split()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert "://" not in text
