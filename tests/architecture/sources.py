"""The project's modules as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Source(NamedTuple):
    """A module by its dotted name."""

    module: str
    path: Path
    tree: ast.Module

    @property
    def where(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def sources(*packages: str) -> tuple[Source, ...]:
    """All modules of some top-level packages, `__init__` ones too."""
    paths = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(parse(_module(path), path) for path in paths)


def shipped() -> tuple[Source, ...]:
    """What Lambda runs."""
    return (*sources("chalicelib"), parse("app", ROOT / "app.py"))


def parse(module: str, path: Path, text: str | None = None) -> Source:
    return Source(module, path, ast.parse(path.read_text() if text is None else text))


def example(module: str, text: str) -> Source:
    """A module that exists in a test alone."""
    return parse(module, ROOT / Path(*module.split(".")).with_suffix(".py"), text)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: Source) -> Iterator[tuple[str, int]]:
    """The modules that a module imports anywhere in it, with their lines.

    `from package import name` counts as `package.name`: the name may be a module, and a prefix rule does not care.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            if node.level:
                base = source.module.split(".")[: -node.level]
                package = ".".join([*base, package] if package else base)
            yield from ((f"{package}.{name.name}", node.lineno) for name in node.names)


def strings(source: Source) -> Iterator[tuple[str, int]]:
    """Every piece of text in a module but the docstrings, those between the braces of f-strings too."""
    documentation = {
        id(statement.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value, node.lineno


def at_import(source: Source) -> Iterator[ast.AST]:
    """The nodes that importing a module evaluates: all but the bodies of functions."""
    waiting: list[ast.AST] = [source.tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        elif isinstance(node, ast.Lambda):
            waiting += [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        else:
            waiting += ast.iter_child_nodes(node)
