"""docs/cost.md: what nights cost in dollars, from the counted units and public list prices.

The document is written with the results and compared with them by a test, so it cannot drift from them.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from benchmarks.report import README, markdown

DOCUMENT: Final = README.parents[1] / "docs" / "cost.md"

REGION: Final = "us-east-1 (N. Virginia)"
PRICES_OF: Final = "July 2025 (DynamoDB's after the reduction of November 2024)"

TENANTS: Final = 10_000
CLIENTS: Final = 1_000
NIGHTS: Final = 30
SNAPSHOTS: Final = 730

PRICES: Final = {
    "write": ("DynamoDB on demand, a million write units", Decimal("0.625")),
    "read": ("DynamoDB on demand, a million read units", Decimal("0.125")),
    "storage": ("DynamoDB storage, a GB and month", Decimal("0.25")),
    "backup": ("DynamoDB point-in-time recovery, a GB and month", Decimal("0.20")),
    "compute": ("Lambda (x86), a million GB-seconds", Decimal("16.6667")),
    "invocation": ("Lambda, a million invocations", Decimal("0.20")),
    "sqs": ("SQS, a million requests", Decimal("0.40")),
    "sns": ("SNS, a million publishes", Decimal("0.50")),
    "api": ("API Gateway (REST), a million requests", Decimal("3.50")),
    "logs": ("CloudWatch Logs, a GB taken in", Decimal("0.50")),
    "alarm": ("CloudWatch, an alarm and month", Decimal("0.10")),
    "metric": ("CloudWatch, a custom metric and month", Decimal("0.30")),
    "kms": ("KMS, a million requests", Decimal(3)),
    "user": ("Cognito Essentials, a user who signed in that month", Decimal("0.015")),
    "page": ("CloudFront, a million HTTPS requests", Decimal(1)),
    "transfer": ("CloudFront, a GB sent out", Decimal("0.085")),
}
FREE: Final = (
    "Nothing is charged for DynamoDB streams read by Lambda, EventBridge schedules, SSM standard parameters and the "
    "table's encryption: it uses a key that AWS owns. KMS decrypts the signing key once per process."
)

SWEEPS_A_MONTH: Final = 4 * 24 * 30
AUTHORIZER_SECONDS: Final = Decimal("0.05")
"""Of an invocation of the authorizer, at half a GB; assumed. Its answer is kept for a minute per credential."""

PAGE_REQUESTS, PAGE_GB = 20, Decimal("0.0005")
"""What a visit loads of the dashboard's files; from the page's budget of compressed bytes, rounded up."""

TEMPLATE: Final = README.parents[1] / "infra" / "resources.yaml"

MEMORY_GB: Final = Decimal(1)
VCPU_SHARE: Final = Decimal(1024) / Decimal(1769)
"""Lambda gives a whole processor from 1,769 MB on; the worker has 1,024 MB."""

CALL_SECONDS: Final = Decimal("0.005")
"""How long a worker waits for a call: a few milliseconds within the region; an assumption, not a measurement."""

LOG_BYTES: Final = 1_500
"""Lambda's own lines and ours, per invocation; assumed."""


class Usage(NamedTuple):
    """What a night of one tenant uses; CPU in seconds of a whole processor, storage in bytes, kept for good."""

    write: Decimal
    read: Decimal
    calls: Decimal
    cpu: Decimal
    invocations: Decimal
    sqs: Decimal
    stored: Decimal


