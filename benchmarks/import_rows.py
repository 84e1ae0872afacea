"""An import of many tickets by the command line, beside that of an earlier build, on the same file in our own format.

`python -m benchmarks.import_rows` runs both on a quiet machine and prints rows per second of CPU and the memory at its
peak; `--rows` changes how many tickets there are, `--alone` measures this build alone and prints JSON. The service is a
stand-in that takes everything at once: what is measured is the reading, the mapping and the writing of requests.
"""

import argparse
import io
import json
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CLIENTS = 1_000
ROWS = 1_000_000


def write(folder: Path, rows: int) -> None:
    """Tickets of a thousand clients, in the order of their time, as a help desk writes them."""
    with (folder / "tickets.csv").open("w", encoding="utf-8") as stream:
        stream.write("ticket_id,client_id,priority,created_at,first_response_at,resolved_at,closed_at,updated_at\n")
        for number in range(rows):
            day, minute = divmod(number * 700 // max(rows, 1) * 1440 + number % 1440, 1440)
            date = f"{2024 + day // 360}-{day % 360 // 30 + 1:02d}-{day % 30 % 28 + 1:02d}"
            at = f"{date}T{minute // 60:02d}:{minute % 60:02d}"
            stream.write(
                f"T{number:08d},c-{number * 7919 % CLIENTS:04d},P{number % 5 + 1},{at}:00Z,{at}:20Z,{at}:40Z,{at}:59Z,"
                f"{at}:59Z\n"
            )


class _Everything:
    """Takes all records of all requests."""

    def __init__(self) -> None:
        self.records = 0

    def __call__(self, *told: Any) -> Any:
        body = told[-1] or b""
        count = body.count(b'"type":')
        self.records += count
        text = json.dumps({"accepted": count, "unchanged": 0, "rejected": []}).encode()
        return self.answer(200, {}, text)

    answer: Any = None


def measure(rows: int) -> dict[str, Any]:
    """One import in this process."""
    from rich.console import Console

    service: Any = _Everything()
    with TemporaryDirectory() as name:
        folder = Path(name) / "files"
        folder.mkdir()
        write(folder, rows)
        console = Console(file=io.StringIO())
        started, spent = time.perf_counter(), time.process_time()
        try:
            from infra.imports.command import Options, import_path
            from infra.imports.service import Answer
        except ImportError:  # the earlier build
            from infra.records_import import Answer, import_folder  # type: ignore[import-not-found, no-redef]

            service.answer = Answer
            import_folder(folder, "http://x", lambda: "t", dry_run=False, console=console, transport=service)
        else:
            service.answer = Answer
            options = Options(folder, Path(name) / "state", faulty=Path(name) / "faulty")
            import_path(options, "http://x", lambda: "t", console, transport=service)
        seconds, spent = time.perf_counter() - started, time.process_time() - spent
    assert service.records == rows, service.records
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return {"rows": rows, "seconds": seconds, "cpu_seconds": spent, "megabytes": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--alone", action="store_true", help="this build alone, as JSON")
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(measure(options.rows)))
        return
    from benchmarks import import_rows
    from benchmarks.earlier import in_both_builds

    ours, theirs = in_both_builds(import_rows, "--rows", str(options.rows), "--alone", done=lambda _: None)
    for name, found in (("this build", ours), ("the earlier build", theirs)):
        speed = found["rows"] / found["cpu_seconds"]
        print(f"{name}: {speed:,.0f} rows per second of CPU, {found['seconds']:.1f} s, {found['megabytes']:.0f} MB")


if __name__ == "__main__":
    main()
