"""``python -m infra.operations``: what the runbook asks an operator to do. Each command may be repeated.

Exit codes: 0 done, 1 it failed (the message says what to do), 2 wrong usage.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RECORD_ID_PATTERN, TENANT_ID_PATTERN, RecordId, TenantId
from infra.deployment.errors import DeploymentError
from infra.deployment.target import Target
from infra.operations.alone import Alone
from infra.operations.aside import look_at_everybody, put_back
from infra.operations.client_erasure import erase_client
from infra.operations.client_export import export_client
from infra.operations.doubles import doubles
from infra.operations.errors import OperationError
from infra.operations.mending import mend_future
from infra.operations.offboarding import clients_of, offboard_tenant
from infra.operations.people import export_people, import_people
from infra.operations.redrive import redrive
from infra.operations.replay import replay
from infra.operations.signing_key import rotate_signing_key
from infra.operations.site import Place, Site, stage_place, stage_target
from infra.operations.table_swap import swap_table
from infra.operations.teardown import tear_down
from infra.operations.verification.run import CHECKS, verify
from infra.operations.verification.visit import Visit

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None, place: Place | None = None) -> int:
    """Run one command, on the stage that the arguments name or at a place; its exit code."""
    options = _parser(place).parse_args(arguments)
    try:
        options.command(options.where(options), options)
    except (OperationError, DeploymentError) as error:
        err.print(f"error: {error}", style="red", markup=False)
        return 1
    except (BotoCoreError, ClientError) as error:
        err.print(f"error: AWS refused a call: {error}", style="red", markup=False)
        return 1
    return 0


def _place(options: argparse.Namespace) -> Place:
    found: Place = options.place or stage_place(options.stage)
    return found


def _site(options: argparse.Namespace) -> Site:
    return _place(options).site()


def _target(options: argparse.Namespace) -> Target:
    """For what works on a stage that is only half there, too."""
    return stage_target(options.stage) if options.place is None else _site(options).target


def _redrive(site: Site, options: argparse.Namespace) -> None:
    redrive(site, out.print, dry_run=options.dry_run)


def _aside(site: Site, options: argparse.Namespace) -> None:
    tenant = TenantId(options.tenant) if options.tenant else None
    redrive_now = options.redrive and not options.dry_run
    found = put_back(site, out.print, Instant(time.time()), tenant=tenant, redrive=redrive_now)
    told = (
        "tried again, clients now, all else by the next sweep"
        if redrive_now
        else "put aside; --redrive has it tried again"
    )
    out.print(f"{found} {told}" if found else "nothing was put aside")


def _resweep(site: Site, options: argparse.Namespace) -> None:
    if not options.dry_run:
        look_at_everybody(site)
    out.print("the next sweep looks at every tenant" if not options.dry_run else "it would look at every tenant")


def _replay(site: Site, options: argparse.Namespace) -> None:
    now = Instant(time.time())
    replay(site, options.date, options.tenant, out.print, now, dry_run=options.dry_run, seconds=options.wait)


def _export(site: Site, options: argparse.Namespace) -> None:
    tenant = TenantId(options.tenant)
    chosen = [RecordId(options.client)] if options.client else clients_of(site, tenant)
    options.out.mkdir(parents=True, exist_ok=True)
    places = count(1)

    def export(client: RecordId) -> None:
        document = export_client(site, tenant, client)
        (options.out / f"{client}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        if (place := next(places)) % 100 == 0:
            out.print(f"{place} of {len(chosen)} clients")

    alone = Alone(partial(out.print, markup=False))
    exported = alone.each(chosen, export)
    out.print(f"{len(exported)} clients exported to {options.out}")
    alone.end()


def _doubles(site: Site, options: argparse.Namespace) -> None:
    alone = Alone(partial(out.print, markup=False))
    found = doubles(site, TenantId(options.tenant), alone.note)
    for double in found:
        out.print(f"{double.ticket}: {'; '.join(map(str, double.copies))}", markup=False)
    out.print(f"{len(found)} tickets of {options.tenant} are stored in several places; of each the first counts")
    alone.end()


def _erase(site: Site, options: argparse.Namespace) -> None:
    tenant, client = TenantId(options.tenant), RecordId(options.client)
    _confirmed(options, options.client)
    items = erase_client(site, tenant, client, out.print, Instant(time.time()), dry_run=options.dry_run)
    out.print(f"{items} items of {client} {'would be erased' if options.dry_run else 'erased'}")


def _mend_future(site: Site, options: argparse.Namespace) -> None:
    _confirmed(options, options.tenant)
    items = mend_future(site, TenantId(options.tenant), out.print, Instant(time.time()), dry_run=options.dry_run)
    if not items:
        out.print(f"nothing of {options.tenant} is of the future")
    elif options.dry_run:
        out.print(f"{items} items of {options.tenant} would be deleted or put back")
    else:
        out.print(f"{items} items of {options.tenant} deleted or put back; its rows are computed again now")


def _offboard(site: Site, options: argparse.Namespace) -> None:
    _confirmed(options, options.tenant)
    items = offboard_tenant(site, TenantId(options.tenant), out.print, dry_run=options.dry_run)
    out.print(f"{items} items of {options.tenant} {'would be deleted' if options.dry_run else 'deleted'}")


def _rotate(site: Site, options: argparse.Namespace) -> None:
    rotate_signing_key(site, out.print, drop_previous=options.drop_previous, dry_run=options.dry_run)


def _swap_table(target: Target, options: argparse.Namespace) -> None:
    _confirmed(options, options.to)
    swap_table(target, options.to, out.print, dry_run=options.dry_run)


def _teardown(target: Target, options: argparse.Namespace) -> None:
    _confirmed(options, target.stage)
    tear_down(target, out.print, with_data=options.with_data, dry_run=options.dry_run)


def _people(site: Site, options: argparse.Namespace) -> None:
    if options.action == "export":
        export_people(site, options.file, out.print, dry_run=options.dry_run)
    elif not options.file.is_file():
        raise OperationError(f"{options.file} is no file: give the one that `users export` wrote")
    else:
        import_people(site, options.file, out.print, dry_run=options.dry_run)


def _verify(site: Site, options: argparse.Namespace) -> None:
    if options.dry_run:
        for check in CHECKS:
            out.print(f"{check.number:>2}. {check.title}: {check.run.__doc__}")
        return
    place = _place(options)
    visit = Visit(
        site,
        place.url(site),
        partial(out.print, markup=False),
        id_token=None if options.id_token is None else options.id_token.read().strip(),
        queues=options.queue,
        restore=options.restore,
        deploy=options.deploy,
        wait=options.wait,
        sign_in=place.sign_in,
    )
    results = verify(visit, frozenset(options.check))
    if any(verdict.outcome == "failed" for _, verdict in results):
        raise OperationError("some checks failed")


def _confirmed(options: argparse.Namespace, name: str) -> None:
    """What cannot be undone is asked for twice."""
    if not options.dry_run and options.confirm != name:
        raise OperationError(f"this cannot be undone: repeat it with --confirm {name}, or look first with --dry-run")


def _parser(place: Place | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.operations" if place is None else "python -m infra.local operate",
        description="What the runbook asks an operator to do. Each command may be repeated.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong usage.",
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.set_defaults(where=_site, place=place)
    if place is None:
        shared.add_argument("--stage", required=True, help="a stage in AWS, with the environment's credentials")
    shared.add_argument("--dry-run", action="store_true", help="only tell what there is to do")

    redriving = commands.add_parser(
        "redrive", parents=[shared], help="Dead letters back into the scoring queue.", description=redrive.__doc__
    )
    redriving.set_defaults(command=_redrive)

    looking = commands.add_parser(
        "aside", parents=[shared], help="What failed so often that it waits for you.", description=put_back.__doc__
    )
    looking.add_argument("--tenant", type=_tenant_id, metavar="ID", help="default: all tenants")
    looking.add_argument("--redrive", action="store_true", help="have it tried again")
    looking.set_defaults(command=_aside)

    sweeping = commands.add_parser(
        "resweep",
        parents=[shared],
        help="Have the next sweep look at every tenant.",
        description=look_at_everybody.__doc__,
    )
    sweeping.set_defaults(command=_resweep)

    replaying = commands.add_parser(
        "replay", parents=[shared], help="Fill the gaps of a date's night.", description=replay.__doc__
    )
    replaying.add_argument(
        "--date", type=_date, required=True, metavar="YYYY-MM-DD", help="the run's, in tenants' zones"
    )
    replaying.add_argument(
        "--tenant", type=_tenant_id, action="append", metavar="ID", help="may be repeated; default: all tenants"
    )
    replaying.add_argument(
        "--wait", type=float, default=600.0, metavar="SECONDS", help="for the runs to be complete (default: 600)"
    )
    replaying.set_defaults(command=_replay)
    _add_data_commands(commands, shared)
    _add_people_command(commands, shared)
    _add_stage_commands(commands, shared)
    return parser


def _add_data_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    exporting = commands.add_parser(
        "export", parents=[shared], help="All that is held of a client.", description=export_client.__doc__
    )
    exporting.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    exporting.add_argument("--client", type=_client_id, metavar="ID", help="default: every client of the tenant")
    exporting.add_argument("--out", type=Path, required=True, metavar="DIR", help="one <client>.json each is put there")
    exporting.set_defaults(command=_export)

    doubling = commands.add_parser(
        "doubles", parents=[shared], help="Tickets that are stored in several places.", description=doubles.__doc__
    )
    doubling.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    doubling.set_defaults(command=_doubles)

    erasing = commands.add_parser("erase", parents=[shared], help="Forget a client.", description=erase_client.__doc__)
    erasing.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    erasing.add_argument("--client", type=_client_id, required=True, metavar="ID")
    erasing.add_argument("--confirm", metavar="CLIENT", help="the client's id once more")
    erasing.set_defaults(command=_erase)

    mending = commands.add_parser(
        "mend-future", parents=[shared], help="Take back a night of the future.", description=mend_future.__doc__
    )
    mending.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    mending.add_argument("--confirm", metavar="TENANT", help="the tenant's id once more")
    mending.set_defaults(command=_mend_future)

    leaving = commands.add_parser(
        "offboard", parents=[shared], help="Delete a tenant.", description=offboard_tenant.__doc__
    )
    leaving.add_argument("--tenant", type=_tenant_id, required=True, metavar="ID")
    leaving.add_argument("--confirm", metavar="TENANT", help="the tenant's id once more")
    leaving.set_defaults(command=_offboard)


def _add_people_command(commands: Any, shared: argparse.ArgumentParser) -> None:
    people = commands.add_parser(
        "users",
        parents=[shared],
        help="The people of the user pool into a file, or from one.",
        description=f"export: {export_people.__doc__} import: {import_people.__doc__}",
    )
    people.add_argument("action", choices=["export", "import"])
    people.add_argument("file", type=Path, metavar="FILE")
    people.set_defaults(command=_people)


def _add_stage_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    verifying = commands.add_parser(
        "verify", parents=[shared], help="The first-day checks of a stage.", description=verify.__doc__
    )
    verifying.add_argument(
        "--check", type=int, action="append", default=[], choices=range(1, 11), metavar="N", help="only these (1-10)"
    )
    verifying.add_argument(
        "--id-token", type=argparse.FileType("r"), metavar="FILE", help="an ID token of the hosted page; - reads it"
    )
    verifying.add_argument(
        "--queue", action="append", default=[], metavar="ARN", help="a queue of another account; may be repeated"
    )
    verifying.add_argument("--restore", action="store_true", help="restore the table into a second one; costs money")
    verifying.add_argument("--deploy", action="store_true", help="deploy, kill it half way, deploy again")
    verifying.add_argument(
        "--wait", type=float, default=300.0, metavar="SECONDS", help="for what takes its time (default: 300)"
    )
    verifying.set_defaults(command=_verify)

    rotating = commands.add_parser(
        "rotate-signing-key",
        parents=[shared],
        help="A new key for list cursors.",
        description=rotate_signing_key.__doc__,
    )
    rotating.add_argument("--drop-previous", action="store_true", help="no new key; refuse the one before from now on")
    rotating.set_defaults(command=_rotate)

    swapping = commands.add_parser(
        "swap-table",
        parents=[shared],
        help="A restored table in place of the stage's own.",
        description=swap_table.__doc__,
    )
    swapping.add_argument("--to", required=True, metavar="TABLE", help="the restored table")
    swapping.add_argument("--confirm", metavar="TABLE", help="its name once more")
    swapping.set_defaults(command=_swap_table, where=_target)

    tearing = commands.add_parser("teardown", parents=[shared], help="Remove a stage.", description=tear_down.__doc__)
    tearing.add_argument("--confirm", metavar="STAGE", help="the stage's name once more (local: `local`)")
    tearing.add_argument("--with-data", action="store_true", help="also the table and the user pool, for good")
    tearing.set_defaults(command=_teardown, where=_target)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: YYYY-MM-DD") from error


def _tenant_id(text: str) -> str:
    if not re.fullmatch(TENANT_ID_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no tenant id: 2 to 39 of a-z, 0-9 and -, not starting with -")
    return text


def _client_id(text: str) -> str:
    if not re.fullmatch(RECORD_ID_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no client id: 1 to 64 letters, digits, dots, _ and -")
    return text


if __name__ == "__main__":
    sys.exit(main())
