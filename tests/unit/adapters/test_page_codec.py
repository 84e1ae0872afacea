"""A roster page's items: current rows and snapshots come back as they were, equal ones as equal bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.columns import CODEC_VERSION, CodecError
from chalicelib.adapters.dynamodb.page_codec import (
    decode_rows,
    decode_scores,
    decode_snapshot,
    decode_stamp,
    encode_rows,
    encode_scores,
    encode_snapshot,
    encode_stamp,
)
from chalicelib.domain.facts import Client, Money
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.velocity import Velocity
from tests.unit.domain.builders import AS_OF, STAMP, TODAY, client, scores
from tests.unit.domain.strategies import clients, pages_of_rows, snapshots, stamps
from tests.unit.domain.strategies import scores as any_scores


@given(snapshots)
def test_snapshots_come_back(snapshot: Snapshot) -> None:
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


def test_a_snapshot_of_nobody() -> None:
    empty = Snapshot(TODAY, AS_OF, STAMP, {})

    assert decode_snapshot(encode_snapshot(empty)) == empty


@given(snapshots, st.randoms(use_true_random=False))
def test_the_order_of_seats_changes_no_byte(snapshot: Snapshot, random: Any) -> None:
    shuffled = dict(random.sample(list(snapshot.scores.items()), len(snapshot.scores)))

    assert encode_snapshot(Snapshot(snapshot.date, snapshot.as_of, snapshot.stamp, shuffled)) == encode_snapshot(
        snapshot
    )


@given(any_scores(), stamps)
def test_scores_and_stamps_of_a_calculation_come_back(held: Scores, stamp: Stamp) -> None:
    assert decode_scores(json.loads(json.dumps(encode_scores(held)))) == held
    assert decode_stamp(json.loads(json.dumps(encode_stamp(stamp)))) == stamp


@pytest.mark.parametrize(("factors", "score"), [((0,) * 6, 100), ((-150, *(0,) * 5), 0), ((-5, *(0,) * 4, 5), 100)])
def test_the_deduction_score_follows_from_its_points(factors: tuple[int, ...], score: int) -> None:
    assert decode_scores(encode_scores(scores(score, 50, factor_points=factors))).deduction == score


@given(pages_of_rows)
def test_current_rows_come_back(rows: dict[int, CurrentRow]) -> None:
    found = decode_rows(encode_rows(rows))

    assert found == rows
    assert repr(found) == repr(dict(sorted(rows.items())))


@given(pages_of_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_byte(rows: dict[int, CurrentRow], random: Any) -> None:
    assert encode_rows(dict(random.sample(list(rows.items()), len(rows)))) == encode_rows(rows)


@given(st.dictionaries(st.integers(0, 63), clients, min_size=1, max_size=3))
def test_rows_of_clients_that_are_not_scored(held: dict[int, Client]) -> None:
    none = Velocity(None)
    rows = {seat: CurrentRow(who, AS_OF, STAMP, None, none, none) for seat, who in held.items()}

    assert decode_rows(encode_rows(rows)) == rows


@pytest.mark.parametrize("amount", [0, 1, 10_000, 123_456_789])
def test_recurring_revenue_is_exact(amount: int) -> None:
    none = Velocity(None)
    rows = {
        seat: CurrentRow(client(monthly_recurring_revenue=money), AS_OF, STAMP, None, none, none)
        for seat, money in enumerate((None, Money("EUR", 0), Money("EUR", amount), Money("USD", 20_000)))
    }

    assert decode_rows(encode_rows(rows)) == rows


@given(snapshots, pages_of_rows, st.data())
def test_refuses_an_unknown_version_and_damage(
    snapshot: Snapshot, rows: dict[int, CurrentRow], data: st.DataObject
) -> None:
    for item, decode in ((encode_snapshot(snapshot), decode_snapshot), (encode_rows(rows), decode_rows)):
        with pytest.raises(CodecError, match="version"):
            decode(bytes((CODEC_VERSION + 1,)) + item[1:])
        with pytest.raises(CodecError):
            decode(item[: data.draw(st.integers(0, len(item) - 1))])
