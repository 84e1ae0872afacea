"""The page's sources: lint, format and types, against the API's own document."""

from infra import dashboard


def test_sources_pass_their_checks() -> None:
    assert dashboard.build()
    with dashboard.alone():
        run = dashboard.npm("run", "check")
    assert run.returncode == 0, run.stdout + run.stderr
