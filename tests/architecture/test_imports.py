"""Arrows point inwards: api, workers → services → domain; adapters implement the ports; only `aws` knows them."""

import ast
import sys

import pytest

from tests.architecture.sources import Source, example, imports, shipped, sources

OURS = ("chalicelib", "infra", "benchmarks", "tests", "app")
OUTSIDE = ("infra", "benchmarks", "tests")
"""What is never shipped."""

EDGES = ("chalicelib.bootstrap", "chalicelib.config", "chalicelib.observability", "chalicelib.tenancy")

ALLOWED = {
    "chalicelib.domain": ("chalicelib.domain",),
    "chalicelib.services": ("chalicelib.services", "chalicelib.domain", "chalicelib.tenancy"),
    "chalicelib.importing": ("chalicelib.importing", "chalicelib.domain"),
    "chalicelib.connections": (
        "chalicelib.connections",
        "chalicelib.importing",
        "chalicelib.services",
        "chalicelib.domain",
    ),
    "chalicelib.imports": (
        "chalicelib.imports",
        "chalicelib.importing",
        "chalicelib.services",
        "chalicelib.domain",
        "chalicelib.tenancy",
        "chalicelib.api.schemas",
    ),
    "chalicelib.adapters": (
        "chalicelib.adapters",
        "chalicelib.services.ports",
        "chalicelib.services.errors",
        "chalicelib.domain",
        "chalicelib.tenancy",
    ),
    "chalicelib.tenancy": ("chalicelib.domain.ids",),
    "chalicelib.config": (),
    "chalicelib.observability": ("chalicelib.config", "chalicelib.services.errors", "chalicelib.domain.errors"),
    "chalicelib.aws": (
        "chalicelib.config",
        "chalicelib.adapters",
        "chalicelib.services.ports",
        "chalicelib.domain.outbound",
    ),
    "chalicelib.bootstrap": (
        "chalicelib.config",
        "chalicelib.observability",
        "chalicelib.tenancy",
        "chalicelib.aws",
        "chalicelib.connections",
        "chalicelib.services",
        "chalicelib.domain",
        "chalicelib.imports",
    ),
    "chalicelib.api": ("chalicelib.api", "chalicelib.connections", "chalicelib.services", "chalicelib.domain", *EDGES),
    "chalicelib.workers": ("chalicelib.workers", "chalicelib.services", "chalicelib.domain", *EDGES),
    "app": ("chalicelib.api", "chalicelib.workers", *EDGES),
}
"""What of ours the modules of a layer may import."""

STANDARD_ONLY = ("chalicelib.domain", "chalicelib.services", "chalicelib.importing", "chalicelib.connections")

PURE = ("chalicelib.domain", "chalicelib.importing", "chalicelib.connections")
"""Where nothing asks for the time, draws a random number, or reads or writes anything."""

ONLY_IN = {
    "boto3": ("chalicelib.aws", "chalicelib.adapters"),
    "botocore": ("chalicelib.aws", "chalicelib.adapters"),
    "chalice": ("chalicelib.api", "chalicelib.workers", "chalicelib.observability", "app"),
    "pydantic": ("chalicelib.api",),
    "python_calamine": ("chalicelib.imports.sources",),
}
"""Packages that have their place."""

CLOCKS_AND_IO = {
    *("asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3"),
    *("subprocess", "tempfile", "threading", "time", "urllib", "uuid"),
}
"""Parts of the standard library that have no place in a pure core."""


