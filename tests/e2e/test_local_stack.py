"""The local stack itself: its command line, its one address, its tokens."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from infra.local.identity import DEFAULT_PERMISSIONS
from tests.e2e.conftest import LocalStack, run_cli


def test_serves_the_api_and_a_page_at_one_address(stack: LocalStack) -> None:
    assert stack.call("GET", "/v1/healthz").json["status"] == "ok"
    page = stack.call("GET", "/")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")


def test_a_route_that_does_not_exist_is_a_problem(stack: LocalStack) -> None:
    answer = stack.call("GET", "/v1/nothing")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["request_id"]


def test_a_second_up_reuses_what_is_there(stack: LocalStack) -> None:
    before = {name: (stack.state_dir / name).read_text() for name in ("emulator.pid", "front.pid", "stack.json")}
    port = stack.base_url.rpartition(":")[2]
    run = stack.cli("up", "--detach", "--port", port)
    assert run.stdout.strip() == stack.base_url
    assert {name: (stack.state_dir / name).read_text() for name in before} == before


def test_status_shows_where_it_runs(stack: LocalStack) -> None:
    assert stack.base_url in stack.cli("status").stdout


def test_tokens_are_signed_by_keys_the_emulator_serves_and_carry_tenant_and_permissions(stack: LocalStack) -> None:
    token = stack.token("platform", "tenants.admin", "reports.read")
    keys = jwt.PyJWKClient(f"{stack.endpoint}/{stack.outputs['UserPoolId']}/.well-known/jwks.json")
    claims = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token).key,
        algorithms=["RS256"],
        audience=stack.outputs["UserPoolClientId"],
        issuer=f"https://cognito-idp.eu-central-1.amazonaws.com/{stack.outputs['UserPoolId']}",
    )
    assert claims["token_use"] == "id"
    assert claims["custom:tenant_id"] == "platform"
    assert set(claims["cognito:groups"]) == {"tenants.admin", "reports.read"}


def test_a_token_has_all_permissions_but_the_platforms_own(stack: LocalStack) -> None:
    claims = jwt.decode(stack.token("platform"), options={"verify_signature": False})
    assert set(claims["cognito:groups"]) == set(DEFAULT_PERMISSIONS)


def test_commands_at_once_do_not_refuse_each_other(stack: LocalStack) -> None:
    tenants = [f"at-once-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda tenant: stack.cli("tenant", tenant, "--time-zone", "UTC", check=False), tenants))
        tokens = list(pool.map(lambda _: stack.cli("token", "--tenant", tenants[0], check=False), tenants))
    assert [run.stderr for run in (*made, *tokens)] == [""] * 8
    assert [run.stdout.strip() for run in made] == tenants


@pytest.mark.parametrize(
    "arguments",
    [
        ("token", "--tenant", "nobody-knows"),
        ("score", "--tenant", "nobody-knows", "--date", "2026-01-01"),
        ("import", "--tenant", "nobody-knows", "."),
    ],
)
def test_an_unknown_tenant_is_named(stack: LocalStack, arguments: tuple[str, ...]) -> None:
    run = stack.cli(*arguments, check=False)
    assert run.returncode == 1
    assert "tenant 'nobody-knows' is unknown" in run.stderr


def test_a_folder_that_is_none_is_refused(stack: LocalStack) -> None:
    run = stack.cli("import", "--tenant", "platform", "/nowhere/at/all", check=False)
    assert run.returncode == 1
    assert "/nowhere/at/all does not exist" in run.stderr


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = run_cli(tmp_path, "up", "--detach", "--port", str(port), check=False)
    assert run.returncode == 1
    assert f"port {port} is taken" in run.stderr
    assert not (tmp_path / "emulator.pid").exists()


def test_without_a_stack_commands_say_how_to_start_one(tmp_path: Path) -> None:
    for command in (("status",), ("seed",), ("token", "--tenant", "demo")):
        run = run_cli(tmp_path, *command, check=False)
        assert run.returncode == 1
        assert "python -m infra.local up" in run.stderr
    assert run_cli(tmp_path, "down").returncode == 0
