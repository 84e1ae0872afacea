"""The same rules as one script of SQL, in DuckDB and in SQLite, each in memory."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from benchmarks.engines.answers import Answers, ClientAnswer, FleetAnswer
from benchmarks.engines.tables import COLUMNS, MOMENT, SETTINGS, TEXT, Rows
from chalicelib.domain.moment import PERIODS, SECONDS_PER_DAY

RULES: Final = (Path(__file__).parent / "rules.sql").read_text()
ANSWERS: Final = ("answers", "fleet", "declining")
SIGNALS: Final = range(1, 10)


class Engine(Protocol):
    """A database that holds the fleet's tables."""

    name: str

    def compute(self) -> None:
        """Runs the rules; what they answer stays in tables."""

    def answers(self) -> Answers:
        """Reads what was computed."""


class _Sql:
    """What both databases share: the connection is theirs, the script is one."""

    name: str
    division: str

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        for table, columns in COLUMNS.items():
            typed = ", ".join(f"{column} {'VARCHAR' if column in TEXT else 'BIGINT'}" for column in columns)
            connection.execute(f"CREATE TABLE {table} ({typed})")
        self._script = script().replace("IDIV", self.division)

    def compute(self) -> None:
        for table in ANSWERS:
            self._connection.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in self._script.split(";\n"):
            self._connection.execute(statement)

    def answers(self) -> Answers:
        return Answers(
            [ClientAnswer(*row) for row in self._rows("SELECT * FROM answers ORDER BY client")],
            FleetAnswer(*self._rows("SELECT * FROM fleet")[0]),
            [client for (client,) in self._rows("SELECT client FROM declining")],
        )

    def _rows(self, query: str) -> Rows:
        rows: Rows = self._connection.execute(query).fetchall()
        return rows


class DuckDb(_Sql):
    name, division = "DuckDB", "//"

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        """Loads the tables, by way of data frames: row by row would take minutes."""
        import duckdb
        import pandas as pd

        super().__init__(duckdb.connect())
        for table, rows in tables.items():
            frame = pd.DataFrame(rows, columns=list(COLUMNS[table])).convert_dtypes()
            self._connection.register("loading", frame)
            self._connection.execute(f"INSERT INTO {table} SELECT * FROM loading")  # noqa: S608
            self._connection.unregister("loading")


class SQLite(_Sql):
    name, division = "SQLite", "/"

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        """Loads the tables, each with an index by client."""
        super().__init__(sqlite3.connect(":memory:"))
        for table, rows in tables.items():
            places = ", ".join("?" * len(COLUMNS[table]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608
            self._connection.execute(f"CREATE INDEX by_client_{table} ON {table} (client)")
        self._connection.execute("ANALYZE")


def script() -> str:
    """The rules for this moment and these settings."""
    periods = list(PERIODS)
    weights = dict(zip(SIGNALS, SETTINGS.scoring.weights, strict=True))
    both = {n: f"p{n} IS NOT NULL AND b{n} IS NOT NULL" for n in SIGNALS}
    return RULES.format(
        as_of=MOMENT.as_of,
        today=MOMENT.today,
        month=MOMENT.month,
        volume_columns=",\n".join(map(_volume, periods)),
        revenue_columns=",\n".join(map(_revenue, periods)),
        activity_columns=",\n".join(map(_activity, periods)),
        deduction_columns=",\n".join([*map(_deduction, periods), "r30"]),
        survey_columns=",\n".join(map(_survey, (90, 180, 365))),
        points_now=" + ".join(f"COALESCE(p{n}, 0) * {weights[n]}" for n in SIGNALS),
        weight_now=" + ".join(f"CASE WHEN p{n} IS NULL THEN 0 ELSE {weights[n]} END" for n in SIGNALS),
        common_now=" + ".join(f"CASE WHEN {both[n]} THEN p{n} ELSE 0 END * {weights[n]}" for n in SIGNALS),
        common_before=" + ".join(f"CASE WHEN {both[n]} THEN b{n} ELSE 0 END * {weights[n]}" for n in SIGNALS),
        common_weight=" + ".join(f"CASE WHEN {both[n]} THEN {weights[n]} ELSE 0 END" for n in SIGNALS),
    )


def _short(period: str) -> str:
    return period.removesuffix("d")


def _volume(period: str) -> str:
    window, name = MOMENT.windows[period], _short(period)
    within = f"created >= {window.start}"
    answered = f"{within} AND first_response < {MOMENT.as_of}"
    seconds = "CASE WHEN first_response > created THEN first_response - created ELSE 0 END"
    return (
        f"SUM({within}) AS n{name}, SUM(created >= {window.previous_start} AND created < {window.start}) AS m{name}, "
        f"SUM(CASE WHEN {answered} THEN 1 ELSE 0 END) AS a{name}, "
        f"SUM(CASE WHEN {answered} THEN {seconds} ELSE 0 END) AS s{name}"
    )


def _revenue(period: str) -> str:
    window = MOMENT.windows[period]
    within = f"issued BETWEEN {window.first_day} AND {window.last_day}"
    return f"SUM(CASE WHEN {within} THEN amount ELSE 0 END) AS r{_short(period)}"


def _activity(period: str) -> str:
    name = _short(period)
    volume = ", ".join(f"COALESCE(v.{letter}{name}, 0) AS {letter}{name}" for letter in "nmas")
    return f"{volume}, COALESCE(r.r{name}, 0) AS r{name}"


def _deduction(period: str) -> str:
    """The score of a window: what stands whatever the window, less volume and response."""
    n = _short(period)
    volume = (
        f"CASE WHEN n{n} <= m{n} THEN 0 WHEN m{n} = 0 THEN 5 WHEN 100 * n{n} > 150 * m{n} THEN 15 "
        f"WHEN 100 * n{n} > 125 * m{n} THEN 10 ELSE 5 END"
    )
    response = (
        f"CASE WHEN s{n} > 86400 * a{n} THEN 20 WHEN s{n} > 28800 * a{n} THEN 10 "
        f"WHEN s{n} > 14400 * a{n} THEN 5 ELSE 0 END"
    )
    raw = f"standing - {volume} - {response}"
    return f"CASE WHEN {raw} > 100 THEN 100 WHEN {raw} < 0 THEN 0 ELSE {raw} END AS d{n}"


def _survey(days: int) -> str:
    """Responses and their opinions of a window (n, v) and of the one before (m, w)."""
    start = MOMENT.as_of - days * SECONDS_PER_DAY
    within, before = f"responded >= {start}", f"responded >= {start - days * SECONDS_PER_DAY} AND responded < {start}"
    return (
        f"SUM({within}) AS n{days}, SUM(CASE WHEN {within} THEN opinion ELSE 0 END) AS v{days}, "
        f"SUM({before}) AS m{days}, SUM(CASE WHEN {before} THEN opinion ELSE 0 END) AS w{days}"
    )
