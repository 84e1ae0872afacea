"""The demo tenant: generated demo data, imported and scored for the past four months."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.importing.files import FileImport
from chalicelib.importing.maps import OWN_MAPS
from chalicelib.importing.rows import Mapped
from chalicelib.importing.run import MAX_BATCH_RECORDS
from chalicelib.imports.sources import given
from infra.imports.command import Options, import_path
from infra.local import client, emulator
from infra.local.demo_data import write_demo_data
from infra.local.errors import LocalStackError, UnknownTenantError
from infra.local.identity import id_token, tenant_settings
from infra.local.runs import complete_runs, dates, run_date, score_dates
from infra.local.state import Stack, StateDirectory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TENANT = "demo"
TIME_ZONE = "Europe/Berlin"
CURRENCY = "EUR"
DAYS = 120

CLIENTS_MAP = next(each for each in OWN_MAPS if each.layout.type == "client")

_SHOWN_CLIENTS = 15


def seed(state: StateDirectory, stack: Stack, console: Console) -> None:
    """Bring the demo tenant to its state of today, doing only what is still missing.

    The portfolio is written and imported once per state directory; dates whose run is complete are not scored again.

    Raises
    ------
    LocalStackError
    """
    try:
        tenant_settings(stack, TENANT)
    except UnknownTenantError:
        client.create_tenant(stack, TENANT, name="Demo", time_zone=TIME_ZONE, currency=CURRENCY)
        switch_workflow_on(stack, TENANT)
    _import_demo_data(state, stack, console)
    last = latest_night(datetime.now(UTC))
    if score_missing(stack, TENANT, ZoneInfo(TIME_ZONE), dates(last - timedelta(days=DAYS - 1), last), console):
        refresh_rows(stack, TENANT, state.demo_data)
    _show(stack, console)


def latest_night(now: datetime) -> date:
    """The day of the latest 02:00 UTC that is not in the future."""
    return (now - timedelta(hours=2)).date()


def switch_workflow_on(stack: Stack, tenant: str) -> None:
    """Have alerts make tasks, as the first change of the tenant's settings."""
    body = {"at_risk_alert": {"enabled": True}, "note": "Every alert gets a follow-up task"}
    client.call(stack, "PUT", "/v1/settings/workflows", id_token(stack, tenant), body=body, if_match=1)


def refresh_rows(stack: Stack, tenant: str, folder: Path) -> None:
    """Have the current rows of an imported portfolio computed again, within seconds.

    The import computed them when no night was scored yet, so they know of no score of 30 days ago, and nights of the
    past do not replace rows of today. A client record that is sent again as newer refreshes its row.
    """
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with given(folder / "clients.csv", datetime.now(UTC)) as files:
        clients = FileImport(files.files[0], CLIENTS_MAP, None, None)
        rows = (each.outcome for each in clients.outcomes({}))
        records = [{**row.record, "updated_at": now} for row in rows if isinstance(row, Mapped)]
    for start in range(0, len(records), MAX_BATCH_RECORDS):
        body = {"records": records[start : start + MAX_BATCH_RECORDS], "backfill": True}
        client.call(stack, "POST", "/v1/records", id_token(stack, tenant), body=body)


def score_missing(stack: Stack, tenant: str, zone: ZoneInfo, fired_on: list[date], console: Console) -> bool:
    """Score those of the dates that have no complete run, with a progress bar; whether there were any."""
    table: DynamoDBClient = emulator.session().client("dynamodb", endpoint_url=stack.endpoint)
    done = complete_runs(table, stack.outputs["TableName"], tenant, [run_date(day, zone) for day in fired_on])
    missing = [day for day in fired_on if run_date(day, zone) not in done]
    score(stack, tenant, zone, missing, console)
    return bool(missing)


def score(stack: Stack, tenant: str, zone: ZoneInfo, fired_on: list[date], console: Console) -> None:
    """Score the dates, in order, with a progress bar."""
    columns = (TextColumn("Scoring {task.fields[day]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(fired_on), day=fired_on[0] if fired_on else "")
        for day in score_dates(stack, tenant, zone, fired_on):
            progress.update(task, advance=1, day=day)


def _import_demo_data(state: StateDirectory, stack: Stack, console: Console) -> None:
    imported = state.demo_data / ".imported"
    # Deployed again, the stack has another user pool: a state directory whose emulator lost its data starts over.
    if imported.is_file() and imported.read_text() == stack.outputs["UserPoolId"]:
        return
    with console.status("Writing the demo data"):
        state.demo_data.mkdir(parents=True, exist_ok=True)
        write_demo_data(state.demo_data, today=datetime.now(ZoneInfo(TIME_ZONE)).date())
    options = Options(state.demo_data, state.path, faulty=state.path / "faulty")
    report = import_path(options, stack.url, partial(id_token, stack, TENANT), console, target=TENANT)
    if report.exit_code:
        raise LocalStackError("the demo data could not be imported completely; what is wrong stands above")
    imported.write_text(stack.outputs["UserPoolId"])


def _show(stack: Stack, console: Console) -> None:
    """Print the Client Health page of the demo tenant, lowest scores first."""
    query = {"limit": str(_SHOWN_CLIENTS)}
    page = client.call(stack, "GET", "/v1/analytics/clients", id_token(stack, TENANT), query=query)
    summary = cast("dict[str, int]", page["summary"])
    title = "{total} clients: {healthy} healthy, {at_risk} at risk, {critical} critical".format(**summary)
    caption = f"the {_SHOWN_CLIENTS} lowest scores"
    table = Table(title=f"Tenant {TENANT}: {title}", caption=caption, box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("Client", "Status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Score", "Tickets", "Open", "Overdue", "Reply h", "Quiet d"):
        table.add_column(heading, justify="right")
    for row in cast("list[dict[str, object]]", page["clients"]):
        columns = ("score", "tickets", "open_tickets", "overdue_tickets", "average_first_response_hours")
        values = [row[name] for name in (*columns, "days_since_last_activity")]
        table.add_row(str(row["name"]), str(row["status"]), *("–" if value is None else str(value) for value in values))
    console.print(table)
