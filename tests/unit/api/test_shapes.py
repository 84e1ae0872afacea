"""mypy finds an answer that is not as it is described: each `ignore` here is an error of `make check` without one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.api.shapes.common import Fault


def whole() -> "Fault":
    return {"pointer": "/name", "message": "Send text."}


def without_a_key() -> "Fault":
    return {"pointer": "/name"}  # type: ignore[typeddict-item]


def with_another_key() -> "Fault":
    return {"pointer": "/name", "message": "Send text.", "line": 1}  # type: ignore[typeddict-unknown-key]


def with_another_type() -> "Fault":
    return {"pointer": "/name", "message": None}  # type: ignore[typeddict-item]


def test_answers_are_plain_dictionaries() -> None:
    assert type(whole()) is dict
    assert len({str(made()) for made in (whole, without_a_key, with_another_key, with_another_type)}) == 4
