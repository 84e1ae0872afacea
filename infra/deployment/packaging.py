"""From the working tree to what CloudFormation takes: one archive with the code, one template."""

import fcntl
import hashlib
import importlib.util
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

from infra.deployment.dependencies import build_dependencies, compile_tree
from infra.deployment.errors import DeploymentError

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"

LOCAL_STAGE = "local"  # runs on the machine that packages it
LOCK = ROOT / "requirements.lock"
DOCUMENT = Path("docs/openapi.json")  # served as it is

_KEPT_PACKAGES = 3
_CHALICE_ON_LAMBDA = ("__init__.py", "app.py")


@dataclass(frozen=True)
class Package:
    """``template`` (JSON, the code still a local path) and ``archive`` (zip); ``content`` names what it holds."""

    template: Path
    archive: Path
    content: str


def package(stage: str, build: Path = BUILD, report: Callable[[str], None] = lambda _: None) -> Package:
    """Render the template of ``stage`` and pack the code; unchanged sources give the package of last time.

    Raises
    ------
    DeploymentError
        When the stage is unknown, this Python is not the one that the stage runs on, a dependency has no wheel for
        Lambda, or Chalice fails.
    """
    check(stage)
    with _lock(build):
        directory = build / "packages" / f"{stage}-{_source_digest()[:16]}"
        if not (directory / "content").is_file():
            shutil.rmtree(directory, ignore_errors=True)
            cache = build / "dependencies"
            dependencies = build_dependencies(LOCK, cache, report, here=stage == LOCAL_STAGE)
            report("Packaging with Chalice")
            project = build / "project"
            _stage_project(project, dependencies)
            _run_chalice(stage, project, directory)
            _finish(directory)
        os.utime(directory)
        forget_old(directory)
    return Package(directory / "template.json", directory / "deployment.zip", (directory / "content").read_text())


def shipped_sources() -> list[Path]:
    """The files of this repository that run on Lambda, relative to its root."""
    library = (path for path in (ROOT / "chalicelib").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.relative_to(ROOT) for path in [ROOT / "app.py", ROOT / DOCUMENT, *library])


def lambda_python() -> tuple[int, int]:
    """The Python of the stages on AWS, (major, minor), whoever deploys them: ``lambda-python`` of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    major, minor = project["tool"]["client-health"]["lambda-python"].split(".")
    return int(major), int(minor)


def check(stage: str) -> None:
    """Raises DeploymentError for a stage that is unknown, or that this Python cannot package.

    Chalice writes the running interpreter into the template, and bytecode fits only the one that compiled it.
    """
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    if stage not in stages:
        raise DeploymentError(f"stage {stage!r} is not in .chalice/config.json; known: {', '.join(stages)}")
    wanted, running = lambda_python(), sys.version_info[:2]
    if stage != LOCAL_STAGE and running != wanted:
        raise DeploymentError(
            f"{stage} runs on Python {_dotted(wanted)} and this is {_dotted(running)}: install {_dotted(wanted)}, "
            f"then `make deploy STAGE={stage}` uses it"
        )


def _dotted(python: tuple[int, int]) -> str:
    return ".".join(map(str, python))


def _source_digest() -> str:
    inputs = [*shipped_sources(), LOCK.relative_to(ROOT), Path("infra/resources.yaml")]
    inputs += [
        path.relative_to(ROOT) for folder in (".chalice", "infra/deployment") for path in (ROOT / folder).glob("*.*")
    ]
    digest = hashlib.sha256(f"{sys.version} chalice {version('chalice')}".encode())
    for path in sorted(inputs):
        digest.update(f"\0{path}\0".encode())
        digest.update((ROOT / path).read_bytes())
    return digest.hexdigest()


def _stage_project(project: Path, dependencies: Path) -> None:
    """A Chalice project with nothing in it but what ships; its requirements are empty, since vendor/ holds them.

    Chalice packs app.py, chalicelib/ and vendor/ as they stand, so bytecode goes in beside the sources; that of app.py
    and of Chalice's own two modules through vendor/, the only way in, and the OpenAPI document too.
    """
    shutil.rmtree(project, ignore_errors=True)
    vendor = project / "vendor"
    for path in shipped_sources():
        staged = (vendor if path == DOCUMENT else project) / path
        staged.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, staged)
    (project / "requirements.txt").touch()
    shutil.copytree(ROOT / ".chalice", project / ".chalice", ignore=shutil.ignore_patterns("deployments", "deployed"))
    compile_tree(project / "chalicelib", "chalicelib")
    for entry in dependencies.iterdir():
        (vendor / entry.name).symlink_to(entry.resolve())
    _compile_module(project / "app.py", vendor, "app.py")
    spec = importlib.util.find_spec("chalice")
    assert spec is not None, "chalice is pinned in requirements.txt"  # noqa: S101  # nosec B101
    assert spec.origin is not None  # noqa: S101  # nosec B101
    for name in _CHALICE_ON_LAMBDA:
        _compile_module(Path(spec.origin).with_name(name), vendor, f"chalice/{name}")


def _compile_module(source: Path, root: Path, name: str) -> None:
    py_compile.compile(
        str(source),
        cfile=importlib.util.cache_from_source(str(root / name)),
        dfile=f"/var/task/{name}",
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def _run_chalice(stage: str, project: Path, out: Path) -> None:
    command = [sys.executable, "-c", "from chalice.cli import main; main()", "--project-dir", str(project)]
    command += ["package", "--stage", stage, "--merge-template", str(ROOT / "infra" / "resources.yaml"), str(out)]
    # The region is asked for only to spell service principals; the template itself fits every region.
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=project)
    if run.returncode:
        raise DeploymentError(f"chalice package failed:\n{run.stdout}{run.stderr}".strip())


def _finish(directory: Path) -> None:
    """Write the template as JSON (CloudFormation refuses the YAML aliases Chalice writes) and name the content."""
    template = yaml.safe_load((directory / "sam.yaml").read_text())
    (directory / "template.json").write_text(json.dumps(template, indent=1, sort_keys=True) + "\n")
    with zipfile.ZipFile(directory / "deployment.zip") as archive:
        entries = sorted(f"{entry.filename} {entry.CRC:08x} {entry.file_size}" for entry in archive.infolist())
    # Not a hash of the zip itself: its entries carry file times, and the same code must keep its name.
    (directory / "content").write_text(hashlib.sha256("\n".join(entries).encode()).hexdigest())


@contextmanager
def _lock(build: Path) -> Iterator[None]:
    """One packaging at a time per build directory: the test workers and a stack may ask at once."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def forget_old(package: Path) -> None:
    """Keep the stage's newest packages, and this one though others are of a later date: a clock may have been ahead."""
    stage = package.name.rpartition("-")[0]
    others = [path for path in package.parent.glob(f"{stage}-*") if path != package]
    for old in sorted(others, key=lambda path: path.stat().st_mtime)[: 1 - _KEPT_PACKAGES]:
        shutil.rmtree(old)
