"""Exports of a help desk and of an accounting package into a new tenant: what a first customer does."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import LocalStack

EXPORTED = 1_763_000_000  # 2025-11-13
DESK = """Ticket ID,Subject,Status,Priority,Created time,Resolved time,Company Name
1,"Printer
on fire",Pending,Urgent,2026-11-01 16:29:08,,Hill Bakery
2,Mail,Closed,Low,2026-11-02 11:55:55,2026-11-03 09:00:00,Mill & Söhne
3,Spam,Open,Low,2026-11-02 11:14:18,,
4,Odd,Open,Hgih,2026-11-02 11:14:18,,Hill Bakery
"""
BOOKS = """*InvoiceNo,*Customer,*InvoiceDate,*DueDate,*ItemAmount
1001,Hill Bakery,18/10/2026,17/11/2026,7.00
1001,,,,852.00
"""


def test_exports_come_in_and_what_was_mended_after_them(
    stack: LocalStack, new_tenant: Callable[..., str], tmp_path: Path
) -> None:
    tenant, exports, faulty = new_tenant(), tmp_path / "exports", tmp_path / "faulty"
    exports.mkdir()
    (exports / "tickets export.csv").write_text(DESK, encoding="utf-8")
    (exports / "invoices.csv").write_text(BOOKS)
    for path in exports.iterdir():
        os.utime(path, (EXPORTED, EXPORTED))
    token = stack.token(tenant)
    command = ("import", "--tenant", tenant, str(exports), "--faulty", str(faulty))

    dry = stack.cli(*command, "--map", "freshdesk", "--dry-run", check=False)
    assert dry.returncode == 1
    assert "Dry run, nothing was stored: 3 accepted, 0 unchanged, 1 rejected." in dry.stderr
    assert "2 clients would be created: Hill Bakery (hill-bakery), Mill & Söhne (mill-sohne)" in dry.stderr
    assert stack.call("GET", "/v1/clients/hill-bakery", token).status == 404

    run = stack.cli(*command, "--map", "freshdesk", check=False)
    assert "3 accepted, 0 unchanged, 1 rejected." in run.stderr
    assert "'Hgih' is not in the map's values.priority" in run.stderr
    client = stack.call("GET", "/v1/clients/hill-bakery", token).json
    assert (client["name"], client["client_since"]) == ("Hill Bakery", "2026-10-18")
    names = stack.call("GET", "/v1/aliases?source=quickbooks", token).json["items"]
    assert [(each["client_id"], each["value"]) for each in names] == [("hill-bakery", "Hill Bakery")]

    (rows,) = faulty.glob("*.csv")
    rows.write_text(rows.read_text(encoding="utf-8").replace("Hgih", "High"), encoding="utf-8")
    mended = stack.cli("import", "--tenant", tenant, str(faulty), "--faulty", str(tmp_path / "again"))
    assert "1 accepted, 0 unchanged, 0 rejected." in mended.stderr
    again = stack.cli(*command, check=False)
    assert "0 accepted, 3 unchanged, 1 rejected." in again.stderr