def usages(results: Mapping[str, Any]) -> dict[str, Usage]:
    """The service, the naive design and the floor: the results in as few bytes as they have, and the service's rest."""
    units, worker = results["parts"]["units"]["detail"], results["parts"]["worker"]["figures"][0]
    values = dict(results["parts"]["units"]["values"])
    night, naive = units["night"], units["naive"]
    facts = _exact(night["read_units_by_kind"]["C"]) * 8192 / CLIENTS
    messages = sum(night["calls_by_operation"].get(name, 0) for name in ("sqs.SendMessageBatch",))
    row, entry = _exact(values["bytes per current row"]), _exact(values["bytes per snapshot entry"])
    ours = Usage(
        _exact(night["write_units"]),
        _exact(night["read_units"]),
        _exact(night["calls"]),
        _exact(worker["ours"]) * CLIENTS / 1000,
        Decimal(len(units["worker"])),
        Decimal(3 * messages),
        CLIENTS * (facts + row + SNAPSHOTS * entry),
    )
    indexed = _exact(units["naive_bytes_per_client"])
    naive_entry = 2 * _exact(values["naive: bytes per snapshot (mean)"].replace(",", ""))
    plain = Usage(
        _exact(naive["write_units"]),
        _exact(naive["read_units"]),
        _exact(naive["calls"]),
        _exact(worker["theirs"]) * CLIENTS / 1000,
        Decimal(CLIENTS),
        Decimal(CLIENTS) * 3,
        CLIENTS * (indexed + SNAPSHOTS * naive_entry),
    )
    floor = ours._replace(write=_exact(units["other_ways"]["floor"]), read=_exact(night["read_units_by_kind"]["C"]))
    return {"service": ours, "naive design": plain, "floor": floor}


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


def price(name: str) -> Decimal:
    return PRICES[name][1]


def night_dollars(usage: Usage) -> dict[str, Decimal]:
    """A night of all tenants, by what is charged."""
    seconds = usage.cpu / VCPU_SHARE + usage.calls * CALL_SECONDS
    millions = {
        "DynamoDB writes": usage.write * price("write"),
        "DynamoDB reads": usage.read * price("read"),
        "Lambda": seconds * MEMORY_GB * price("compute") + usage.invocations * price("invocation"),
        "SQS": usage.sqs * price("sqs"),
    }
    found = {name: TENANTS * amount / 1_000_000 for name, amount in millions.items()}
    found["CloudWatch Logs"] = TENANTS * usage.invocations * LOG_BYTES * price("logs") / 10**9
    return found


def storage_dollars(usage: Usage) -> Decimal:
    """A month of storage and recovery, once two years of nights are kept."""
    return TENANTS * usage.stored / 10**9 * (price("storage") + price("backup"))


def document(results: Mapping[str, Any]) -> str:
    """The whole page."""
    found = usages(results)
    nights = {name: night_dollars(usage) for name, usage in found.items()}
    total = {name: sum(night.values(), Decimal(0)) for name, night in nights.items()}
    storage = {name: storage_dollars(usage) for name, usage in found.items()}
    month = {name: NIGHTS * total[name] + storage[name] for name in found}
    lines = next(iter(nights.values()))
    per_night = [_line(line, {name: night[line] for name, night in nights.items()}) for line in lines]
    per_month = [
        _line(f"{NIGHTS} nights", {name: NIGHTS * total[name] for name in found}),
        _line("storage and point-in-time recovery, two years of nights kept", storage),
        _line("**a month**", month),
        _line("per tenant", {name: month[name] / TENANTS for name in found}),
    ]
    heads = ("", *found)
    times = month["naive design"] / month["service"]
    milliseconds = 1000 * CALL_SECONDS
    return f"""# What it costs

{TENANTS:,} tenants of {CLIENTS:,} clients each (workload B1: 323 facts per client), from the units that `make bench`
counted ([results](../benchmarks/README.md)) and list prices of {REGION} as published in
{PRICES_OF}; without free tiers, savings plans and taxes. They were compared
with published guides to AWS's prices, not with the pages of AWS itself: check them before you rely on the dollars; the
ratios hardly move. This page is written by `make bench`;
a test compares it with the results.

## One night

{markdown(heads, [*per_night, _line("**a night**", total)])}
## One month

{markdown(heads, per_month)}
The naive design costs {times:.0f} times as much a month. The floor has the service's calls and CPU, the night's
results in as few bytes as the codec makes of them, and reads nothing but the facts.

## Every month, however many tenants there are

{markdown(("", "dollars"), _fixed(results))}
A sweep reads the due marks and looks at nobody else. An earlier build walked all {TENANTS:,} tenants, which would cost
{_dollars(_sweeps(results["parts"]["sweep"]["detail"]["theirs"]))} a month.

## On top, by use

{markdown(("", "dollars"), _by_use(results))}
## What was assumed

- Lambda: {MEMORY_GB} GB, so {VCPU_SHARE:.2f} of a processor; the CPU time measured on this machine, and
  {milliseconds:.0f} ms of waiting for each call. The naive worker is one invocation per client.
- SQS: three requests per batch of messages (send, receive, delete); per client in the naive design.
- {LOG_BYTES:,} bytes of log per invocation.
- {FREE}

## Prices

{markdown(("what", "dollars"), [(what, f"{amount}") for what, amount in PRICES.values()])}"""


