"""POST /settings/health-score/preview: what other settings would make of the scores, nothing read or stored for it."""

from random import Random
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.domain.settings import SIGNALS, SOURCES
from chalicelib.domain.settings_resources import scoring_settings
from chalicelib.domain.weighted import band_of, combine
from tests.functional.examples import client, fact
from tests.functional.service import Answer, Service
from tests.functional.support import (
    STACK,
    change,
    counting,
    faults,
    ids,
    reads,
    row_of,
    seat_rows,
    settings,
    standardized,
    weights,
)
from tests.reference.inputs import average

PATH: Final = "/v1/settings/health-score/preview"


def preview(service: Service, previewed: dict[str, Any] | None = None, **target: Any) -> Answer:
    """The preview of the settings in force with some fields changed."""
    return service.http("POST", PATH, {"settings": {**settings(service), **(previewed or {})}, **target})


def scored(service: Service, *clients: tuple[str, int], **fields: Any) -> None:
    """Clients with these points of stack standardization, which are their scores."""
    change(service, **STACK, **fields)
    for client_id, points in clients:
        service.take(*standardized(client_id, points))
    service.drain()


# ---- the sample account --------------------------------------------------------------------------------


def test_the_sample_account_by_hand(service: Service) -> None:
    answer = preview(service, {"weights": weights(open_p1_p2_tickets=50, csat_nps_trend=25.5, payment_health=24.5)})

    assert answer.status == 200
    assert list(answer.body) == ["before", "after"]
    before, after = answer.body["before"], answer.body["after"]
    # 80·20 + 85·15 + 60·15 + 70·10 + 75·10 + 75·10 + 75·10 + 100·5 + 70·5 = 7575
    assert {name: before[name] for name in before if name != "signals"} == {
        "score": 76,
        "exact_score": "75.75",
        "band": "GREEN",
        "label": "Healthy",
        "advice": "No immediate action needed",
        "coverage": 100,
        "provisional": False,
    }
    assert [(signal["points"], signal["contribution"]) for signal in before["signals"]] == [
        (80, "16.00"),
        (85, "12.75"),
        (60, "9.00"),
        (70, "7.00"),
        (75, "7.50"),
        (75, "7.50"),
        (75, "7.50"),
        (100, "5.00"),
        (70, "3.50"),
    ]
    # 80·50 + 85·25.5 + 75·24.5 = 8005
    assert (after["score"], after["exact_score"]) == (80, "80.05")
    assert [signal["weight"] for signal in after["signals"]] == [50, 25.5, 0, 0, 0, 0, 24.5, 0, 0]
    assert after["signals"][1] == {
        "id": "csat_nps_trend",
        "label": "CSAT / NPS trend",
        "points": 85,
        "weight": 25.5,
        "contribution": "21.68",  # 21.675 and 18.375: the cent left over goes to the first
        "missing": None,
    }


def test_the_sample_account_needs_no_client_and_one_call(service: Service) -> None:
    with counting() as cost:
        answer = service.http("POST", PATH, {"settings": settings(service)})
    assert answer.status == 200
    assert reads(cost) == {"GetItem": 2}  # one of them is this test's own


def test_thresholds_and_sources_of_the_sample_account(service: Service) -> None:
    after = preview(service, {"green_threshold": 80, "yellow_threshold": 76}).body["after"]
    assert (after["score"], after["band"]) == (76, "YELLOW")

    after = preview(service, {"sources": ["psa", "headcount"]}).body["after"]
    # (80·20 + 85·15 + 60·15 + 70·5) / 55 = 75
    assert (after["score"], after["coverage"], after["provisional"]) == (75, 55, True)
    assert [signal["missing"] for signal in after["signals"]].count("not_connected") == 5
    after = preview(service, {"sources": ["psa", "headcount"], "missing_signals": "neutral_50"}).body["after"]
    assert (after["score"], after["exact_score"]) == (64, "63.75")  # 41.25 + 50 × 45 %
    assert sum(round(100 * float(signal["contribution"])) for signal in after["signals"]) == 6375


# ---- one client ----------------------------------------------------------------------------------------


