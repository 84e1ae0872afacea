"""What the code is to look like, where a tool can tell."""

import ast
import re

import pytest

from tests.architecture.sources import ROOT, Source, at_import, example, imports, shipped, sources

ALL = sources("chalicelib", "infra", "benchmarks", "tests")
PRODUCT = (*shipped(), *sources("infra", "benchmarks"))

VAGUE_MODULE = re.compile(r"(^|_)(utils?|utilities|helpers?)(_|$)")
VAGUE_CLASS = re.compile(r"(Manager|Data|Helper|Util|Utils)$")
DOMAIN_TERMS = {"AccountManager"}

CLIENT_MAKERS = {"client", "resource", "Session", "create_client", "get_session", "session"}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}


def classes(source: Source) -> list[str]:
    return [node.name for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]


def clients_at_import(source: Source) -> list[int]:
    """Lines on which importing a module would make a client of an AWS service."""
    return [
        node.lineno
        for node in at_import(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLIENT_MAKERS
    ]


def clock_reads(source: Source) -> list[int]:
    """Lines that ask for the time, rather than being told."""
    return [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"}
    ]


def test_packages_say_nothing() -> None:
    packages = [
        path for package in ("chalicelib", "infra", "benchmarks", "tests") for path in (ROOT / package).rglob("*")
    ]
    assert [str(path) for path in packages if path.name == "__init__.py" and path.stat().st_size] == []


def test_every_folder_of_modules_is_a_package() -> None:
    assert [source.where for source in ALL if not (source.path.parent / "__init__.py").exists()] == []


def test_module_names_tell_what_is_inside() -> None:
    assert [source.where for source in ALL if VAGUE_MODULE.search(source.path.stem)] == []


def test_class_names_tell_what_they_are() -> None:
    vague = {name for source in PRODUCT for name in classes(source) if VAGUE_CLASS.search(name)}
    assert vague - DOMAIN_TERMS == set()


@pytest.mark.parametrize("source", shipped(), ids=lambda source: source.module)
def test_no_client_is_made_at_import(source: Source) -> None:
    assert clients_at_import(source) == []


@pytest.mark.parametrize(
    "text",
    [
        'import boto3\nclient = boto3.client("dynamodb")',
        'class Table:\n    client = boto3.resource("dynamodb")',
        "def read(session=boto3.Session()): ...",
        'if True:\n    tables = [boto3.session.Session().client("s3")]',
    ],
)
def test_a_client_made_at_import_is_found(text: str) -> None:
    assert clients_at_import(example("chalicelib.adapters.new", text)) != []


def test_a_client_made_when_asked_for_passes() -> None:
    lazily = 'import boto3\ndef client():\n    return boto3.client("dynamodb")'
    assert clients_at_import(example("chalicelib.bootstrap", lazily)) == []


@pytest.mark.parametrize(
    "source", sources("chalicelib/domain", "chalicelib/services"), ids=lambda source: source.module
)
def test_time_is_an_argument(source: Source) -> None:
    assert clock_reads(source) == []


def test_zones_are_made_in_one_place() -> None:
    """Which takes them from the pinned package; elsewhere they would be the machine's."""
    makers = [
        source.module for source in ALL if any(module.split(".")[0] == "zoneinfo" for module, _ in imports(source))
    ]
    assert makers == ["chalicelib.domain.time_zones"]


def test_a_clock_is_found() -> None:
    asking = "def age(born):\n    return datetime.now(UTC) - born"
    assert clock_reads(example("chalicelib.domain.new", asking)) == [2]


def test_app_holds_no_logic() -> None:
    (app,) = [source for source in shipped() if source.module == "app"]
    assert not [node for node in ast.walk(app.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]
