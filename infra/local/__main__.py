"""``python -m infra.local``: the service on this machine."""

import sys

from infra.local.cli import main

if __name__ == "__main__":
    sys.exit(main())