def test_a_client_before_and_after(service: Service) -> None:
    service.take(client(), fact("ticket", priority="P1"), fact("qbr"), fact("assessment", standardization_score=40))
    change(service, missing_signals="neutral_50")
    service.drain()
    now = service.http("GET", "/v1/clients/c1/health").body["models"]["weighted"]

    answer = preview(service, {"weights": weights(open_p1_p2_tickets=50, stack_standardization=50)}, client_id="c1")
    before, after = answer.body["before"], answer.body["after"]
    assert {name: before[name] for name in before if name != "signals"} == {
        name: now[name] for name in before if name != "signals"
    }
    assert (after["score"], after["coverage"], after["provisional"]) == (60, 100, False)  # (80 + 40) / 2
    assert [signal["contribution"] for signal in after["signals"] if signal["weight"]] == ["40.00", "20.00"]


def test_a_client_takes_three_calls(service: Service) -> None:
    scored(service, ("c1", 50))
    body = {"settings": settings(service), "client_id": "c1"}
    with counting() as cost:
        assert service.http("POST", PATH, body).status == 200
    assert cost.call_count <= 3
    assert "Query" not in reads(cost)


def test_a_client_that_is_not_there_or_not_scored(service: Service) -> None:
    service.take(client("gone", status="CHURNED"), client("new"))
    assert preview(service, client_id="nobody").status == 404
    assert preview(service, client_id="new").status == 404  # before its first refresh
    service.drain()
    assert preview(service, client_id="new").status == 200
    assert preview(service, client_id="gone").status == 404


# ---- the portfolio -------------------------------------------------------------------------------------


def test_the_portfolio_before_and_after(service: Service) -> None:
    scored(service, ("a", 95), ("b", 72), ("c", 69), ("d", 41), ("e", 20))
    answer = preview(service, {"green_threshold": 71, "yellow_threshold": 50, "alert_threshold": 42}, scope="portfolio")

    crossing = [
        {"client_id": "d", "name": "Client d", "from_band": "YELLOW", "to_band": "RED", "from": 41, "to": 41},
    ]
    assert answer.body == {
        "bands": {
            "before": {"GREEN": 2, "YELLOW": 2, "RED": 1, "INSUFFICIENT_DATA": 0},
            "after": {"GREEN": 2, "YELLOW": 1, "RED": 2, "INSUFFICIENT_DATA": 0},
        },
        "average": {"before": 59.4, "after": 59.4},
        "crossing": crossing,
        "crossing_total": 1,
        "biggest_movers": [],
        "biggest_movers_total": 0,
        "alerts": {
            "count": 2,
            "clients": [
                {"client_id": "e", "name": "Client e", "from_band": "RED", "to_band": "RED", "from": 20, "to": 20},
                *crossing,
            ],
        },
    }


def test_clients_without_a_score_in_the_portfolio(service: Service) -> None:
    scored(service, ("a", 80))
    service.take(client("b"), client("c", status="INACTIVE"))
    service.drain()

    answer = preview(service, {"missing_signals": "neutral_50"}, scope="portfolio")
    assert answer.body["bands"]["before"] == {"GREEN": 1, "YELLOW": 0, "RED": 0, "INSUFFICIENT_DATA": 1}
    assert answer.body["average"] == {"before": 80.0, "after": 80.0}
    answer = preview(service, {"sources": []}, scope="portfolio")
    assert answer.body["bands"]["after"]["INSUFFICIENT_DATA"] == 2
    assert answer.body["average"] == {"before": 80.0, "after": None}
    assert (answer.body["crossing_total"], answer.body["biggest_movers_total"]) == (1, 0)
    assert answer.body["crossing"][0]["to"] is None


def test_an_empty_portfolio(service: Service) -> None:
    answer = preview(service, scope="portfolio")
    assert answer.body["average"] == {"before": None, "after": None}
    assert answer.body["alerts"] == {"count": 0, "clients": []}


