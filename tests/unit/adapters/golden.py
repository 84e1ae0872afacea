"""What was once stored must stay readable: documents of every kind, and the bytes that codec version 1 made of them.

Whoever changes the format raises CODEC_VERSION, keeps reading these bytes and adds those of the new version.
"""

from base64 import b64decode
from decimal import Decimal
from typing import Any, Final

from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Contract,
    Headcount,
    Invoice,
    Money,
    Qbr,
    Reconciliation,
    Survey,
    Ticket,
    Touchpoint,
)
from chalicelib.domain.history import Snapshot
from chalicelib.domain.records import StoredRecord
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.velocity import Velocity
from tests.unit.domain.builders import AS_OF, DAY, HOUR, STAMP, TODAY, client, scores


def _stored(*rows: Any) -> dict[str, StoredRecord]:
    return {row.id: StoredRecord(row, AS_OF - place, deleted=place == 1) for place, row in enumerate(rows)}


RECORDS: Final = {
    "assessment": _stored(Assessment("A1", TODAY - 9, Decimal("84.5"))),
    "billable_month": _stored(BillableMonth("B1", 24_320, Decimal("31.25"), 40), BillableMonth("B2", 24_321, 12)),
    "contract": _stored(Contract("K1", "ACTIVE", TODAY - 400), Contract("K2", "EXPIRED", TODAY - 900, TODAY - 500)),
    "headcount": _stored(Headcount("H1", TODAY - 365, 40), Headcount("H2", TODAY, 44)),
    "invoice": _stored(
        Invoice("INV-0001", "PAID", TODAY - 40, TODAY - 10, "EUR", 1_250_000, TODAY - 12),
        Invoice("INV-0002", "SENT", TODAY - 10, TODAY + 20, "EUR", 990_000),
    ),
    "qbr": _stored(Qbr("Q1", TODAY - 100, "COMPLETED", True)),
    "reconciliation": _stored(Reconciliation("R1", TODAY - 3, 100, Decimal("90.5"))),
    "survey": _stored(Survey("S1", "CSAT", 5, AS_OF - DAY), Survey("S2", "NPS", 0, AS_OF - 2 * DAY)),
    "ticket": _stored(
        Ticket("T0001", 1, AS_OF - 3 * DAY, AS_OF - 2 * DAY, AS_OF - DAY, AS_OF - HOUR, AS_OF + DAY),
        Ticket("T0002", 3, AS_OF - 3 * DAY),
        Ticket("T0004", 5, AS_OF - DAY, AS_OF - 2 * DAY, closed=AS_OF - HOUR),
        Ticket("T0003", 2, AS_OF - HOUR, due=AS_OF),
    ),
    "touchpoint": _stored(Touchpoint("X1", AS_OF - DAY, "CALL", True)),
}

SNAPSHOT: Final = Snapshot(
    TODAY,
    AS_OF,
    STAMP,
    {
        0: scores(85, 70, factor_points=(-15, 0, -5, 0, 0, 5)),
        7: scores(0, None, factor_points=(0, 0, -150, 0, 0, 0), signal_points=(80, *(None,) * 8), coverage=2000),
    },
)

_ACTIVITIES: Final = (
    Activity(1, 0, 1, 3600),
    Activity(4, 2, 3, 90_000, (("EUR", 1_250_000),)),
    Activity(9, 12, 8, 80_000, (("EUR", 1_250_000), ("USD", 70_000))),
    Activity(40, 41, 39, 400_000),
)

ROWS: Final = {
    2: CurrentRow(
        client(
            "c-0002", industry="Dental", client_since=TODAY - 900, monthly_recurring_revenue=Money("EUR", 12_000_000)
        ),
        AS_OF,
        STAMP,
        Evaluation(Standing(4, 1, 3, 3, 1, True), _ACTIVITIES, (80, 85, None, 70, 75, 75, 100, 100, 70), 81, 8500),
        Velocity(-15),
        Velocity(-3, True),
    ),
    3: CurrentRow(
        client("c-0003", account_manager_id="am-1", at_risk_since=AS_OF - DAY),
        AS_OF - HOUR,
        STAMP,
        Evaluation(Standing(0, 0, None, 61, 0, False), (Activity(0, 0, 0, 0),) * 4, (None,) * 9, None, 0),
        Velocity(None, False, "insufficient_history"),
        Velocity(None, False, "insufficient_data"),
    ),
    5: CurrentRow(client("x", archived=True), AS_OF, STAMP, None, Velocity(None), Velocity(None)),
}

