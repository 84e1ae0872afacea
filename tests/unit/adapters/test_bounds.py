"""Items that grow, filled to their bounds: none passes what DynamoDB holds (400 KB)."""

from random import Random
from typing import Final

from chalicelib.adapters.dynamodb.columns import pack
from chalicelib.adapters.dynamodb.page_codec import decode_rows, encode_rows
from chalicelib.adapters.dynamodb.runs import _encode_summary
from chalicelib.domain.currencies import CURRENCIES
from chalicelib.domain.deduction import MOST_CURRENCIES, Activity, Standing, _revenue
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Instant, Invoice, Money
from chalicelib.domain.fleet import OTHER_INDUSTRIES, FleetSummary, Member, model_summary
from chalicelib.domain.history import Stamp
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.roster import SEATS_PER_PAGE, CurrentRow
from chalicelib.domain.settings import MODELS, SOURCES
from chalicelib.domain.velocity import Velocity
from tests.unit.domain.builders import TODAY

ITEM_BYTES: Final = 400 * 1024
RANDOM: Final = Random(7)
LONGEST: Final = 200


def long_name(number: int) -> str:
    """A name of the longest, in letters of four bytes that do not compress."""
    return f"{number:05d}" + "".join(chr(RANDOM.randrange(0x20000, 0x2A6D0)) for _ in range(LONGEST - 5))


def member(number: int, industry: str, currency: str = "EUR") -> Member:
    client = Client(
        f"c{number}",
        long_name(number),
        "ACTIVE",
        industry=industry,
        monthly_recurring_revenue=Money(currency, RANDOM.randrange(10**16)),
    )
    return Member(client, number % 101, ("HEALTHY", "AT_RISK", "CRITICAL")[number % 3], -(number % 50))


def test_a_summary_holds_as_many_industries_as_fit_and_counts_the_rest() -> None:
    codes = sorted(CURRENCIES)
    members = [member(n, long_name(n), codes[n % len(codes)]) for n in range(3_000)]
    members += [member(n, "Dental") for n in range(50)]
    found = model_summary(members)
    assert found.industries["dental"].n == 50
    rest = found.industries[OTHER_INDUSTRIES.casefold()]
    assert (rest.name, rest.n > 2_500) == ("Other", True)
    assert sum(industry.n for industry in found.industries.values()) == len(members)
    assert sum(industry.total for industry in found.industries.values()) == found.total
    assert list(found.industries) == sorted(found.industries)
    summary = FleetSummary(TODAY, Instant(0), 1, dict.fromkeys(MODELS, found))
    assert len(pack(_encode_summary(summary))) < ITEM_BYTES


def test_a_summary_of_common_industries_holds_them_all() -> None:
    found = model_summary([member(n, f"Industry {n}") for n in range(2_000)])
    assert len(found.industries) == 2_000
    assert OTHER_INDUSTRIES.casefold() not in found.industries


def test_an_industry_of_that_name_is_counted_among_the_others() -> None:
    members = [member(n, long_name(n)) for n in range(1_000)]
    members += [member(n, "OTHER") for n in range(20)]
    found = model_summary(members)
    assert found.industries["other"].name == "OTHER"
    assert sum(industry.n for industry in found.industries.values()) == len(members)


def test_a_page_of_current_rows_stays_one_item() -> None:
    codes = sorted(CURRENCIES)[:MOST_CURRENCIES]
    rows = {}
    for seat in range(SEATS_PER_PAGE):
        revenue = tuple((code, RANDOM.randrange(10**18)) for code in codes)
        windows = tuple(
            Activity(RANDOM.randrange(10**6), RANDOM.randrange(10**6), 9, RANDOM.randrange(10**6), revenue)
            for _ in PERIODS
        )
        days = RANDOM.randrange(10**4)
        standing = Standing(RANDOM.randrange(10**6), RANDOM.randrange(10**6), days, days, RANDOM.randrange(999), True)
        evaluation = Evaluation(standing, windows, (50,) * 9, 50, 10_000)
        client = Client(
            f"{seat:064d}",
            long_name(seat),
            "ACTIVE",
            industry=long_name(seat),
            account_manager_id=f"{seat:064d}",
            monthly_recurring_revenue=Money(codes[0], RANDOM.randrange(10**16)),
        )
        rows[seat] = CurrentRow(
            client, Instant(seat), Stamp(1, 70, 40, SOURCES), evaluation, Velocity(-1), Velocity(-2)
        )
    stored = encode_rows(rows)
    assert len(stored) < ITEM_BYTES
    assert decode_rows(stored) == rows


def test_revenue_shows_the_currencies_of_most_invoices() -> None:
    codes = sorted(CURRENCIES)
    paid = [Invoice(f"I-{code}", "PAID", TODAY, TODAY, code, 1, None) for code in codes]
    paid += [Invoice(f"J-{code}", "PAID", TODAY, TODAY, code, 1, None) for code in codes[-3:]]
    shown = dict(_revenue(paid, TODAY, TODAY))
    assert list(shown) == sorted([*codes[: MOST_CURRENCIES - 3], *codes[-3:]])
    assert {shown[code] for code in codes[-3:]} == {2}
