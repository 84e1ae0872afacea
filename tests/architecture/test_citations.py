"""What the code cites stands in the documentation: pages of docs/ and their headings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.sources import ROOT, sources

DOCS: Final = ROOT / "docs"
CITATION: Final = re.compile(r"\((?P<page>[a-z-]+\.md)(?:,\s+(?P<heading>[^()]+))?\)")
CITING: Final = sources("chalicelib", "infra", "benchmarks", "tests")


def headings(page: str) -> set[str]:
    return set(re.findall(r"(?m)^#+ (.+)$", (DOCS / page).read_text(encoding="utf-8")))


def citations() -> Iterator[tuple[str, str, str | None]]:
    """Where, page, heading."""
    for source in CITING:
        for match in CITATION.finditer(source.path.read_text(encoding="utf-8")):
            heading = match["heading"]
            yield source.where, match["page"], None if heading is None else " ".join(heading.split())


CITED: Final = sorted({found for found in citations() if (DOCS / found[1]).exists()}, key=str)


def test_the_rules_are_cited() -> None:
    assert len([where for where, page, _ in CITED if page == "scoring.md"]) >= 14


@pytest.mark.parametrize(("where", "page", "heading"), CITED, ids=lambda value: str(value))
def test_what_is_cited_is_there(where: str, page: str, heading: str | None) -> None:
    assert heading is None or heading in headings(page), where


def test_nothing_cites_rules_by_number() -> None:
    numbered = re.compile(r"house rule \d", re.IGNORECASE)
    product = [source for source in CITING if not source.where.startswith("tests")]
    assert [s.where for s in product if numbered.search(s.path.read_text(encoding="utf-8"))] == []


DECISIONS: Final = sorted((DOCS / "decisions").glob("*.md"))


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers)) > 25


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_number_status_and_date(path: Path) -> None:
    first, _, status = path.read_text(encoding="utf-8").split("\n")[:3]
    assert first.startswith(f"# {int(path.name[:4])}. ")
    assert re.match(r"[A-Z][^.]*, \d{4}-\d\d-\d\d", status), status
