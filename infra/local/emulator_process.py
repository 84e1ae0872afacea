"""The emulator's own process: MiniStack, with what it does otherwise than AWS, or forgets, put right around it.

* Its table outlives a killed process: each write is noted in a journal before it is answered, and the rest of its state
  is saved when the stack has been deployed (SIGUSR1), when users, topics or messages changed, and when it stops.
* A state that cannot be read is said, and nothing is started; MiniStack would begin as if empty, and save that.
* TTL deletes as AWS does: numbers alone, and never what expired more than five years ago.
* A subscription that waits for its endpoint has a name, as on AWS for who asks for it.

Run as a script, so that nothing of this repository can be imported by the functions, which inherit its environment.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

SAVED: Final = "saved.json"
JOURNAL: Final = "journal.jsonl"
OLDER_JOURNAL: Final = "journal.older.jsonl"
JOURNAL_BYTES: Final = 64 * 1024 * 1024
"""A journal of this size makes way for a save."""

SMALL: Final = ("cognito", "kms", "sns", "sqs", "ssm")
"""What is saved as it changes, beside the table: users, keys, topics with their subscriptions, messages,
parameters."""

DAMAGED: Final = 3
"""Exit code for a state that cannot be read."""

_SMALL_SECONDS: Final = 2.0
_TTL_YEARS_SECONDS: Final = 5 * 365 * 86_400
_TTL_THREAD: Final = "dynamodb-ttl-reaper"

Services = Mapping[str, Callable[[], Any]]


class DamagedStateError(Exception):
    """Part of the state cannot be read; the message names the file."""


class Journal:
    """What was written to tables since the last save, one line a write, in the order of writing.

    A line is with the operating system before the write is answered: it outlives the process, not the machine.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._older = folder / JOURNAL, folder / OLDER_JOURNAL
        folder.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8")

    @property
    def size(self) -> int:
        return self._file.tell()

    def write(self, table: str, pk: str, sk: str, item: Any) -> None:
        """``item`` None: it was deleted."""
        self._file.write(json.dumps([table, pk, sk, item], separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def begin(self) -> None:
        """What is written from now on may not be in the save that follows."""
        self._file.close()
        with self._older.open("a", encoding="utf-8") as older, self._path.open(encoding="utf-8") as written:
            older.writelines(written)
        self._file = self._path.open("w", encoding="utf-8")

    def forget(self) -> None:
        """The save is done: it holds what was written before it began."""
        self._older.unlink(missing_ok=True)


def journaled(folder: Path) -> Iterator[tuple[str, str, str, Any]]:
    """The writes that are in no save, the oldest first. A last line that was cut off was never answered."""
    for name in (OLDER_JOURNAL, JOURNAL):
        path = folder / name
        if path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            for number, line in enumerate(lines, 1):
                try:
                    table, pk, sk, item = json.loads(line)
                except ValueError as error:
                    if number == len(lines) and not line.endswith("\n"):
                        return
                    raise DamagedStateError(f"{path}, line {number}") from error
                yield table, pk, sk, item


class State:
    """The emulator's state below a folder: loaded whole or not at all, saved whole, and noted when and how."""

    def __init__(self, folder: Path, app: Any, persistence: Any) -> None:
        self._folder, self._app, self._persistence = folder, app, persistence
        self._journal: Journal | None = None
        self._saving = threading.Lock()
        self._small: dict[str, str] = {}

    def load(self) -> None:
        """Raises DamagedStateError, with nothing changed on disk."""
        for name in _noted(self._folder).get("services", []):
            if not (self._folder / f"{name}.json").exists():
                raise DamagedStateError(f"{self._folder / name}.json, which is missing")
        for name, module in self._app._state_map.items():
            if not (self._folder / f"{name}.json").exists():
                continue
            held = self._persistence.load_state(name)
            if not isinstance(held, dict):
                raise DamagedStateError(f"{self._folder / name}.json")
            try:
                self._app._get_module(module).load_persisted_state(held)
            except Exception as error:  # whatever a service makes of what it did not write itself
                raise DamagedStateError(f"{self._folder / name}.json") from error
        self._replay()

    def _replay(self) -> None:
        dynamodb = self._app._get_module("dynamodb")
        tables = {table["TableArn"]: table for table in dynamodb._tables.all_values()}
        for arn, pk, sk, item in journaled(self._folder):
            table = tables.get(arn)
            if table is not None and item is None:
                dynamodb._remove_item(table, pk, sk)
            elif table is not None:
                dynamodb._set_item(table, pk, sk, item)

    def watch(self) -> None:
        """From now on note writes to tables, and save the rest as it changes."""
        journal = self._journal = Journal(self._folder)
        dynamodb = self._app._get_module("dynamodb")
        store, remove = dynamodb._set_item, dynamodb._remove_item

        def set_item(table: Any, pk: str, sk: str, item: Any) -> Any:
            journal.write(table["TableArn"], pk, sk, item)
            return store(table, pk, sk, item)

        def remove_item(table: Any, pk: str, sk: str) -> Any:
            journal.write(table["TableArn"], pk, sk, None)
            return remove(table, pk, sk)

        dynamodb._set_item, dynamodb._remove_item = set_item, remove_item
        threading.Thread(target=self._keep_saving, daemon=True, name="state-saver").start()

    def save(self, services: Services, *, clean: bool = False) -> None:
        """Everything; ``clean``: the process ends after it. A save that fails leaves the last one as the latest."""
        dynamodb = self._app._get_module("dynamodb")
        with self._saving:
            with dynamodb._lock:
                if self._journal is not None:
                    self._journal.begin()
                held = {"dynamodb": dynamodb.get_state()}
            held |= {name: get() for name, get in services.items() if name != "dynamodb"}
            names = [name for name, state in held.items() if state is not None]
            for name in names:
                _written(self._persistence, self._folder, name, held[name])
            _replace(self._folder / SAVED, json.dumps({"at": int(time.time()), "clean": clean, "services": names}))
            if self._journal is not None:
                self._journal.forget()

    def save_soon(self) -> None:
        threading.Thread(target=self._save_now, name="state-save").start()

    def _save_now(self) -> None:
        try:
            self.save(self._app._build_persistence_save_dict())
        except Exception as error:  # the journal goes on; the next save may do better
            print(f"the state was not saved: {error!r}", file=sys.stderr, flush=True)

    def _keep_saving(self) -> None:
        while True:
            time.sleep(_SMALL_SECONDS)
            if not (self._folder / SAVED).exists():
                continue  # never deployed to the end: there is nothing that it would belong to
            if self._journal is not None and self._journal.size > JOURNAL_BYTES:
                self._save_now()
            try:
                self._save_small()
            except Exception as error:  # a dict that changes while it is copied; it is copied again in a moment
                print(f"part of the state was not saved: {error!r}", file=sys.stderr, flush=True)

    def _save_small(self) -> None:
        services = self._app._build_persistence_save_dict()
        with self._saving:
            for name in SMALL:
                if name in services:
                    state = services[name]()
                    text = json.dumps(state, default=self._persistence._json_default)
                    if text != self._small.get(name):
                        _written(self._persistence, self._folder, name, state)
                        self._small[name] = text


def _written(persistence: Any, folder: Path, name: str, state: Any) -> None:
    """MiniStack writes a file whole or not at all, but says so in its log alone."""
    path = folder / f"{name}.json"
    before = path.stat().st_mtime_ns if path.exists() else None
    inode = path.stat().st_ino if path.exists() else None
    persistence.save_state(name, state)
    if not path.exists() or (path.stat().st_mtime_ns, path.stat().st_ino) == (before, inode):
        raise OSError(f"{path} was not written")


def _noted(folder: Path) -> dict[str, Any]:
    try:
        noted = json.loads((folder / SAVED).read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise DamagedStateError(str(folder / SAVED)) from error
    if not isinstance(noted, dict):
        raise DamagedStateError(str(folder / SAVED))
    return noted


def _replace(path: Path, text: str) -> None:
    scratch = path.with_suffix(".tmp")
    scratch.write_text(text)
    scratch.replace(path)


def expires_on_aws(attribute: Any, now: float) -> bool:
    """Whether AWS deletes an item with this TTL attribute (``{"N": "1767225600"}``): a number of seconds since 1970
    that lies in the past, and no more than five years (Amazon DynamoDB developer guide, *Using time to live*)."""
    number = attribute.get("N") if isinstance(attribute, dict) else None
    return number is not None and now - _TTL_YEARS_SECONDS <= float(number) <= now


def mend_ttl(dynamodb: Any) -> None:
    """MiniStack's reaper also deletes what is text, and what expired more than five years ago."""
    remove = dynamodb._remove_item

    def remove_item(table: Any, pk: str, sk: str) -> Any:
        if threading.current_thread().name == _TTL_THREAD:
            account, region, name = table["TableArn"].split(":")[4], table["TableArn"].split(":")[3], table["TableName"]
            setting = dynamodb._ttl_settings.get_scoped(account, region, name) or {}
            item = table["items"].get(pk, {}).get(sk) or {}
            if not expires_on_aws(item.get(setting.get("AttributeName")), time.time()):
                return None
        return remove(table, pk, sk)

    dynamodb._remove_item = remove_item


def mend_subscribe(sns: Any) -> None:
    """With ``ReturnSubscriptionArn`` AWS also returns the ARN of a subscription that waits to be confirmed; MiniStack
    has the words "pending confirmation" for it, with which nobody can ask about it or end it."""
    subscribe = sns._subscribe

    def mended(params: Any) -> Any:
        status, headers, body = subscribe(params)
        if b">pending confirmation<" in body and sns._p(params, "ReturnSubscriptionArn") == "true":
            topic, _ = sns._get_topic(sns._p(params, "TopicArn"))
            place = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
            held = (each for each in topic["subscriptions"] if (each["protocol"], each["endpoint"]) == place)
            body = body.replace(b"pending confirmation", next(held)["arn"].encode())
        return status, headers, body

    sns._subscribe = mended


def mend_when_loaded(app: Any, name: str, mend: Callable[[Any], None]) -> None:
    """Mends a service when it is first asked for: loading it earlier would also save what was never used."""
    get, mended = app._get_module, set()

    def get_module(asked: str) -> Any:
        module = get(asked)
        if asked == name and asked not in mended:
            mended.add(asked)
            mend(module)
        return module

    app._get_module = get_module


def main() -> int:
    """Serve until SIGTERM; exit code 3 when the state cannot be read."""
    from ministack import app
    from ministack.core import persistence

    folder = Path(os.environ["STATE_DIR"])
    state = State(folder, app, persistence)
    try:
        state.load()
    except DamagedStateError as error:
        print(f"damaged: {error}", flush=True)
        return DAMAGED
    if (folder / SAVED).exists():
        _replace(folder / SAVED, json.dumps({**_noted(folder), "clean": False}))
    state.watch()
    mend_ttl(app._get_module("dynamodb"))
    mend_when_loaded(app, "sns", mend_subscribe)
    app._load_persisted_state = lambda: None
    app.save_all = lambda services: state.save(services, clean=True)
    signal.signal(signal.SIGUSR1, lambda *_: state.save_soon())
    app.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
