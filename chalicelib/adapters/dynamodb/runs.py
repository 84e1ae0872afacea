"""Run control, fleet figures and the nightly walk's checkpoint."""

import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.columns import pack, unpack
from chalicelib.adapters.dynamodb.due import walk_of
from chalicelib.adapters.dynamodb.scores import ABSENT_OR_EXPIRED, expiry
from chalicelib.adapters.dynamodb.sources import known_sources, stored_sources
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.fleet import (
    DayFigures,
    Declining,
    Figures,
    FleetSummary,
    Industry,
    ModelFigures,
    ModelSummary,
)
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.run import Run, Walk
from chalicelib.domain.settings import MODELS
from chalicelib.domain.times import format_day

CHECKPOINT_DAYS: Final = 7
RUN_DAYS: Final = 90


class DynamoRunStore:
    """`RunStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def start(self, tenant: TenantId, run: Run, now: Instant) -> Run:
        item = {
            "as_of": run.as_of,
            "settings_version": run.settings_version,
            "sources": stored_sources(run.sources),
            "pages": run.pages,
            "complete": run.complete,
            "mark": run.mark,
            "expires": max(run.as_of, now) + RUN_DAYS * SECONDS_PER_DAY,
        }
        try:
            self._table.put(keys.run(tenant, run.date), item, condition="attribute_not_exists(pk)")
        except ConditionFailedError as error:
            if error.item is None:
                raise
            return _run(error.item)
        return run

    def get(self, tenant: TenantId, day: Day) -> Run | None:
        item = self._table.get(keys.run(tenant, day), consistent=True)
        return None if item is None else _run(item)

    def recent(self, tenant: TenantId, first: Day, last: Day) -> list[Run]:
        return [_run(item) for item in self._table.query(keys.runs(tenant, first, last))]

    def add_done(self, tenant: TenantId, day: Day, pages: Iterable[int]) -> Run:
        return _run(
            self._table.update(
                keys.run(tenant, day),
                "ADD done :pages",
                condition="attribute_exists(pk)",
                returns="ALL_NEW",
                pages=set(pages),
            )
        )

    def reopen(self, tenant: TenantId, day: Day, pages: Collection[int]) -> None:
        if not pages:
            return  # DynamoDB has no empty set
        try:
            self._table.update(
                keys.run(tenant, day),
                "SET complete = :no DELETE done :pages",
                condition="attribute_exists(pk)",
                no=False,
                pages=set(pages),
            )
        except ConditionFailedError as error:
            raise NotFoundError(f"There is no run of {format_day(day)}.") from error

    def finish(self, tenant: TenantId, day: Day) -> None:
        self._table.update(keys.run(tenant, day), "SET complete = :yes", condition="attribute_exists(pk)", yes=True)

    def put_day(self, tenant: TenantId, figures: DayFigures, now: Instant) -> None:
        document = [figures.as_of, figures.settings_version, *_figures_document(figures.models)]
        managers = [[manager, *_figures_document(held)] for manager, held in figures.managers.items()]
        item = {
            "d": json.dumps(document, separators=(",", ":")),
            "managers": json.dumps(managers, separators=(",", ":")) if managers else None,
            "expires": expiry(figures.as_of, now),
        }
        try:
            self._table.put(
                keys.day_figures(tenant, figures.date),
                item,
                condition=ABSENT_OR_EXPIRED,
                now=now,
            )
        except ConditionFailedError:
            return  # the first stand, and expire as they did

    def days(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> list[DayFigures]:
        items = self._table.query(keys.day_figures_span(tenant, first, last), live_at=now)
        return list(map(_day_figures, items))

    def newest_day(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> DayFigures | None:
        span = keys.day_figures_span(tenant, first, last)
        return next(map(_day_figures, self._table.query(span, descending=True, chunk=1, live_at=now)), None)

    def put_summary(self, tenant: TenantId, summary: FleetSummary) -> None:
        try:
            self._table.put(
                keys.summary(tenant),
                {"as_of": summary.as_of, "d": pack(_encode_summary(summary))},
                condition="attribute_not_exists(pk) OR as_of < :as_of",
                as_of=summary.as_of,
            )
        except ConditionFailedError:
            return  # this one, or a later one, stands

    def summary(self, tenant: TenantId) -> FleetSummary | None:
        item = self._table.get(keys.summary(tenant))
        return None if item is None else _summary(item["as_of"], unpack(item["d"]))

    def checkpoint(self, as_of: Instant) -> Walk | None:
        item = self._table.get(keys.dispatch(as_of), consistent=True)
        return None if item is None else walk_of(item)

    def save_checkpoint(self, as_of: Instant, walk: Walk) -> None:
        expires = max(as_of, walk.noted_at) + CHECKPOINT_DAYS * SECONDS_PER_DAY
        self._table.put(keys.dispatch(as_of), {**walk._asdict(), "expires": expires})


def _run(item: Item) -> Run:
    return Run(
        date=keys.day_of(item["sk"]),
        as_of=item["as_of"],
        settings_version=item["settings_version"],
        sources=known_sources(item["sources"]),
        pages=item["pages"],
        done=frozenset(item.get("done", ())),
        complete=item["complete"],
        mark=item.get("mark", 0),
    )


def _figures_document(models: Figures) -> list[Any]:
    return [[f.n, f.total, list(f.bands), f.insufficient] for f in map(models.__getitem__, MODELS)]


def _figures(document: list[Any]) -> Figures:
    return {
        model: ModelFigures(count, total, tuple(bands), insufficient)
        for model, (count, total, bands, insufficient) in zip(MODELS, document, strict=True)
    }


def _day_figures(item: Item) -> DayFigures:
    as_of, version, *models = json.loads(item["d"])
    managers = {manager: _figures(held) for manager, *held in json.loads(item.get("managers") or "[]")}
    return DayFigures(keys.day_of(item["sk"]), as_of, version, _figures(models), managers=managers)


def _encode_summary(summary: FleetSummary) -> list[Any]:
    return [
        summary.date,
        summary.settings_version,
        *(
            [
                list(held.histogram.items()),
                list(held.bands.items()),
                [[key, *industry] for key, industry in held.industries.items()],
                list(held.declining),
                [[*key, amount] for key, amount in held.revenue.items()],
            ]
            for held in map(summary.models.__getitem__, MODELS)
        ),
    ]


def _summary(as_of: Instant, document: list[Any]) -> FleetSummary:
    date, version, *models = document
    return FleetSummary(
        date,
        as_of,
        version,
        {
            model: ModelSummary(
                histogram=dict(histogram),
                bands=dict(bands),
                industries={key: Industry(*industry) for key, *industry in industries},
                declining=tuple(Declining(*row) for row in declining),
                revenue={(band, currency): amount for band, currency, amount in revenue},
            )
            for model, (histogram, bands, industries, declining, revenue) in zip(MODELS, models, strict=True)
        },
    )
