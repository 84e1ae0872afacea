"""Each entry point in a process of its own, with just the environment that its function has."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WORKERS = ("nightly_scoring", "score_pages", "relay_alerts", "sweep", "import_files")
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "TABLE_NAME": "table", "SCORING_QUEUE_URL": "https://queue"}
IMPORTS = {"IMPORT_QUEUE_URL": "https://imports", "IMPORT_BUCKET": "imports"}


def run(code: str, **environment: str) -> Any:
    """What a fresh interpreter prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


LOADED = """
def loaded(*names):
    return [name for name in names if any(module == name or module.startswith(name + ".") for module in sys.modules)]
"""


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_loads_without_the_app_and_its_libraries(worker: str) -> None:
    code = f"""
import json, sys
from chalicelib.workers.{worker} import {worker}
{LOADED}
libraries = ("pydantic", "jwt", "cryptography", "boto3", "itsdangerous", "python_calamine")
ours = ("app", "chalicelib.api", "chalicelib.importing", "chalicelib.imports", "chalicelib.connections")
print(json.dumps(loaded(*ours, *libraries)))
"""
    assert run(code) == []


MODULES = {
    "app": (70, 188),
    "chalicelib.api.auth": (12, 124),
    "chalicelib.workers.nightly_scoring": (12, 125),
    "chalicelib.workers.score_pages": (13, 125),
    "chalicelib.workers.relay_alerts": (10, 122),
    "chalicelib.workers.connections": (13, 126),
    "chalicelib.workers.sweep": (7, 119),
}
"""What a handler loads of ours, and at most in all, before its first call; boto3, which comes with that, adds over 200.

Whoever adds a module makes every cold start pay for it: it is loaded late, or this says what it is worth."""

LATER_PYTHONS = 0 if sys.version_info < (3, 12) else 15
"""Modules that the same libraries may load besides on a Python whose library is cut otherwise."""


@pytest.mark.parametrize("handler", MODULES)
def test_a_handler_loads_few_modules(handler: str) -> None:
    code = f"""
import json, sys
before = set(sys.modules)
import {handler}
found = set(sys.modules) - before
print(json.dumps([sum(name == "app" or name.split(".")[0] == "chalicelib" for name in found), len(found)]))
"""
    own, loaded = run(code)
    most_own, most = MODULES[handler]
    assert own == most_own
    assert loaded <= most + LATER_PYTHONS


@pytest.mark.parametrize("handler", MODULES)
def test_a_handler_loads_no_zones_until_it_needs_one(handler: str) -> None:
    """They come with the machine's build settings, unless the environment names where zones are."""
    code = f"""
import json, sys
import {handler}
from chalicelib.domain.tenant import Tenant
{LOADED}
before = loaded("zoneinfo", "sysconfig", "unicodedata")
Tenant("acme", "Acme", "Europe/Rome", "EUR").zone
print(json.dumps([before, [name for name in sys.modules if name.startswith("_sysconfigdata")], loaded("zoneinfo")]))
"""
    assert run(code) == [[], [], ["zoneinfo"]]


def test_a_worker_works_without_the_app(tmp_path: Path) -> None:
    """On what a worker of pages needs and no more; a poison message fails alone there too."""
    code = f"""
import json, sys
from chalicelib.workers.score_pages import score_pages
event = {{"Records": [{{"messageId": "m1", "body": "poison"}}]}}
answer = score_pages(event, None)
{LOADED}
print(json.dumps([answer, loaded("app", "chalicelib.api", "pydantic", "jwt", "cryptography")]))
"""
    assert run(code, **ENVIRONMENT) == [{"batchItemFailures": [{"itemIdentifier": "m1"}]}, []]


def test_a_missing_variable_is_named() -> None:
    code = """
import json
from chalicelib.bootstrap import application
from chalicelib.config import MissingVariableError
try:
    application().nightly_scoring
except MissingVariableError as error:
    print(json.dumps(str(error)))
"""
    assert "SCORING_QUEUE_URL" in run(code, AWS_DEFAULT_REGION="eu-central-1", TABLE_NAME="table")


def test_the_app_loads_what_only_some_routes_need_when_they_need_it() -> None:
    code = f"""
import json, sys
import app
{LOADED}
libraries = ("csv", "python_calamine", "pydantic", "jwt", "cryptography", "boto3")
print(json.dumps(loaded("chalicelib.importing", "chalicelib.imports", *libraries)))
"""
    assert run(code) == []


def test_the_first_token_loads_cryptography(tmp_path: Path) -> None:
    code = f"""
import json, sys
from types import SimpleNamespace
from chalicelib.api.auth import UnauthorizedError, authorizer
{LOADED}
before = loaded("jwt", "cryptography", "pydantic", "boto3")
event = {{"type": "TOKEN", "authorizationToken": "Bearer nonsense", "methodArn": "arn:aws:execute-api:r:1:a/s/GET/p"}}
try:
    authorizer(event, SimpleNamespace(aws_request_id="1"))
except UnauthorizedError:
    print(json.dumps([before, loaded("jwt", "cryptography", "pydantic", "boto3")]))
"""
    only = {"OIDC_ISSUER": "http://127.0.0.1:9", "OIDC_AUDIENCE": "app"}
    assert run(code, **only) == [[], ["jwt", "cryptography"]]


READING = """
import json, sys
import boto3
from moto import mock_aws

with mock_aws():
    key = [("pk", "HASH"), ("sk", "RANGE")]
    boto3.client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in key],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in key],
        BillingMode="PAY_PER_REQUEST",
    )
    boto3.client("ssm").put_parameter(Name="/key", Value="secret", Type="SecureString")
    from app import app
    from chalice.test import Client
    from chalicelib.api.auth import PERMISSIONS
    from chalicelib.api.endpoint import ROUTES
    from chalicelib.bootstrap import application
    from chalicelib.domain.ids import TenantId

    class Tokens:
        def claims(self, token):
            return {"sub": "someone", "custom:tenant_id": "acme", "cognito:groups": sorted(PERMISSIONS)}

    application().tokens = Tokens()
    application().registration.create(TenantId("acme"), "Acme", "Europe/Rome", "EUR", "someone")
    answers = {}
    for route in ROUTES:
        # A list of maps reads them, and so does their checker; nothing else does.
        if route.method == "GET" and not route.path.endswith("/openapi.json") and "import-maps" not in route.path:
            path = route.path.replace("{", "").replace("}", "")
            response = Client(app).http.get(path, headers={"Authorization": "Bearer any"})
            answers[route.path] = response.status_code
    unwanted = ("pydantic", "jwt", "chalicelib.importing", "chalicelib.imports", "python_calamine")
    print(json.dumps([answers, [name for name in unwanted if name in sys.modules]]))
"""


def test_routes_that_only_read_load_no_schemas() -> None:
    answers, loaded = run(
        READING,
        **ENVIRONMENT,
        **IMPORTS,
        SIGNING_KEY_PARAMETER="/key",
        TOPIC_ARN_PREFIX="arn:aws:sns:eu-central-1:123456789012:health-",
    )
    assert loaded == []
    assert {path: status for path, status in answers.items() if status not in (200, 404)} == {}
    assert answers["/v1/analytics/clients"] == answers["/v1/healthz"] == 200
