"""When the page is built again, and what is said when it cannot be."""

import subprocess
from pathlib import Path

import pytest

from infra import dashboard


class _Npm:
    """Stands in for npm: notes its calls and writes what a build writes."""

    def __init__(self, failing: str = "") -> None:
        self.calls: list[str] = []
        self._failing = failing

    def __call__(self, *arguments: str, directory: Path) -> "subprocess.CompletedProcess[str]":
        self.calls.append(arguments[-1] if arguments[0] == "run" else arguments[0])
        if self._failing in arguments:
            said = "npm warn old\nnpm error code E404\nnpm error 404 Not Found: chart.js\n"
            return subprocess.CompletedProcess(["/bin/npm", *arguments], 1, "", said)
        (directory / "node_modules").mkdir(exist_ok=True)
        if arguments[-1] == "build":
            (directory / "dist").mkdir(exist_ok=True)
            (directory / "dist" / "index.html").write_text("page")
        return subprocess.CompletedProcess(["/bin/npm", *arguments], 0, "", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dashboard, "ROOT", tmp_path)
    monkeypatch.setattr(dashboard, "_SCRATCH", tmp_path / "build")
    found = tmp_path / "dashboard"
    (found / "src").mkdir(parents=True)
    (found / "src" / "main.ts").write_text("1")
    (found / "package.json").write_text("{}")
    (found / "package-lock.json").write_text("{}")
    return found


def test_it_is_built_again_only_when_something_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = _Npm()
    monkeypatch.setattr(dashboard, "npm", npm)
    assert dashboard.build(folder)
    assert npm.calls == ["ci", "build"]
    assert dashboard.build(folder)
    assert npm.calls == ["ci", "build"]
    (folder / "src" / "main.ts").write_text("2")
    assert dashboard.build(folder)
    assert npm.calls == ["ci", "build", "build"]
    (folder / "package-lock.json").write_text('{"a": 1}')
    assert dashboard.build(folder)
    assert npm.calls == ["ci", "build", "build", "ci", "build"]


@pytest.mark.parametrize("failing", ["ci", "build"])
def test_a_failure_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failing: str
) -> None:
    monkeypatch.setattr(dashboard, "npm", _Npm(failing))
    assert not dashboard.build(folder)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("the dashboard is not built: `npm ")
    assert "Not Found: chart.js" in said[0] or "E404" in said[0]