def test_a_portfolio_of_1000_clients(service: Service) -> None:
    """All of it recombined from the rows' points: a call per 100 pages, no fact read, nothing stored."""
    random = Random(5)
    points = {f"c{number:03d}": [random.choice([None, *range(0, 101, 7)]) for _ in SIGNALS] for number in range(1000)}
    name = {client_id: f"Name {number % 7}" for number, client_id in enumerate(points)}
    seat_rows(service, [row_of(client_id, held, name=name[client_id]) for client_id, held in points.items()])
    change(service, sources=list(SOURCES[:5]))
    previewed = {"weights": {**weights(), "payment_health": 40, "csat_nps_trend": 60}, "sources": "auto"}
    held, stored = settings(service), service.stored()
    body = {"settings": {**held, **previewed}, "scope": "portfolio"}
    with counting() as cost:
        found = service.http("POST", PATH, body).body

    assert reads(cost) == {"GetItem": 1, "BatchGetItem": 1}
    assert cost.call_count <= 3 + 1
    assert set(cost.reads_by_kind()) == {"SETTINGS", "NOW"}
    assert service.stored() == stored

    # The same, client by client.
    old, new = scoring_settings(held), scoring_settings({**held, **previewed})
    moves = []
    for client_id, own in points.items():
        one, other = combine(own, SOURCES[:5], old), combine(own, SOURCES, new)
        alerts = other.score is not None and not other.provisional and other.score < 60
        moved = Moved(one.score, other.score, band_of(one.score, old), band_of(other.score, new), alerts)
        moves.append((moved, (name[client_id].casefold(), client_id)))
    crossing = sorted((each for each in moves if each[0].band != each[0].to_band), key=worst_first)
    alerting = sorted((each for each in moves if each[0].alerts), key=worst_first)
    movers = sorted((each for each in moves if each[0].distance), key=lambda each: (-each[0].distance, each[1]))

    assert found["bands"] == {
        "before": {band: sum(moved.band == band for moved, _ in moves) for band in BANDS},
        "after": {band: sum(moved.to_band == band for moved, _ in moves) for band in BANDS},
    }
    assert found["average"] == {
        "before": float(average(moved.score for moved, _ in moves) or 0),
        "after": float(average(moved.to_score for moved, _ in moves) or 0),
    }
    assert (found["crossing_total"], found["biggest_movers_total"]) == (len(crossing), len(movers))
    assert found["alerts"]["count"] == len(alerting)
    assert min(len(crossing), len(movers), len(alerting)) > 50
    for listed, expected in (
        (found["crossing"], crossing),
        (found["biggest_movers"], movers),
        (found["alerts"]["clients"], alerting),
    ):
        assert ids(listed) == [client_id for _, (_, client_id) in expected[:50]]
        assert [(move["from"], move["to"]) for move in listed] == [tuple(moved[:2]) for moved, _ in expected[:50]]


BANDS: Final = ("GREEN", "YELLOW", "RED", "INSUFFICIENT_DATA")


class Moved(NamedTuple):
    """What a client's score and band were and would be."""

    score: int | None
    to_score: int | None
    band: str
    to_band: str
    alerts: bool

    @property
    def distance(self) -> int:
        return 0 if self.score is None or self.to_score is None else abs(self.to_score - self.score)


def worst_first(each: tuple[Moved, tuple[str, str]]) -> tuple[bool, int, tuple[str, str]]:
    moved, name = each
    return moved.to_score is None, moved.to_score or 0, name


# ---- requests ------------------------------------------------------------------------------------------


def test_a_preview_stores_nothing(service: Service) -> None:
    scored(service, ("c1", 50))
    before = service.stored()
    targets: list[dict[str, Any]] = [{}, {"client_id": "c1"}, {"scope": "portfolio"}, {"client_id": "nobody"}]
    for target in targets:
        preview(service, {"alert_threshold": 10, "green_threshold": 51}, **target)
    assert service.stored() == before
    assert service.queued() == (0, 0)


WRONG: Final[list[tuple[dict[str, Any], list[str]]]] = [
    ({"settings": {"yellow_threshold": 70}}, ["/settings/yellow_threshold"]),
    ({"settings": {"weights": {}}}, [f"/settings/weights/{signal}" for signal in SIGNALS]),
    ({"settings": {"note": "no note here"}}, ["/settings/note"]),
    ({"settings": {"sources": ["crm"]}}, ["/settings/sources/0"]),
    ({"scope": "fleet"}, ["/scope"]),
    ({"client_id": "no id"}, ["/client_id"]),
    ({"client_id": "c1", "scope": "portfolio"}, [""]),
    ({"other": 1}, ["/other"]),
]


def test_what_cannot_be_previewed(service: Service, subtests: pytest.Subtests) -> None:
    held = settings(service)
    for body, pointers in WRONG:
        with subtests.test(body=body):
            sent = {**body, "settings": {**held, **body.get("settings", {})}}
            assert faults(service.http("POST", PATH, sent)) == pointers


def test_settings_are_needed(service: Service) -> None:
    assert faults(service.http("POST", PATH, {"scope": "portfolio"})) == ["/settings"]
    assert service.http("POST", PATH, b"[]").status == 400


def test_previewing_needs_settings_read_only(service: Service) -> None:
    body = {"settings": settings(service)}
    assert service.http("POST", PATH, body, permissions=["settings.read"]).status == 200
    assert service.http("POST", PATH, body, permissions=["settings.write"]).status == 403
