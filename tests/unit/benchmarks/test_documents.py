"""The pages that tell of the results say what results.json says."""

import json

from benchmarks.cost import DOCUMENT, document, night_dollars, usages
from benchmarks.report import README, RESULTS, with_tables

HOW = "run `make bench`, or write the pages anew with `python -m benchmarks.pages`"


def test_the_tables_of_the_benchmarks_are_those_of_the_results() -> None:
    results = json.loads(RESULTS.read_text())
    assert README.read_text() == with_tables(README.read_text(), results), HOW


def test_the_dollars_are_those_of_the_results() -> None:
    assert DOCUMENT.read_text() == document(json.loads(RESULTS.read_text())), HOW


def test_what_a_night_costs_is_worked_out() -> None:
    """DynamoDB's part, by hand: 10,000 tenants, units at $0.625 and $0.125 a million."""
    found = usages(json.loads(RESULTS.read_text()))["service"]._replace(write=100, read=800)  # type: ignore[arg-type]
    night = night_dollars(found)
    assert (float(night["DynamoDB writes"]), float(night["DynamoDB reads"])) == (0.625, 1.0)
