"""Plain English where a person reads: documents, docstrings, comments, messages, and the page's texts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

READ: Final = (
    "*.md",
    "app.py",
    "chalicelib/**/*.py",
    "infra/**/*.py",
    "docs/**/*.md",
    "benchmarks/*.md",
    "benchmarks/**/*.py",
)
PAGE: Final = ("dashboard/src/**/*.ts", "dashboard/src/**/*.tsx")

INSTEAD: Final = {
    r"\banew\b": "again; or rewrite, restart",
    r"\bby (?:it)self\b": "automatically, on its own, alone",
    r"\btells? of\b": "say what it reports or covers",
    r"\bfor life\b": "permanent; cannot be changed",
    r"\bharms nobody\b": "does no harm",
    r"\b(?:that|which) (?:it|the \w+) is of\b": "name what it belongs to",
    r"\bto life\b": "create",
    r"; answers (?:how|what|which|the|why|since|each)\b|[a-z] and answers (?:how|what|which|the|whose)\b": "returns",
    r"\bfakes? no\b": "say what is left out",
    r"\bhas to be put right\b|\bhave to be put right\b": "fix",
    r"\bwhat rounding took\b": "rounding",
    r"\bjust now\.": "right now",
    r"\bdirty marks?\b": "refresh marks",
    r"\bjudge(?:d|s|ment)?\b|\bverdicts? on\b": "evaluate; decision",
}
"""Phrasings that a reader has stumbled over, and what to write."""

ELSEWHERE: Final = ("benchmarks/earlier", "infra/operations/verification", "infra/audit.py")
"""Where such a word has its usual meaning: a check has a verdict."""


def sources(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from (path for path in sorted(ROOT.glob(pattern)) if "node_modules" not in path.parts)


def found(text: str) -> list[str]:
    """What is wrong, line by line."""
    return [
        f"{number}: {match[0]!r}: {better}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, better in INSTEAD.items()
        for match in re.finditer(pattern, line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("patterns", [READ, PAGE], ids=["python and documents", "page"])
def test_the_english_is_plain(patterns: tuple[str, ...]) -> None:
    wrong = [
        f"{where}:{each}"
        for path in sources(patterns)
        if not (where := str(path.relative_to(ROOT))).startswith(ELSEWHERE)
        for each in found(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "The alert tells of one fall.",
        "It starts anew.",
        "The model which the score is of.",
        '"""Stores rows; answers how many changed."""',
        "A resolved alert resolves by itself.",
        "Some values have to be put right first.",
    ],
)
def test_what_is_not_plain_is_found(text: str) -> None:
    assert found(text)


def test_plain_english_passes() -> None:
    assert found("Returns how many rows changed. API Gateway answers 401. The seat is permanent.") == []
