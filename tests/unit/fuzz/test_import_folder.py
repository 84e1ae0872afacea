"""Whatever files stand in an import folder: a file is refused, or each of its rows is a record or a bad row."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.importing.fields import LAYOUTS
from chalicelib.importing.rows import BadRow, Mapped
from chalicelib.imports.sources import ImportSourceError
from tests.unit.fuzz.anything import TELLING
from tests.unit.infra.test_own_format import imports

HEADERS: Final = {layout.file_name: ",".join(layout.columns()).encode() for layout in LAYOUTS}
CELLS: Final = st.sampled_from([text for text in TELLING if "\x00" not in text]) | st.text(max_size=12)
ROWS: Final = st.lists(CELLS, max_size=9).map(lambda cells: ",".join(cells).encode(errors="replace"))


def read(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        try:
            found = list(imports(Path(folder)))
        except ImportSourceError as error:
            assert error.faults
            return
        for file in found:
            if file.faults:
                continue
            outcomes = [outcome for outcome, _ in file.outcomes({})]
            assert len(outcomes) == file.rows
            for outcome in outcomes:
                assert isinstance(outcome, Mapped | BadRow)
                if isinstance(outcome, BadRow):
                    assert outcome.faults


@given(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.binary(max_size=60), max_size=2))
def test_any_files(files: dict[str, bytes]) -> None:
    read(files)


@given(
    st.dictionaries(st.sampled_from(sorted(HEADERS)), st.lists(ROWS | st.binary(max_size=30), max_size=4), max_size=2)
)
@example({"tickets.csv": [b'"', b"a,b", b'"']})
@example({"tickets.csv": [b"x" * 200_000]})
@example({"clients.csv": [b'c1,"a"b,ACTIVE,,,,,,,'], "tickets.csv": [b"\xff"]})
@example({"invoices.csv": [b"i1,c1,PAID,2026-01-01,2026-01-01,1e999999999,EUR,,,"]})
def test_any_rows_under_a_good_header(files: dict[str, list[bytes]]) -> None:
    read({name: b"\n".join([HEADERS[name], *rows]) for name, rows in files.items()})
