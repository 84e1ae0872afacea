"""The command line of the local stack. Results go to standard output, everything else to standard error.

Exit codes: 0 done, 1 it failed (the message says what to do), 2 wrong usage, 130 interrupted.
"""

import argparse
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from chalicelib.api.auth import PERMISSIONS
from chalicelib.domain.errors import InvalidIdError
from chalicelib.domain.ids import MAP_NAME_PATTERN, TENANT_ID_PATTERN, RecordId, compiled
from chalicelib.domain.moment import AHEAD_SECONDS
from chalicelib.domain.time_zones import is_time_zone, stored_zone
from chalicelib.importing.maps import MapError
from chalicelib.imports.sources import ImportSourceError, given
from infra import dashboard
from infra.deployment.errors import DeploymentError
from infra.imports.command import Options, import_path
from infra.imports.maps import MapShelf, suggestion_toml
from infra.local import client, emulator, identity, operating, runs, seeding, stack
from infra.local.errors import LocalStackError
from infra.local.state import Stack, StateDirectory

TOKEN_VARIABLE = "CLIENT_HEALTH_TOKEN"  # noqa: S105  # nosec B105

_TENANT = compiled(TENANT_ID_PATTERN)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)  # so that `up` stops its processes then, too
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except KeyboardInterrupt:
        return 130
    except (LocalStackError, DeploymentError, ImportSourceError, MapError) as error:
        err.print(f"error: {error}", style="red", markup=False)
        return 1
    except (BotoCoreError, ClientError) as error:
        err.print(f"error: the emulator refused a call: {error}", style="red", markup=False)
        return 1
    return code


def _up(options: argparse.Namespace) -> int:
    state = StateDirectory(options.state_dir)
    started = _start(state, options.port)
    out.print(started.url)
    if options.detach:
        return 0
    return _stay(state)


def _demo(options: argparse.Namespace) -> int:
    state = StateDirectory(options.state_dir)
    started = _start(state, options.port)
    try:
        seeding.seed(state, started, out)
        emulator.save(state)
    except BaseException:
        stack.down(state)
        raise
    out.print(f"\n{started.url}\n", style="bold")
    out.print(f"A token for it: python -m infra.local token --tenant {seeding.TENANT}")
    return _stay(state)


def _start(state: StateDirectory, port: int) -> Stack:
    """Start the stack and build its page at the same time. Without the page everything else works."""
    page = Thread(target=dashboard.build)
    page.start()
    try:
        with _showing("Starting") as report:
            started = stack.up(state, port, report, _warn)
            report("Building the dashboard")
            page.join()
    finally:
        page.join()
    return started


def _stay(state: StateDirectory) -> int:
    """Stay until Ctrl-C, then stop the stack."""
    err.print("Ctrl-C stops it; its data stays.", style="dim")
    try:
        stack.wait_until_interrupted(state)
    finally:
        with _showing("Stopping"):
            stack.down(state)
    return 0


def _down(options: argparse.Namespace) -> int:
    with _showing("Stopping"):
        stopped = stack.down(StateDirectory(options.state_dir))
    err.print("stopped" if stopped else "no stack was running")
    return 0


def _status(options: argparse.Namespace) -> int:
    table = Table(show_header=False)
    for name, value in stack.describe(StateDirectory(options.state_dir)):
        table.add_row(name, value)
    out.print(table)
    return 0


def _seed(options: argparse.Namespace) -> int:
    state = StateDirectory(options.state_dir)
    seeding.seed(state, state.running(), out)
    emulator.save(state)
    return 0


def _tenant(options: argparse.Namespace) -> int:
    running = StateDirectory(options.state_dir).running()
    client.create_tenant(
        running, options.tenant, name=options.tenant, time_zone=options.time_zone, currency=options.currency
    )
    out.print(options.tenant)
    return 0


def _operate(options: argparse.Namespace) -> int:
    return operating.operate(StateDirectory(options.state_dir), options.arguments)


def _token(options: argparse.Namespace) -> int:
    running = StateDirectory(options.state_dir).running()
    if options.tenant != identity.PLATFORM:
        identity.tenant_settings(running, options.tenant)
    permissions = options.permission or identity.DEFAULT_PERMISSIONS
    token = identity.id_token(running, options.tenant, permissions, account_manager=options.account_manager)
    out.print(token, markup=False)
    return 0


def _import(options: argparse.Namespace) -> int:
    state = StateDirectory(options.state_dir)
    if options.suggest_map is not None:
        with given(options.suggest_map, datetime.now(UTC)) as files:
            for file in files.files:
                out.print(suggestion_toml(file, MapShelf(state.path / "maps")), markup=False, end="")
        return 0
    if options.path is None or (options.tenant is None and options.url is None):
        options.wrong_usage("import needs a PATH, and --tenant ID or --url URL (or --suggest-map FILE alone)")
    if not options.path.exists():
        raise LocalStackError(f"{options.path} does not exist: give a CSV, XLSX or ZIP file, or a folder of them")
    told = Options(
        options.path,
        state.path,
        options.map or (),
        dry_run=options.dry_run,
        save_map=options.save_map,
        time_zone=options.time_zone,
        currency=options.currency,
        faulty=options.faulty,
    )
    if options.url:
        if not os.environ.get(TOKEN_VARIABLE):
            raise LocalStackError(f"--url needs a token of that deployment in the environment: {TOKEN_VARIABLE}=…")
        return import_path(told, options.url, lambda: os.environ[TOKEN_VARIABLE], err).exit_code
    running = state.running()
    settings = identity.tenant_settings(running, options.tenant)
    told = replace(
        told,
        time_zone=told.time_zone or settings["time_zone"],
        currency=told.currency or settings["currency"],
    )
    token = partial(identity.id_token, running, options.tenant)
    return import_path(told, running.url, token, err, target=options.tenant).exit_code