def _line(what: str, amounts: Mapping[str, Decimal]) -> tuple[str, ...]:
    return (what, *map(_dollars, amounts.values()))


def _by_use(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    parts = results["parts"]
    units = parts["units"]["detail"]
    alerts, page = units["night_with_alerts"], units["client_health_page"]
    write, read, sns = price("write") / 10**6, price("read") / 10**6, price("sns") / 10**6
    per_alert = _exact(alerts["write_units"] - units["night"]["write_units"]) / _exact(alerts["alerts"]) * write + sns
    view = price("api") / 10**6 + _exact(page["read_units"]) * read + price("invocation") / 10**6
    check = (AUTHORIZER_SECONDS * MEMORY_GB / 2 * price("compute") + price("invocation")) / 10**6
    visit = PAGE_REQUESTS * price("page") / 10**6 + PAGE_GB * price("transfer")
    tickets = [
        (
            f"10,000 tickets, {order}: writes and reads",
            _dollars(_exact(cost["write_units"]) * write + _exact(cost["read_units"]) * read),
        )
        for order, cost in parts["records"]["detail"].items()
    ]
    return [
        ("1,000 new alerts: writes, and an SNS publish each", _dollars(1000 * per_alert)),
        ("1,000 views of the Client Health page: API Gateway, invocation, reads", _dollars(1000 * view)),
        ("1,000 checks of a credential: one a minute at most for each", _dollars(1000 * check)),
        ("1,000 visits that load the dashboard: CloudFront", _dollars(1000 * visit)),
        ("1,000 people who sign in that month", _dollars(1000 * price("user"))),
        ("1,000 cold starts of the API that read the signing key", _dollars(price("kms") / 1000)),
        *tickets,
    ]


def _fixed(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What does not depend on use, with the sweep as it was counted: one tenant in a hundred due each time."""
    template = TEMPLATE.read_text()
    alarms = template.count("Type: AWS::CloudWatch::Alarm")
    metrics = len(set(re.findall(r'\["ClientHealth", "(\w+)", "service", "(\w+)"', template)))
    ours = results["parts"]["sweep"]["detail"]["ours"]
    return [
        (f"{SWEEPS_A_MONTH:,} sweeps of {TENANTS:,} tenants, one in a hundred due", _dollars(_sweeps(ours))),
        (f"{alarms} alarms", _dollars(alarms * price("alarm"))),
        (f"{metrics} metrics of ours", _dollars(metrics * price("metric"))),
    ]


def _sweeps(counted: Mapping[str, Any]) -> Decimal:
    """A month of sweeps: units, and Lambda waiting for its calls."""
    units = _exact(counted["write_units"]) * price("write") + _exact(counted["read_units"]) * price("read")
    seconds = _exact(counted["calls"]) * CALL_SECONDS
    lambdas = seconds * MEMORY_GB * price("compute") + price("invocation")
    return SWEEPS_A_MONTH * (units + lambdas) / 10**6


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def is_complete(results: Mapping[str, Any]) -> bool:
    """Whether all was measured that a night's dollars are worked out from."""
    return {"units", "worker", "records", "sweep"}.issubset(results["parts"])


def write(results: Mapping[str, Any]) -> None:
    """Rewrites the page, once all that it needs was measured."""
    if is_complete(results):
        DOCUMENT.write_text(document(results))
