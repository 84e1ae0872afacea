"""Known vulnerabilities of what ships: ``python -m infra.audit --pip-audit PATH``.

pip-audit calls it a success when it could ask nobody about a package. Here that is said, package by package: on a
machine that does not reach the advisories the audit neither fails nor passes, it did not take place.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.deployment.packaging import LOCK, ROOT

_SECONDS = 300


@dataclass(frozen=True)
class Verdict:
    """What an audit found: lines on vulnerable packages, and how many packages were audited and how many not."""

    vulnerable: tuple[str, ...]
    audited: int
    skipped: tuple[str, ...]

    def lines(self) -> list[str]:
        """The verdict for people; the last line is its sum."""
        if not self.audited:
            return [
                "NOT AUDITED: no advisory of any package could be had; run this where PyPI's advisories are reached"
            ]
        lines = [*self.vulnerable, *(f"NOT AUDITED: {reason}" for reason in self.skipped)]
        return [*lines, f"{self.audited} packages audited, {len(self.vulnerable)} known vulnerabilities"]


def verdict(report: Mapping[str, Any] | None) -> Verdict:
    """The verdict of pip-audit's JSON report; None where it gave none."""
    packages = report["dependencies"] if report else []
    asked = [package for package in packages if "skip_reason" not in package]
    return Verdict(
        vulnerable=tuple(
            f"{package['name']} {package['version']}: {found['id']}, mended in {found['fix_versions'] or 'no version'}"
            for package in asked
            for found in package["vulns"]
        ),
        audited=len(asked),
        skipped=tuple(package["skip_reason"] for package in packages if "skip_reason" in package),
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 for a known vulnerability; 0 otherwise, also when nothing could be audited, which is said."""
    parser = argparse.ArgumentParser(prog="python -m infra.audit", description=__doc__)
    parser.add_argument("--pip-audit", type=Path, required=True, metavar="PATH", help="the installed program")
    options = parser.parse_args(arguments)
    found = verdict(_report(options.pip_audit))
    print("\n".join(found.lines()))
    return 1 if found.vulnerable else 0


def shipped(lock: str, requirements: str) -> str:
    """Pins of what ships: everything locked, and Chalice, which packaging adds. Nothing is left to be resolved."""
    pins = [line.removesuffix(" \\") for line in lock.splitlines() if "==" in line]
    return "\n".join([*pins, *(line for line in requirements.splitlines() if line.startswith("chalice=="))]) + "\n"


def _report(program: Path) -> dict[str, Any] | None:
    """pip-audit's report on what ships."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as listing:
        listing.write(shipped(LOCK.read_text(), (ROOT / "requirements.txt").read_text()))
        listing.flush()
        command = [str(program), "--requirement", listing.name, "--no-deps", "--disable-pip", "--format", "json"]
        command += ["--progress-spinner", "off"]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    try:
        report: dict[str, Any] = json.loads(run.stdout)
    except ValueError:
        print(run.stderr.strip().rpartition("\n")[2], file=sys.stderr)
        return None
    return report


if __name__ == "__main__":
    sys.exit(main())