def inside(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def layer(module: str) -> str | None:
    """The layer of a module; None for the package that holds them all."""
    found = [name for name in ALLOWED if inside(module, (name,))]
    assert len(found) < 2
    return found[0] if found else None


def wrong_arrows(source: Source) -> list[str]:
    """What a module imports and must not."""
    own = layer(source.module)
    if own is None:
        return [] if source.module == "chalicelib" else [f"{source.where}: no layer of the architecture"]
    wrong = []
    for module, line in imports(source):
        top = module.partition(".")[0]
        homes = ONLY_IN.get(top)
        if (
            (top in OURS and not inside(module, ALLOWED[own]))
            or (homes is not None and not inside(source.module, homes))
            or (own in STANDARD_ONLY and top not in OURS and top not in sys.stdlib_module_names)
            or (own in PURE and top in CLOCKS_AND_IO)
        ):
            wrong.append(f"{source.where}:{line} imports {module}")
    return wrong


@pytest.mark.parametrize("source", shipped(), ids=lambda source: source.module)
def test_arrows_point_inwards(source: Source) -> None:
    assert wrong_arrows(source) == []


def test_every_layer_is_walked() -> None:
    walked = {layer(source.module) for source in shipped()}
    assert {"chalicelib.domain", "chalicelib.services", "chalicelib.adapters", "chalicelib.api", "app"} <= walked


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("chalicelib.domain.new", "from chalicelib.services.ports.clients import Roster"),
        ("chalicelib.domain.new", "import pydantic"),
        ("chalicelib.domain.new", "def today():\n    import time"),
        ("chalicelib.domain.new", "from chalicelib import services"),
        ("chalicelib.domain.new", "from ..services import ports"),
        ("chalicelib.services.new", "from chalicelib.adapters.dynamodb.table import Table"),
        ("chalicelib.services.new", "from chalicelib import bootstrap"),
        ("chalicelib.services.new", "import boto3"),
        ("chalicelib.services.new", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import chalice"),
        ("chalicelib.adapters.new", "from chalicelib.services.nightly import NightlyScoring"),
        ("chalicelib.adapters.new", "import chalicelib.config"),
        ("chalicelib.api.new", "from chalicelib.adapters.sqs import SqsScoringQueue"),
        ("chalicelib.api.new", "from chalicelib.workers import sweep"),
        ("chalicelib.api.new", "import botocore.exceptions"),
        ("chalicelib.workers.new", "from chalicelib.api.errors import table"),
        ("chalicelib.workers.new", "import pydantic"),
        ("chalicelib.bootstrap", "from chalicelib.api import auth"),
        ("chalicelib.bootstrap", "from chalicelib.adapters.sqs import SqsScoringQueue"),
        ("chalicelib.bootstrap", "import boto3"),
        ("chalicelib.aws", "from chalicelib.services.nightly import NightlyScoring"),
        ("chalicelib.api.new", "from chalicelib.aws import AwsAdapters"),
        ("chalicelib.config", "from chalicelib.domain import times"),
        ("chalicelib.services.new", "from tests.fakes import stores"),
        ("chalicelib.services.new", "from chalicelib.importing import maps"),
        ("chalicelib.api.new", "from chalicelib.importing import maps"),
        ("chalicelib.workers.new", "def read():\n    from chalicelib.importing import maps"),
        ("chalicelib.importing.new", "import python_calamine"),
        ("chalicelib.api.new", "from chalicelib.imports import sources"),
        ("chalicelib.workers.new", "def read():\n    from chalicelib.imports import sources"),
        ("chalicelib.importing.new", "import io"),
        ("chalicelib.importing.new", "from chalicelib.services.ports.clients import Roster"),
        ("chalicelib.api.new", "import infra.deployment"),
        ("chalicelib.utilities", "import json"),
        ("app", "from chalicelib.domain import facts"),
    ],
)
def test_a_wrong_arrow_is_found(module: str, text: str) -> None:
    assert wrong_arrows(example(module, text)) != []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("chalicelib.domain.new", "import json, re\nfrom chalicelib.domain.facts import Facts"),
        (
            "chalicelib.services.new",
            "from chalicelib.domain import facts\nfrom chalicelib.services.ports.clients import Roster",
        ),
        ("chalicelib.adapters.new", "import botocore\nfrom chalicelib.services.ports.clients import Roster"),
        ("chalicelib.aws", "import boto3\nfrom chalicelib.adapters.sqs import SqsScoringQueue"),
        ("chalicelib.bootstrap", "def build():\n    from chalicelib.aws import AwsAdapters"),
        ("chalicelib.workers.new", "from chalicelib.bootstrap import application\nimport chalice"),
        ("chalicelib.api.new", "import pydantic\nfrom chalicelib.observability import logger"),
    ],
)
def test_a_right_arrow_passes(module: str, text: str) -> None:
    assert wrong_arrows(example(module, text)) == []


def test_nothing_else_is_imported_from_tests() -> None:
    found = [
        f"{source.where}:{line}"
        for source in sources("infra", "benchmarks")
        for module, line in imports(source)
        if inside(module, ("tests",))
    ]
    assert found == []


