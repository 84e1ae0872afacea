"""cfn-lint, as a command of this environment."""

import subprocess
import sys
from pathlib import Path


def lint(template: Path) -> subprocess.CompletedProcess[str]:
    """What cfn-lint says of a template; exit code 0 when it has nothing to say."""
    linter = Path(sys.executable).with_name("cfn-lint")
    command = [str(linter), "--template", str(template), "--regions", "eu-central-1", "us-east-1"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