BLOCK: Final = b64decode(
    "AW2SW2vbQBCF/8s8H4eZvWi1fnMdQ03T1E3cEBiG4qiCiCpS60uglP73PsiykzZvM+zu2cN3zm/a7Hb1bvdUd3uaqtKMIFAVg5hB"
    "NfmcvTeIQZXKcBHpuKQylMzDYgZ6aNp289DWX5/6bv9IU1V6dxJzZlAXvGOIQcnLhYsEcQYNjO7QtgYNIcaUAqR0BbtkUDEDVX23"
    "326qweAHgkAdJmIGpcX9anmzuCTQbL5e3i3IoMlnDg6R2aCBGS6Li5IMmlIqkuQMH2KRHLNB2Qz0WG++Vf3hSOH9a+PJ55gSfBEH"
    "uyEY1EsM3jEjSc6j1aZ77puqpqkqLa/vJoTwQodWs+UlgW4X1+uj0cwOng2qng3OoEqLLzc0zOIiMzNyZmY26MSNrIRDYGaUSV78"
    "//NhS1NV+vx/jGVwY4zzTx9XV4v14nLMcr891MexLMLAZcx1W1d9VzVts9k3fUdTVbp5qyT5KCDjY6XM57q4oggvZXeH7XP9i6aq"
    "dPs60uvVLYHmt7M1GZQRDSopRwnMzCgHHZXkUs6nlc1A+6b6Xg8RrgkBKhCMwgKPOGBNOXL0BTMYklzJjNKVzAYti8BDITE5z0cy"
    "p41YRMigpSvH61Jkd77uQyzGk+7QtvAFs0F9wQwXs+QMH3MJH/Op6fv+UD3+6JtjDe//4SwpR+fOHJXms6urt0M8s/7zFw=="
)

SNAPSHOT_ITEM: Final = b64decode(
    "Aa2MSw7CMBBD7zJrV3L6UdqzjGZRQkUjlaQ06f1ZABLsWdnPerL6bpr6Fs5PQ+fakYQ6eKInVPYyC+RxOQRS8xnWPcdUi0DmUpZS"
    "7subQshnqjHdBHIsIacQtzjXmJNA1mW+hnymKmZQwhvUE+ncNoM6kkRL0qCNG0CDKg2tQZsBjRu+l0++PE+M/Ln7R7Mn"
)

ROWS_ITEM: Final = b64decode(
    "AYVTy27cMAz8F57HACW/cyuSPfSadHshiMJ1vF0DXjmxZaBFsf/eg7T2uinQizR8DE0OZRELA6sQoTZhZksIICXQT1KFCH1qLx0p"
    "0mA8fvn89RDNUzPMHcLpp6VTCD11zjcDwS3DALcMg0LcMgyg5pIYurnKtObM7rLocHze84xlZmaGmDv/raAp69zaImNe88s6T42t"
    "mJGkBTPSglkhYlAyMobQ29wQ6P37RCA/Lu35beydnwnUzHM3z5cuWm07Ls737geBpq4dXdsPfeP70RHo3DWv7bg4T6oKEQ56+GkJ"
    "QgRNFCIZWCEGrJB0p0dh1sCOUplbWpUzgxVS8ea6IQm3VUi5hsv8IzJ3+mxw44QWhEOt2GkRvvz7ijiBjROwQmrmGKbD8ZkexNj8"
    "fk2qV0gdBg+8Ko7xPx7o+PJED1J+KJcFJbLYX6ie8VrxqhBJzCZPlNOuz69383I69W3fOf/t3M9+nH6RQpJ1Lbs1/IP02vgm/BNR"
    "/HTbw19wfa1xAv0D"
)
