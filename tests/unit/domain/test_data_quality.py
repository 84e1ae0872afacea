"""What is odd in a client's facts: which clocks differ, and which times are impossible."""

import pytest

from chalicelib.domain.data_quality import flaws
from tests.unit.domain.builders import AS_OF, DAY, NOW, facts, ticket

CREATED = AS_OF - DAY


@pytest.mark.parametrize(("early", "told"), [(-1, False), (0, False), (1, False), (60, False), (61, True), (DAY, True)])
@pytest.mark.parametrize(
    ("field", "code"), [("first_response", "answered_before_creation"), ("closed", "closed_before_creation")]
)
def test_a_minute_is_a_difference_of_clocks(field: str, code: str, early: int, told: bool) -> None:
    known = facts([ticket(CREATED, **{field: CREATED - early})])
    found = [(flaw.code, flaw.record_type, flaw.record_id) for flaw in flaws(known, NOW)]

    assert ((code, "ticket", "T1") in found) is told


def test_what_never_came_is_not_early() -> None:
    found = {flaw.record_type for flaw in flaws(facts([ticket(CREATED)]), NOW)}

    assert found == {"client"}
