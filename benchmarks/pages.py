"""Rewrites everything that follows from results.json, without measuring: `python -m benchmarks.pages`."""

import json

from benchmarks import cost, plot, scale
from benchmarks.report import README, RESULTS, with_tables


def main() -> None:
    """The tables, the dollars, the many tenants, and the plot where there is matplotlib."""
    results = json.loads(RESULTS.read_text())
    README.write_text(with_tables(README.read_text(), results))
    cost.write(results)
    if cost.is_complete(results):
        scale.write(scale.report(scale.Costs.counted(results), cost.TENANTS))
    if "growth" in results["parts"]:
        plot.draw({int(size): fleet for size, fleet in results["parts"]["growth"]["detail"].items()})


if __name__ == "__main__":
    main()