PRODUCTION_TOOLS = ("infra.deployment", "infra.operations", "infra.imports", "infra.openapi")


def local_imports(source: Source) -> list[str]:
    """What a module takes of the local stack."""
    return [f"{source.where}:{line}" for module, line in imports(source) if inside(module, ("infra.local",))]


def test_production_tools_need_no_local_stack() -> None:
    """What works on AWS loads no emulator; the local stack gives itself to the commands instead."""
    tools = [source for source in sources("infra") if inside(source.module, PRODUCTION_TOOLS)]
    assert len(tools) > 40
    assert [line for source in tools for line in local_imports(source)] == []


def test_a_tool_that_needs_the_local_stack_is_found() -> None:
    late = "def site(path):\n    from infra.local.state import StateDirectory"
    assert local_imports(example("infra.operations.site", late)) == ["infra/operations/site.py:2"]


def test_only_tests_of_the_benchmarks_need_them() -> None:
    """What both use, the meter, belongs to neither."""
    theirs = ("tests.unit.benchmarks", "tests.functional.test_costs", "tests.e2e.test_load", "tests.earlier.make")
    found = [
        f"{source.where}:{line}"
        for source in sources("infra", "tests")
        for module, line in imports(source)
        if inside(module, ("benchmarks",)) and not inside(source.module, theirs)
    ]
    assert found == []


# ---- what views and workers reach ----------------------------------------------------------------------------------

ENTRANCES = sources("chalicelib/api", "chalicelib/workers")


def reached_into(source: Source) -> list[int]:
    """Lines on which a module takes what is private to something else: an application's ports, a service's store."""
    return [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.endswith("__")
        and node.attr not in {"_asdict", "_replace", "_fields"}
        and not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
    ]


@pytest.mark.parametrize("source", ENTRANCES, ids=lambda source: source.module)
def test_entrances_reach_no_store(source: Source) -> None:
    assert reached_into(source) == []


def test_a_store_that_is_reached_is_found() -> None:
    view = "def get(request):\n    return application()._ports.tenants.get(request.tenant)"
    assert reached_into(example("chalicelib.api.new", view)) == [2]
    assert reached_into(example("chalicelib.api.new", "service = application().cards\nservice._roster")) == [2]


def test_the_root_is_typed() -> None:
    """A service that is made of the wrong things, or a double that is misspelt, is mypy's to find."""
    (root,) = [source for source in shipped() if source.module == "chalicelib.bootstrap"]
    names = {node.id for node in ast.walk(root.tree) if isinstance(node, ast.Name)}
    assert names.isdisjoint({"Any", "cast", "setattr"})


# ---- ports ---------------------------------------------------------------------------------------------------------

PORTS = "chalicelib.services.ports"


def loaded_ports(source: Source) -> list[int]:
    """Lines on which a module would load a port when it runs."""
    for_types = {
        id(inner)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for part in node.body
        for inner in ast.walk(part)
    }
    return [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and inside(node.module or "", (PORTS,)) and id(node) not in for_types
    ]


@pytest.mark.parametrize(
    "source", [source for source in shipped() if not inside(source.module, (PORTS,))], ids=lambda source: source.module
)
def test_ports_are_types_alone(source: Source) -> None:
    """Nobody pays for them on a cold start; what a port takes and returns is the domain's."""
    assert loaded_ports(source) == []


def test_a_port_that_is_loaded_is_found() -> None:
    for_its_type = "if TYPE_CHECKING:\n    from chalicelib.services.ports.clients import Roster"
    assert loaded_ports(example("chalicelib.services.new", for_its_type)) == []
    late = "def read():\n    from chalicelib.services.ports.clients import Roster"
    assert loaded_ports(example("chalicelib.services.new", late)) == [2]
    assert loaded_ports(example("chalicelib.services.new", for_its_type.replace("TYPE_CHECKING", "True"))) == [2]


def test_a_port_holds_protocols() -> None:
    classes = {
        f"{source.module}.{node.name}": [ast.unparse(base) for base in node.bases]
        for source in sources("chalicelib/services/ports")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef)
    }
    assert {name for name, bases in classes.items() if bases != ["Protocol"]} == set()
    assert len(classes) > 15
