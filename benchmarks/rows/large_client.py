"""Row 14: one client with 200,000 tickets and 200,000 other facts, in a process of its own."""

from typing import Final

from benchmarks import large_client
from benchmarks.earlier import run_script
from benchmarks.figures import Figure, Part
from benchmarks.session import Session

ITEM_KB: Final = 400
REQUEST_SECONDS: Final = 29
"""After which the API ends a request."""

WORKER_SECONDS: Final = 60
"""What a worker's message may take."""


def measure(session: Session) -> Part:
    with session.report.step(f"a client with {2 * large_client.RECORDS:,} records"):
        found = run_script(large_client)
    of = f"{large_client.RECORDS:,} tickets, as many other facts, of one client"
    kinds = ("tickets", "other facts")
    figures = [
        Figure("14", f"{of}: largest item, KB", found["largest item"][1] / 1024, limit=ITEM_KB),
        Figure("14", f"{of}: stored, MB", found["bytes"] / 1024**2),
        *(
            Figure("14", f"{kind}, 500 a request: {what} per record", found[kind][f"{what} per record"])
            for kind in kinds
            for what in ("calls", "write units")
        ),
        *(
            Figure("14", f"{kind}, a request of 500 at the end: CPU s", found[kind][LAST], limit=REQUEST_SECONDS)
            for kind in kinds
        ),
        *(
            Figure("14", f"{of}: its {work}, CPU s", found[work]["CPU seconds"], limit=WORKER_SECONDS)
            for work in ("refresh", "night", "card")
        ),
        *(
            Figure("14", f"{of}: its {work}, read units", found[work]["read units"])
            for work in ("refresh", "night", "card")
        ),
        Figure("14", f"{of}: peak memory with the records to be sent and the emulator's tables, MB", found["peak MB"]),
    ]
    return Part(figures, [], found)


LAST: Final = "CPU seconds, last requests"
