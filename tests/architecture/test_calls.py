"""Whoever reads a call sees what its values are: a constructor of ours gets five and more of them by name."""

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from tests.architecture.sources import Source, example, sources

MOST: Final = 4
"""Values that may stand in a row without their names."""

OURS: Final = ("app", "chalicelib", "infra")


def constructors(every: Iterable[Source]) -> set[tuple[str, str]]:
    """Module and name of each class of ours."""
    return {
        (source.module, node.name) for source in every for node in source.tree.body if isinstance(node, ast.ClassDef)
    }


def positional(source: Source, known: set[tuple[str, str]]) -> Iterator[str]:
    """The calls of a module that give a class too many values without a name."""
    names = {name: (module, name) for module, name in known if module == source.module}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and names.get(node.func.id) in known:
            plain = [value for value in node.args if not isinstance(value, ast.Starred)]
            if len(plain) > MOST:
                yield f"{source.where}:{node.lineno} {node.func.id}"


def test_values_of_constructors_have_names() -> None:
    every = list(sources(*OURS))
    known = constructors(every)
    assert [call for source in every for call in positional(source, known)] == []


def test_what_has_no_names_is_found() -> None:
    kind = example(
        "chalicelib.domain.new", "class Five:\n    pass\n\n\nmade = Five(1, 2, 3, 4, 5)\nfine = Five(1, 2, 3, 4, e=5)"
    )
    user = example(
        "chalicelib.services.new", "from chalicelib.domain.new import Five as F\nF(1, 2, 3, 4, 5)\nF(*every)"
    )
    known = constructors([kind])
    assert [each.rsplit(" ", 1)[0].rsplit(":", 1)[1] for each in positional(kind, known)] == ["5"]
    assert [each.rsplit(" ", 1)[0].rsplit(":", 1)[1] for each in positional(user, known)] == ["2"]
