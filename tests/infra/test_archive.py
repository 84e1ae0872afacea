"""What ships to Lambda, read from the archive that ships."""

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.deployment import packaging
from infra.deployment.dependencies import AWS_SERVICES, build_dependencies
from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import LOCK, ROOT, Package, forget_old, lambda_python, package, shipped_sources

# Chalice's own archive of the same requirements measured 30.4 MB; ours may have 60 % of that.
MOST_BYTES = 18_200_000

IMPORT_EVERYTHING = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
assert not any("site-packages" in entry for entry in sys.path), sys.path
sys.path.insert(0, str(root))
for path in sorted(root.glob("chalicelib/**/*.py")):
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    importlib.import_module(name)
import app, boto3, chalice, jwt, pydantic
for service in sys.argv[2:]:
    client = boto3.client(service, region_name="eu-central-1")
    assert client.meta.endpoint_url.startswith("https://"), service
from cryptography.hazmat.primitives.asymmetric import ec, rsa
keys = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1())}
for algorithm, key in keys.items():
    assert jwt.decode(jwt.encode({"sub": "x"}, key, algorithm), key.public_key(), [algorithm]) == {"sub": "x"}
import zoneinfo
assert zoneinfo.TZPATH == ()  # nothing but the package counts, on Lambda as elsewhere
zoneinfo.ZoneInfo.no_cache("Europe/Rome")
loaded = {name: module.__file__ for name, module in sys.modules.items() if getattr(module, "__file__", None)}
print("\\n".join(sorted(path for path in loaded.values() if str(root) not in path and "site-packages" in path)))
"""


def test_holds_the_compiled_parts_for_this_interpreter(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    abi = sysconfig.get_config_var("SOABI")
    assert f"pydantic_core/_pydantic_core.{abi}.so" in names
    assert [name for name in names if re.fullmatch(r"cryptography/hazmat/bindings/_rust\.abi3\.so", name)]
    assert [name for name in names if name.startswith("_cffi_backend.")]


def test_holds_the_sources_of_this_checkout(archive: zipfile.ZipFile) -> None:
    for path in shipped_sources():
        assert archive.read(str(path)) == (ROOT / path).read_bytes()


def test_every_module_comes_with_bytecode_that_is_never_checked(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    sources = [name for name in names if name.endswith(".py")]
    assert len(sources) > 500
    for source in sources:
        compiled = importlib.util.cache_from_source(source)
        assert compiled in names, f"{source} has no bytecode"
        with archive.open(compiled) as stream:
            header = stream.read(8)
        assert header[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(header[4:], "little") == 0b01, f"{compiled} would be checked against its source"


def test_leaves_out_what_never_runs_on_lambda(archive: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in archive.namelist()}
    assert not top & {"pip", "setuptools", "wheel", "click", "inquirer", "cffi", "pycparser", "infra", "tests", "bin"}
    services = {name.split("/")[2] for name in archive.namelist() if re.match("botocore/data/[^/]+/", name)}
    assert services == AWS_SERVICES


def test_holds_nothing_of_the_dashboard(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    assert not [name for name in names if name.endswith((".html", ".ts", ".tsx", ".svg", ".map"))]
    assert not [name for name in names if "dashboard" in name or "node_modules" in name]


def test_is_within_its_budget(built: Package) -> None:
    assert built.archive.stat().st_size <= MOST_BYTES


def test_every_module_imports_from_the_archive_alone(unpacked: Path) -> None:
    """Without site-packages, which the local stack's Lambda processes would fall back on."""
    credentials = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    command = [sys.executable, "-I", "-S", "-c", IMPORT_EVERYTHING, str(unpacked), *sorted(AWS_SERVICES)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=credentials)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == ""


def test_the_kept_api_descriptions_are_those_the_code_asks_for() -> None:
    asked = set()
    for path in shipped_sources():
        asked |= set(re.findall(r"client\(\s*\"([a-z0-9-]+)\"", (ROOT / path).read_text()))
    assert asked <= AWS_SERVICES


def test_the_same_sources_give_the_same_package(built: Package, packable_stage: str) -> None:
    again = package(packable_stage)
    assert again == built


def test_a_package_outlives_those_of_a_later_date(tmp_path: Path) -> None:
    made = [tmp_path / f"local-{number:016x}" for number in range(6)]
    for age, path in enumerate(reversed(made)):
        path.mkdir()
        os.utime(path, (2_000_000_000 - age, 2_000_000_000 - age))
    forget_old(made[0])
    assert {path for path in made if path.exists()} == {made[0], *made[-2:]}, "and the two newest of the others"


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(
        DeploymentError, match=r"stage 'nowhere' is not in \.chalice/config\.json; known: local, dev, prod"
    ):
        package("nowhere")


def test_the_functions_run_on_the_python_that_packed_them(functions: dict[str, dict[str, Any]]) -> None:
    running = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert {function["Runtime"] for function in functions.values()} == {running}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_another_python_than_lambdas_packs_nothing_for_aws(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaging, "lambda_python", lambda: (3, 99))
    with pytest.raises(DeploymentError, match=rf"{stage} runs on Python 3\.99 .* install 3\.99, then `make deploy"):
        package(stage, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_python_of_aws_is_one_that_the_code_is_for() -> None:
    oldest, newest = (3, 11), (3, 13)
    assert oldest <= lambda_python() <= newest
    assert f'requires-python = ">=3.{oldest[1]},<3.{newest[1] + 1}"' in (ROOT / "pyproject.toml").read_text()


def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    line = next(line for line in LOCK.read_text().splitlines() if line.startswith("itsdangerous=="))
    forged = tmp_path / "requirements.lock"
    forged.write_text(f"{line}\n    --hash=sha256:{'0' * 64}\n")
    with pytest.raises(DeploymentError, match=r"(?s)cannot be installed for Lambda.*HASH"):
        build_dependencies(forged, tmp_path / "cache", lambda _: None, here=True)
    assert list((tmp_path / "cache").iterdir()) == []
