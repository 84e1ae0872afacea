"""Services that are wrong on purpose, each in the way that a reader would believe: the tests of the tests."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb import keys, runs
from chalicelib.adapters.dynamodb.alerts import alert_actions
from chalicelib.adapters.dynamodb.page_codec import encode_rows
from chalicelib.adapters.dynamodb.runs import DynamoRunStore
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.table import Action, TransactionFailedError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import TenantId
from chalicelib.domain.outbox import AlertWrites
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.run import Run

read_run = runs._run


class AlertsAfterRows(DynamoScoreStore):
    """Read, then write: the rows with their alert states first, the alerts in a call of their own."""

    def put_current(
        self,
        tenant: TenantId,
        page: int,
        new: CurrentPage,
        writes: AlertWrites = AlertWrites(),  # noqa: B008
    ) -> CurrentPage | None:
        standing = self._put_current(keys.current(tenant, page), new, [])
        if standing is None and writes:
            try:
                self._table.transact(alert_actions(tenant, writes))
            except TransactionFailedError:
                return None  # our own earlier write
        return standing


class BlindRows(DynamoScoreStore):
    """Rows and alerts in one transaction, but over whatever stands there."""

    def put_current(
        self,
        tenant: TenantId,
        page: int,
        new: CurrentPage,
        writes: AlertWrites = AlertWrites(),  # noqa: B008
    ) -> CurrentPage | None:
        item = {"d": encode_rows(new.rows), "v": new.version}
        self._table.transact([Action(keys.current(tenant, page), item), *alert_actions(tenant, writes)])
        return None


class CountedPages(DynamoRunStore):
    """A counter of the pages that are done, where a set knows which."""

    def add_done(self, tenant: TenantId, day: Day, pages: Iterable[int]) -> Run:
        return CountedPages.read(
            self._table.update(
                keys.run(tenant, day),
                "ADD done_count :count",
                condition="attribute_exists(pk)",
                returns="ALL_NEW",
                count=len(set(pages)),
            )
        )

    @staticmethod
    def read(item: Any) -> Run:
        """As many pages as were counted, from the first."""
        run = read_run(item)
        return replace(run, done=frozenset(range(min(item.get("done_count", 0), run.pages))))
