"""An audit says what it did not look at."""

from typing import Any

from infra.audit import shipped, verdict

CLEAN = {"name": "chalice", "version": "1.34.0", "vulns": []}
FAULTY = {
    "name": "urllib3",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2", "fix_versions": []}],
}
UNKNOWN = {"name": "boto3", "skip_reason": "Dependency not found on PyPI"}


def test_a_clean_audit_says_how_much_it_covers() -> None:
    assert verdict({"dependencies": [CLEAN]}).lines() == ["1 packages audited, 0 known vulnerabilities"]


def test_every_vulnerability_is_told() -> None:
    found = verdict({"dependencies": [CLEAN, FAULTY]})
    assert found.lines() == [
        "urllib3 1.0: PYSEC-1, mended in ['1.1']",
        "urllib3 1.0: PYSEC-2, mended in no version",
        "2 packages audited, 2 known vulnerabilities",
    ]


def test_a_package_that_nobody_was_asked_about_is_told() -> None:
    assert "NOT AUDITED: Dependency not found on PyPI" in verdict({"dependencies": [CLEAN, UNKNOWN]}).lines()


def test_an_audit_without_advisories_is_none() -> None:
    reports: tuple[dict[str, Any] | None, ...] = (None, {"dependencies": []}, {"dependencies": [UNKNOWN, UNKNOWN]})
    for report in reports:
        (line,) = verdict(report).lines()
        assert line.startswith("NOT AUDITED")


def test_what_is_audited_is_what_is_locked_and_chalice() -> None:
    lock = "# made\na==1 \\\n    --hash=sha256:00\n    # via b\nb==2 ; python_version < '3' \\\n    --hash=sha256:01\n"
    assert shipped(lock, "# set\nb==2  # why\nchalice==3  # routes\n").splitlines() == [
        "a==1",
        "b==2 ; python_version < '3'",
        "chalice==3  # routes",
    ]
