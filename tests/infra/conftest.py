"""The package is built once: the workers of a session wait for each other at packaging's own lock, then share it."""

import copy
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from infra.deployment.packaging import LOCAL_STAGE, Package, lambda_python, package


@pytest.fixture(scope="session")
def packable_stage() -> str:
    """A stage that this Python can package: one of AWS on the Python of the stages on AWS."""
    return "prod" if sys.version_info[:2] == lambda_python() else LOCAL_STAGE


@pytest.fixture(scope="session")
def built(packable_stage: str) -> Package:
    return package(packable_stage)


@pytest.fixture(scope="session")
def template(built: Package) -> dict[str, Any]:
    """The template as Chalice rendered and merged it, before SAM expands it."""
    rendered: dict[str, Any] = json.loads(built.template.read_text())
    return rendered


@pytest.fixture(scope="session")
def expanded(template: dict[str, Any]) -> dict[str, Any]:
    """The template as CloudFormation deploys it, after the SAM transform."""
    packaged = copy.deepcopy(template)
    for resource in packaged["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "deployments", "Key": "code.zip"}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        translated: dict[str, Any] = transform(packaged, {}, SimpleNamespace(load=dict))
    return translated


@pytest.fixture(scope="session")
def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Properties of every function by logical id."""
    resources = template["Resources"].items()
    return {name: each["Properties"] for name, each in resources if each.get("Type") == "AWS::Serverless::Function"}


@pytest.fixture(scope="session")
def archive(built: Package) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(built.archive) as opened:
        yield opened


@pytest.fixture(scope="session")
def unpacked(archive: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive as Lambda unpacks it."""
    directory = tmp_path_factory.mktemp("task")
    archive.extractall(directory)
    return directory
