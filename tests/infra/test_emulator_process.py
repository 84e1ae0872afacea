"""The emulator's process: nothing acknowledged is lost when it is killed, nothing damaged is taken for nothing."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from infra.local import emulator, processes
from infra.local.emulator_process import (
    JOURNAL,
    OLDER_JOURNAL,
    SAVED,
    DamagedStateError,
    Journal,
    expires_on_aws,
    journaled,
)
from infra.local.errors import DamagedStateError as DamagedStackError
from infra.local.state import StateDirectory
from infra.table import create_table

NOW = 1_800_000_000
YEAR = 365 * 86_400


# ---- the journal ----


def test_writes_come_back_in_their_order(tmp_path: Path) -> None:
    with closing(Journal(tmp_path)) as journal:
        journal.write("t", "a", "1", {"x": {"S": "before"}})
        journal.write("t", "a", "1", {"x": {"S": "line\nbreak\u2028"}})
        journal.write("t", "a", "1", None)
    found = list(journaled(tmp_path))
    assert found == [
        ("t", "a", "1", {"x": {"S": "before"}}),
        ("t", "a", "1", {"x": {"S": "line\nbreak\u2028"}}),
        ("t", "a", "1", None),
    ]


def test_a_save_that_failed_forgets_nothing(tmp_path: Path) -> None:
    with closing(Journal(tmp_path)) as journal:
        for number in range(3):
            journal.write("t", "a", str(number), {})
            journal.begin()  # a save begins, and never gets to its end
        journal.write("t", "a", "3", {})
        assert [sk for _, _, sk, _ in journaled(tmp_path)] == ["0", "1", "2", "3"]
        journal.begin()
        journal.write("t", "a", "4", {})
        journal.forget()
    assert [sk for _, _, sk, _ in journaled(tmp_path)] == ["4"]


def test_a_last_line_that_was_cut_off_was_never_answered(tmp_path: Path) -> None:
    with closing(Journal(tmp_path)) as journal:
        journal.write("t", "a", "1", {})
    with (tmp_path / JOURNAL).open("a") as cut:
        cut.write('["t","a","2",{"x"')
    assert [sk for _, _, sk, _ in journaled(tmp_path)] == ["1"]


@pytest.mark.parametrize("name", [JOURNAL, OLDER_JOURNAL])
def test_a_journal_damaged_inside_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('["t","a","1",{}]\nnonsense\n["t","a","2",{}]\n')
    with pytest.raises(DamagedStateError, match=f"{name}, line 2"):
        list(journaled(tmp_path))


# ---- time to live ----


@pytest.mark.parametrize(
    ("attribute", "gone"),
    [
        ({"N": f"{NOW}"}, True),
        ({"N": f"{NOW + 1}"}, False),
        ({"N": f"{NOW - 5 * YEAR}"}, True),
        ({"N": f"{NOW - 5 * YEAR - 1}"}, False),
        ({"N": "0"}, False),
        ({"S": f"{NOW - 60}"}, False),
        ({"NULL": True}, False),
        (None, False),
    ],
)
def test_time_to_live_is_a_number_of_the_last_five_years(attribute: Any, gone: bool) -> None:
    assert expires_on_aws(attribute, NOW) is gone


# ---- the process itself ----


class Emulator:
    """One emulator in a folder of its own, started and ended as the local stack does."""

    def __init__(self, folder: Path) -> None:
        self.state = StateDirectory(folder)
        self.port: int | None = None

    def start(self) -> Any:
        self.state.path.mkdir(parents=True, exist_ok=True)
        self.port = emulator.start(self.state, self.port)
        return emulator.session().client("dynamodb", endpoint_url=f"http://127.0.0.1:{self.port}")

    def kill(self) -> None:
        process = processes.running(self.state.emulator_pid)
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        while process.alive:
            pass

    def save(self) -> None:
        noted = self.state.emulator_state / SAVED
        before = noted.stat().st_mtime_ns if noted.exists() else None
        emulator.save(self.state)
        while not noted.exists() or noted.stat().st_mtime_ns == before:
            assert processes.running(self.state.emulator_pid)


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[Emulator]:
    made = Emulator(tmp_path / "stack")
    yield made
    processes.stop(made.state.emulator_pid)


def put(client: Any, sk: str, **attributes: Any) -> None:
    client.put_item(TableName="kept", Item={"pk": {"S": "T#acme"}, "sk": {"S": sk}, **attributes})


def held(client: Any) -> dict[str, Any]:
    return {item["sk"]["S"]: item for item in client.scan(TableName="kept")["Items"]}


def test_what_was_acknowledged_outlives_a_killed_emulator(emulated: Emulator) -> None:
    client = emulated.start()
    create_table(client, "kept")
    put(client, "saved", d={"B": b"\x00\xff"})
    put(client, "deleted later")
    emulated.save()
    put(client, "after", names={"SS": ["a", "b"]})
    put(client, "gone again")
    client.update_item(
        TableName="kept",
        Key={"pk": {"S": "T#acme"}, "sk": {"S": "after"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "7"}},
    )
    for sk in ("gone again", "deleted later"):
        client.delete_item(TableName="kept", Key={"pk": {"S": "T#acme"}, "sk": {"S": sk}})
    client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "kept", "Item": {"pk": {"S": "T#acme"}, "sk": {"S": "together"}}}}]
    )
    whole = held(client)
    assert emulator.unclean_stop(emulated.state) is not None  # it runs: were it gone now, it would not have stopped
    emulated.kill()
    told = emulator.unclean_stop(emulated.state)
    assert told is not None
    assert "6 writes to the table" in told
    client = emulated.start()
    assert held(client) == whole
    assert whole.keys() == {"saved", "after", "together"}
    emulated.kill()  # and once more, with nothing saved in between
    client = emulated.start()
    assert held(client) == whole
    processes.stop(emulated.state.emulator_pid)
    assert emulator.unclean_stop(emulated.state) is None
    assert held(emulated.start()) == whole


def test_a_start_that_was_killed_before_it_was_done_is_told(emulated: Emulator) -> None:
    client = emulated.start()
    create_table(client, "kept")
    put(client, "lost")
    emulated.kill()
    told = emulator.unclean_stop(emulated.state)
    assert told is not None
    assert "starts from scratch" in told


def _cut(folder: Path) -> None:
    path = folder / "dynamodb.json"
    path.write_text(path.read_text()[:100])


def _strange(folder: Path) -> None:
    (folder / "dynamodb.json").write_text("[]")


def _unreadable_by_its_service(folder: Path) -> None:
    (folder / "dynamodb.json").write_text(json.dumps({"__ministack_format__": 2, "payload": {"tables": {"kept": 7}}}))


def _missing(folder: Path) -> None:
    (folder / "dynamodb.json").unlink()


def _noted_wrongly(folder: Path) -> None:
    (folder / SAVED).write_text("{")


@pytest.mark.parametrize("damage", [_cut, _strange, _unreadable_by_its_service, _missing, _noted_wrongly])
def test_a_damaged_state_is_refused_and_left_as_it_is(emulated: Emulator, damage: Callable[[Path], None]) -> None:
    client = emulated.start()
    create_table(client, "kept")
    put(client, "kept")
    processes.stop(emulated.state.emulator_pid)
    folder = emulated.state.emulator_state
    damage(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(DamagedStackError, match=r"is damaged: .*nothing was started or changed"):
        emulated.start()
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert processes.running(emulated.state.emulator_pid) is None


def test_a_damaged_note_of_the_stack_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"port": 1')
    with pytest.raises(DamagedStackError, match="delete that file"):
        StateDirectory(tmp_path).noted()
