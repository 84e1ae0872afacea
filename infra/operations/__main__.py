"""``python -m infra.operations``: see `infra.operations.command`."""

import sys

from infra.operations.command import main

if __name__ == "__main__":
    sys.exit(main())
