"""`adapters/dynamodb/keys.py` alone knows what keys look like."""

import ast
import re

import pytest

from tests.architecture.sources import Source, example, shipped, sources, strings

KEYS = "chalicelib.adapters.dynamodb.keys"
TABLE = "chalicelib.adapters.dynamodb.table"
"""Makes keys out of the items it has read."""

PART = re.compile(r"(^|#)[A-Z]+#|#[A-Z]{2,}")
"""Upper case before or after the separator: a part of a key (an update expression's `#name` is in lower case)."""

WORD = re.compile(r"[A-Z]{2,}")


def key_words() -> set[str]:
    """The sort keys that are one word, such as NOW."""
    (keys,) = [source for source in shipped() if source.module == KEYS]
    return {text for text, _ in strings(keys) if WORD.fullmatch(text)}


def built_keys(source: Source) -> list[str]:
    """Where a module writes a part of a key, or makes a key by itself."""
    words = key_words()
    found = [f"{source.where}:{line} {text!r}" for text, line in strings(source) if PART.search(text) or text in words]
    if source.module == TABLE:
        return found
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("Key", "Span"):
                found.append(f"{source.where}:{node.lineno} {name}(…)")
        if isinstance(node, ast.Dict) and any(
            isinstance(k, ast.Constant) and k.value in ("pk", "sk") for k in node.keys
        ):
            found.append(f"{source.where}:{node.lineno} a dict with pk or sk")
    return found


ELSEWHERE = {
    "infra.meter": "tells kinds of items apart by their keys, of any build",
    "infra.operations.verification.access_checks": "tries keys that nobody has, to see them refused",
}

SOURCES = [
    source for source in (*shipped(), *sources("infra")) if source.module != KEYS and source.module not in ELSEWHERE
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.module)
def test_no_other_module_builds_a_key(source: Source) -> None:
    assert built_keys(source) == []


def test_the_one_word_keys_are_known() -> None:
    assert {"NOW", "DIRTY", "SETTINGS", "SUMMARY", "STATE"} <= key_words()


@pytest.mark.parametrize(
    "text",
    [
        'pk = f"T#{tenant}"',
        'sk = f"C#{client}#FACTS"',
        'sk = "C#" + client',
        'tickets = "#TICKETS#" in sk',
        'sk.endswith("#OUTBOX")',
        'sk = "H#%s#%s" % (client, instant)',
        'sk = "NOW"',
        'sk = "{}#{}".format("SNAP#", day)',
        'table.get(Key("a", "b"))',
        'keys.Span("a", "b", "c")',
        'client.get_item(Key={"pk": a, "sk": b})',
        'f"{page}#P#0001"',
    ],
)
def test_a_built_key_is_found(text: str) -> None:
    assert built_keys(example("chalicelib.services.new", text)) != []


@pytest.mark.parametrize(
    "text",
    [
        '"""Reads `T#<tenant>` and NOW."""',
        'table.update(key, "SET #name = :name ADD done :pages")',
        'mark = f"{client}#{trigger}"',
        'whole_page = "*#"',
        'colour = "#ffffff"',
        "key = keys.current(tenant, page)",
    ],
)
def test_other_text_passes(text: str) -> None:
    assert built_keys(example("chalicelib.services.new", text)) == []
