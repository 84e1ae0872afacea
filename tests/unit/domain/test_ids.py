"""Ids have the form of the contract, or do not come to be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import ClientHealthError, InvalidIdError
from chalicelib.domain.ids import RECORD_ID_PATTERN, TENANT_ID_PATTERN, RecordId, TenantId


@pytest.mark.parametrize("value", ["c", "0", "A.b_c-9", "T0001234", "x" * 64])
def test_takes_record_ids(value: str) -> None:
    assert RecordId(value) == value


@pytest.mark.parametrize(
    "value", ["", "x" * 65, "a#b", "a b", ".a", "-a", "_a", "a/b", "a~", "é", "٣", "a\n", "a\x00", None, 7]
)
def test_refuses_record_ids(value: Any) -> None:
    with pytest.raises(InvalidIdError, match="1 to 64 letters"):
        RecordId(value)


@pytest.mark.parametrize("value", ["ab", "0-", "acme-2", "x" * 39])
def test_takes_tenant_ids(value: str) -> None:
    assert TenantId(value) == value


@pytest.mark.parametrize("value", ["", "a", "x" * 40, "Acme", "-a", "a#b", "a_b", "a.b", "ab\n", "àb", None, 7])
def test_refuses_tenant_ids(value: Any) -> None:
    with pytest.raises(InvalidIdError, match="2 to 39 lower-case"):
        TenantId(value)


@given(st.from_regex(RECORD_ID_PATTERN.replace("$", r"\Z")), st.from_regex(TENANT_ID_PATTERN.replace("$", r"\Z")))
def test_the_patterns_of_the_contract_are_taken_whole(record_id: str, tenant_id: str) -> None:
    assert (RecordId(record_id), TenantId(tenant_id)) == (record_id, tenant_id)


def test_a_refused_id_is_something_a_caller_can_mend() -> None:
    assert issubclass(InvalidIdError, ClientHealthError)
    assert issubclass(InvalidIdError, ValueError)
