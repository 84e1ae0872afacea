"""Row 4: CPU of the workers of a night, transport stubbed, decoding included, beside the naive ones' CPU."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.figures import Figure, Part, paired
from benchmarks.naive import BASELINE_DAYS, record_item, settings_item, snapshot_item
from benchmarks.recording import EVENT
from benchmarks.replay import replayed
from benchmarks.session import Session
from benchmarks.workload import AS_OF, Record
from chalicelib.domain.roster import CurrentRow

PAIRS: Final = 5
NAIVE_SHARE: Final = 10
"""Each naive run takes another tenth of the clients; each costs it the same, whatever their number."""

TARGET: Final = 12


def measure(session: Session) -> Part:
    assert session.night
    folders = sorted(session.recordings.iterdir())
    ids = list(session.by_client)
    ours, theirs = [], []
    with session.report.step("a worker's CPU, beside the naive one's", PAIRS) as done, TemporaryDirectory() as name:
        for pair in range(PAIRS):
            chunk = ids[pair::NAIVE_SHARE]
            answers = Path(name) / str(pair)
            record_naive(answers, chunk, session.by_client, session.rows)
            if pair % 2:
                ours.append(_ours(folders, session.clients))
            theirs.append(_naive(answers, len(chunk)))
            if not pair % 2:
                ours.append(_ours(folders, session.clients))
            done(1)
    return Part(
        [Figure("4", "worker: CPU per client, ms", beside="naive", at_least=TARGET, **paired(ours, theirs))],
        detail={"ours_ms": ours, "naive_ms": theirs},
    )


def _ours(folders: Sequence[Path], clients: int) -> float:
    return 1000 * sum(replayed(folder, "warm").cpu_seconds for folder in folders) / clients


def _naive(answers: Path, clients: int) -> float:
    return 1000 * replayed(answers, "naive").cpu_seconds / clients


def record_naive(
    folder: Path, ids: Sequence[str], records: Mapping[str, Sequence[Record]], rows: Mapping[str, CurrentRow]
) -> None:
    """What DynamoDB would answer the naive worker, in the order of its calls."""
    folder.mkdir()
    (folder / EVENT).write_text(json.dumps({"clients": ids}))
    answers: list[tuple[str, dict[str, Any]]] = []
    for client in ids:
        items = [record_item(record) for record in records[client]]
        row = rows[client]
        assert row.evaluation is not None
        before = snapshot_item(row.client, row.evaluation, AS_OF - timedelta(days=BASELINE_DAYS), 1)
        answers += [
            ("GetItem", {"Item": settings_item()}),
            ("Query", {"Items": items, "Count": len(items), "ScannedCount": len(items)}),
            ("GetItem", {"Item": before}),
            ("PutItem", {}),
            ("PutItem", {}),
        ]
    for place, (operation, body) in enumerate(answers):
        (folder / f"{place:06d}.{operation}.200").write_text(json.dumps(body, default=_binary))


def _binary(value: bytes) -> str:
    return b64encode(value).decode()
