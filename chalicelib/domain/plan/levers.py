"""Levers: what people can do today that moves a score (scoring.md, Path to Healthy).

A lever changes facts, never points. What it stands for is done a second before `as_of`, or today; a record that it adds
has an id above all others, so that ties of its date fall to it. Effort is a constant of each kind, per piece.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from chalicelib.domain.facts import Contract, Facts, Invoice, Qbr, Reconciliation, Touchpoint
from chalicelib.domain.moment import Moment
from chalicelib.domain.sentences import age_of, days_of, number_text
from chalicelib.domain.weighted import billed_invoices, is_unpaid, last_reconciliation, urgent_rows

Kind = Literal["close", "collect", "call", "qbr", "true_up", "contract"]
KINDS: Final[tuple[Kind, ...]] = ("close", "collect", "call", "qbr", "true_up", "contract")

EFFORT: Final[dict[Kind, int]] = {"call": 1, "close": 2, "collect": 2, "true_up": 3, "qbr": 4, "contract": 5}
"""Of each piece."""

ADDED: Final = "~"
"""The id of a record that an action adds: above every id that a record can have."""


class Lever(NamedTuple):
    """One kind of action: the records that it takes one after another, or the record that it adds.

    `apply` changes facts by the first so many pieces, `sentence` says so; both take 1 to `most` pieces. `most` is 0
    where there is nothing to do.
    """

    kind: Kind
    most: int
    refs: tuple[str, ...]
    apply: Callable[[Facts, int], Facts]
    sentence: Callable[[int], str]

    @property
    def effort(self) -> int:
        return EFFORT[self.kind]


def close_urgent(facts: Facts, open_rows: Sequence[int], moment: Moment) -> Lever:
    """Close the oldest open P1/P2 tickets: the age penalty belongs to the oldest."""
    tickets = facts.tickets
    urgent = urgent_rows(tickets, open_rows)
    return _closing(
        [tickets.id[row] for row in urgent],
        moment,
        lambda first: f"P{tickets.priority[urgent[0]]} ticket {first}, open {_age(tickets.created[urgent[0]], moment)}",
        lambda count: (
            f"the {count} oldest P1/P2 tickets, the first of them open {_age(tickets.created[urgent[0]], moment)}"
        ),
    )


def close_overdue(facts: Facts, overdue_rows: Sequence[int], moment: Moment) -> Lever:
    """Close the overdue tickets, those first that were due first; `overdue_rows` in that order."""
    tickets = facts.tickets
    return _closing(
        [tickets.id[row] for row in overdue_rows],
        moment,
        lambda first: f"ticket {first}, which is past its due date",
        lambda count: f"the {count} tickets that are longest past their due date",
    )


def close_further(facts: Facts, rows: Sequence[int], moment: Moment) -> Lever:
    """Close open tickets that are not overdue, oldest first."""
    tickets = facts.tickets
    return _closing(
        [tickets.id[row] for row in rows],
        moment,
        lambda first: f"open ticket {first}, the oldest that is not overdue",
        lambda count: f"the {count} oldest open tickets that are not overdue",
    )


def _closing(ids: Sequence[str], moment: Moment, one: Callable[[str], str], several: Callable[[int], str]) -> Lever:
    done = moment.as_of - 1

    def apply(facts: Facts, count: int) -> Facts:
        closed, tickets = frozenset(ids[:count]), facts.tickets
        instants = [done if each in closed else at for each, at in zip(tickets.id, tickets.closed, strict=True)]
        return replace(facts, tickets=replace(tickets, closed=instants))

    return Lever(
        kind="close",
        most=len(ids),
        refs=tuple(ids),
        apply=apply,
        sentence=lambda count: f"Close {one(ids[0]) if count == 1 else several(count)}.",
    )


def _age(created: int, moment: Moment) -> str:
    return age_of(moment.as_of - created)


def collect(facts: Facts, moment: Moment) -> Lever:
    """Have unpaid invoices paid today, those first that were due first."""
    today = moment.today
    unpaid = sorted(
        (i for i in billed_invoices(facts.invoices, today) if i.status != "PAID" and is_unpaid(i, today)),
        key=lambda invoice: (invoice.due, invoice.id),
    )
    ids = tuple(invoice.id for invoice in unpaid)

    def paid(invoice: Invoice) -> Invoice:
        return invoice._replace(status="PAID", paid=today, paid_total=invoice.amount, balance=0)

    def apply(facts: Facts, count: int) -> Facts:
        collected = frozenset(ids[:count])
        return replace(facts, invoices=[paid(i) if i.id in collected else i for i in facts.invoices])

    def sentence(count: int) -> str:
        late = f"{days_of(today - unpaid[0].due)} past due"
        if count == 1:
            return f"Collect invoice {ids[0]}, {late}."
        return f"Collect the {count} oldest unpaid invoices, the first of them {late}."

    return Lever(kind="collect", most=len(ids), refs=ids, apply=apply, sentence=sentence)


def call(moment: Moment) -> Lever:
    """Talk to a decision-maker."""
    done = Touchpoint(ADDED, moment.as_of - 1, "CALL", decision_maker=True)
    return _adding(
        "call", lambda facts: replace(facts, touchpoints=[*facts.touchpoints, done]), "Call a decision-maker."
    )


def hold_qbr(moment: Moment) -> Lever:
    """Hold a QBR that a decision-maker attends."""
    held = Qbr(ADDED, moment.today, "COMPLETED", decision_maker=True)
    return _adding("qbr", lambda facts: replace(facts, qbrs=[*facts.qbrs, held]), "Hold a QBR with the decision-maker.")


def true_up(facts: Facts, moment: Moment) -> Lever:
    """Bring what is contracted to what is used, where anything is known to be in use."""
    newest = last_reconciliation(facts, moment)
    used, contracted = (0, 0) if newest is None else (newest.used, newest.contracted)
    agreed = Reconciliation(ADDED, moment.today, used, used)
    return _adding(
        "true_up",
        lambda facts: replace(facts, reconciliations=[*facts.reconciliations, agreed]),
        f"True up the contract: {number_text(used)} are in use, {number_text(contracted)} are contracted.",
        possible=used > 0,
    )


def sign_contract(moment: Moment, *, active: int) -> Lever:
    """Have a contract that is active from today, where none is."""
    signed = Contract(ADDED, "ACTIVE", moment.today)
    return _adding(
        "contract",
        lambda facts: replace(facts, contracts=[*facts.contracts, signed]),
        "Put a contract in place that is active from today.",
        possible=not active,
    )


def _adding(kind: Kind, apply: Callable[[Facts], Facts], sentence: str, *, possible: bool = True) -> Lever:
    return Lever(
        kind=kind, most=int(possible), refs=(), apply=lambda facts, _: apply(facts), sentence=lambda _: sentence
    )