def _score(options: argparse.Namespace) -> int:
    last = options.to or options.date
    if last < options.date:
        raise LocalStackError("--to is before --date")
    latest = seeding.latest_night(datetime.now(UTC) + timedelta(seconds=AHEAD_SECONDS))
    if last > latest:
        raise LocalStackError(
            f"the night of {last} has not come yet, so nothing was scored: give dates up to {latest} (02:00 UTC each)"
        )
    running = StateDirectory(options.state_dir).running()
    zone = stored_zone(identity.tenant_settings(running, options.tenant)["time_zone"])
    fired_on = runs.dates(options.date, last)
    seeding.score(running, options.tenant, zone, fired_on, err)
    out.print(f"scored {len(fired_on)} {'date' if len(fired_on) == 1 else 'dates'} of {options.tenant}")
    return 0


@contextmanager
def _showing(step: str) -> Iterator[Callable[[str], None]]:
    """Shows what goes on: in place on a terminal, line by line in a log."""
    if err.is_terminal:
        with err.status(step) as status:
            yield status.update
    else:
        err.print(step)
        yield err.print


def _warn(text: str) -> None:
    err.print(f"warning: {text}", style="yellow", markup=False)


def _no_token() -> NoReturn:
    raise AssertionError("a dry run sends nothing")


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local",
        description="The client health service on this machine: an AWS emulator, deployed to as AWS is.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong usage.",
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state-dir", type=Path, default=Path(".local"), metavar="DIR", help="where the stack lives (default: .local)"
    )

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[shared], help=text, description=text)
        added.set_defaults(command=run)
        return added

    for name, run, text in (
        ("up", _up, "Start the emulator, package, deploy, serve, and print the URL."),
        ("demo", _demo, "up and seed, then stay until Ctrl-C."),
    ):
        starting = command(name, run, text)
        starting.add_argument("--port", type=_port, default=8000, help="where to serve, 0 for any (default: 8000)")
        if name == "up":
            starting.add_argument("--detach", action="store_true", help="return when it serves; `down` stops it")
    command("down", _down, "Stop the stack; its data stays.")
    command("status", _status, "Show what runs; exit code 1 when nothing does.")
    command("seed", _seed, "Create the demo tenant, import generated demo data, score the past 120 dates.")

    tenant = command("tenant", _tenant, "Create a tenant.")
    tenant.add_argument("tenant", type=_tenant_id, metavar="ID")
    tenant.add_argument(
        "--time-zone", type=_time_zone, required=True, metavar="TZ", help="such as Europe/Rome; cannot be changed"
    )
    tenant.add_argument("--currency", type=_currency, default="EUR", help="ISO 4217 (default: EUR)")

    operate = command("operate", _operate, "Run an operator's command (see the runbook) on the running stack.")
    operate.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="as of `python -m infra.operations`")

    token = command("token", _token, "Print an ID token of the stack's user pool.")
    token.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    token.add_argument(
        "--permission",
        nargs="+",
        action="extend",
        choices=sorted(PERMISSIONS),
        metavar="P",
        help=f"any of {', '.join(sorted(PERMISSIONS))} (default: all but tenants.admin and .own)",
    )
    token.add_argument(
        "--account-manager",
        type=_record_id,
        metavar="ID",
        help="the account manager whom it is of: whose clients are own",
    )

    importing = command("import", _import, "Import files: exports of other tools by maps, or our own format.")
    importing.set_defaults(wrong_usage=importing.error)
    importing.add_argument("path", type=Path, metavar="PATH", nargs="?", help="a CSV, XLSX or ZIP file, or a folder")
    where = importing.add_mutually_exclusive_group()
    where.add_argument("--tenant", type=_tenant_id, metavar="ID", help="a tenant of the local stack")
    where.add_argument("--url", help=f"any deployment, without /v1; its token in {TOKEN_VARIABLE}")
    importing.add_argument(
        "--map", action="append", metavar="FILE|NAME", help="a map for files that it fits (default: by their headers)"
    )
    importing.add_argument("--dry-run", action="store_true", help="say what would be imported; nothing is")
    importing.add_argument("--save-map", type=_map_name, metavar="NAME", help="keep the map under a name")
    importing.add_argument(
        "--suggest-map", type=Path, metavar="FILE", help="print a map for a file, to edit; nothing is imported"
    )
    importing.add_argument(
        "--faulty", type=Path, metavar="DIR", help="where rows that are refused go (default: <PATH>-faulty)"
    )
    importing.add_argument("--time-zone", type=_time_zone, metavar="TZ", help="of local times (default: the tenant's)")
    importing.add_argument("--currency", type=_currency, help="of amounts without one (default: the tenant's)")

    score = command("score", _score, "Fire the nightly function at 02:00 UTC of each date; wait for each run.")
    score.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    score.add_argument("--date", type=_date, required=True, metavar="YYYY-MM-DD", help="the first date")
    score.add_argument("--to", type=_date, metavar="YYYY-MM-DD", help="the last date (default: the first)")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port")
    return port


def _tenant_id(text: str) -> str:
    if not _TENANT.match(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no tenant id: 2 to 39 of a-z, 0-9 and -, not starting with -")
    return text


def _record_id(text: str) -> str:
    try:
        return RecordId(text)
    except InvalidIdError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _map_name(text: str) -> str:
    if not compiled(MAP_NAME_PATTERN).match(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a map: letters, digits, - and _")
    return text


def _time_zone(text: str) -> str:
    if not is_time_zone(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no IANA time zone, such as Europe/Rome")
    return text


def _currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no currency code, such as EUR")
    return text


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: YYYY-MM-DD") from error
