"""Whatever fails here fails under AWS's own rules, where moto has none."""

from collections.abc import Iterator

import pytest

from tests.aws_rules.layer import AwsRules, enforced


@pytest.fixture(scope="session", autouse=True)
def rules() -> Iterator[AwsRules]:
    with enforced() as in_force:
        yield in_force
