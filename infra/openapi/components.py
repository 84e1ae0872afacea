"""The schemas of the OpenAPI document: shapes of answers and schemas of bodies, read by pydantic.

A field's docstring is its description.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypeAliasType

from chalicelib.api import schemas, shapes

Schema = dict[str, Any]

SAME_FIELDS: Final = {"ScoringSettingsFields": "StoredScoringSettings", "ScoringSettingsBody": "StoredScoringSettings"}
"""Bodies that hold what an answer holds: what they do not say of a field, that does."""


class _Schemas(GenerateJsonSchema):
    """Names of fields need no titles that repeat them."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def components(types: Iterable[Any]) -> tuple[dict[int, Schema], dict[str, Schema]]:
    """How to refer to each type, by its `id()`, and the schemas of all that they are made of."""
    found, definitions = TypeAdapter.json_schemas(
        [(id(each), "validation", TypeAdapter(each)) for each in types],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    made = dict(sorted(definitions["$defs"].items()))
    declared = {name: each for package in (shapes, schemas) for name, each in named(package).items()}
    for name, component in made.items():
        component.pop("title", None)
        like = SAME_FIELDS.get(name)
        texts = {**(_texts(declared[like]) if like else {}), **_texts(declared.get(name))}
        for field, described in component.get("properties", {}).items():
            if field in texts:
                described.setdefault("description", texts[field])
    return {key: reference for (key, _), reference in found.items()}, made


@cache
def named(package: ModuleType) -> dict[str, Any]:
    """What the modules of a package declare, by name. A name is one thing, for it names a component."""
    found: dict[str, Any] = {}
    for _, name, _ in iter_modules(package.__path__, f"{package.__name__}."):
        for key, value in vars(import_module(name)).items():
            if isinstance(value, type | TypeAliasType) and value.__module__ == name and not key.startswith("_"):
                assert key not in found, f"{key} is declared twice"  # noqa: S101  # nosec B101
                found[key] = value
    return found


def _texts(declared: Any) -> dict[str, str]:
    """The docstrings of the fields of a class, also of those that it inherits."""
    if not isinstance(declared, type) or not declared.__module__.startswith("chalicelib.api."):
        return {}
    inherited = [_texts(base) for base in reversed(vars(declared).get("__orig_bases__", declared.__bases__))]
    own = _documented(import_module(declared.__module__)).get(declared.__name__, {})
    return {field: text for texts in (*inherited, own) for field, text in texts.items()}


@cache
def _documented(module: ModuleType) -> dict[str, dict[str, str]]:
    """The docstrings of fields by class."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: dict(_fields(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            yield field.target.id, " ".join(str(text.value.value).split())
