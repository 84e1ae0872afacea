"""Writes the pages anew from results.json, without measuring: `python -m benchmarks.pages`."""

import json

from benchmarks import cost
from benchmarks.report import README, RESULTS, with_tables


def main() -> None:
    results = json.loads(RESULTS.read_text())
    README.write_text(with_tables(README.read_text(), results))
    cost.write(results)


if __name__ == "__main__":
    main()
