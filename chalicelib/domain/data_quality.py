"""What is odd or missing in a client's facts: it never stops a run, the card names it (scoring.md, Data quality)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from chalicelib.domain.facts import Client, Facts
from chalicelib.domain.moment import Moment
from chalicelib.domain.weighted import ASSESSMENT_DAYS

NAMED_FLAWS: Final = 50
"""How many flaws a card names; it counts them all."""

CLOCK_DIFFERENCE_SECONDS: Final = 60
"""How early an answer or an end may lie before the creation, as the clocks of one system stamp it."""


class Flaw(NamedTuple):
    code: str
    record_type: str
    record_id: str
    message: str


class Told(NamedTuple):
    """Who is told about a client: whether its account manager exists, whether messages reach that, or the fallback."""

    manager_known: bool = True
    manager_reached: bool = True
    fallback_reached: bool = True


def flaws(facts: Facts, moment: Moment, told: Told = Told()) -> list[Flaw]:  # noqa: B008
    """All flaws of a client's facts as known at the moment."""
    return [*client_flaws(facts.client, told), *_contact_flaws(facts, moment), *_ticket_flaws(facts, moment)]


def client_flaws(client: Client, told: Told) -> Iterator[Flaw]:
    """Those of a client's own record, which current rows hold, too."""
    instead = "alerts go to the fallback addresses" if told.fallback_reached else "alerts reach nobody"
    if client.account_manager_id and not told.manager_known:
        message = f"There is no account manager {client.account_manager_id}: {instead}."
        yield Flaw("unknown_account_manager", "client", client.id, message)
    elif client.account_manager_id and not told.manager_reached:
        message = f"No confirmed subscription of the account manager {client.account_manager_id}: {instead}."
        yield Flaw("account_manager_not_reached", "client", client.id, message)
    for code, value, message in (
        ("no_account_manager", client.account_manager_id, f"No account manager: {instead}."),
        ("no_industry", (client.industry or "").strip(), "No industry: there is no industry average to compare with."),
        ("no_client_since", client.client_since, "No client_since: a client without events gets the lowest points."),
    ):
        if value is None or value == "":
            yield Flaw(code, "client", client.id, message)


def _contact_flaws(facts: Facts, moment: Moment) -> Iterator[Flaw]:
    touched = any(t.decision_maker and t.occurred < moment.as_of for t in facts.touchpoints)
    attended = any(q.decision_maker and q.status == "COMPLETED" and q.held <= moment.today for q in facts.qbrs)
    if not touched and not attended:
        message = "No touchpoint or QBR with a decision-maker was ever recorded."
        yield Flaw("no_decision_maker_contact", "client", facts.client.id, message)
    done = [a for a in facts.assessments if a.completed <= moment.today]
    newest = max(done, key=lambda a: (a.completed, a.id), default=None)
    if newest is not None and moment.today - newest.completed > ASSESSMENT_DAYS:
        message = f"The newest assessment is {moment.today - newest.completed} days old: it no longer counts."
        yield Flaw("stale_assessment", "assessment", newest.id, message)


def _ticket_flaws(facts: Facts, moment: Moment) -> Iterator[Flaw]:
    for ticket in facts.tickets.rows():
        if ticket.created >= moment.as_of:
            break
        for code, instant, word in (
            ("answered_before_creation", ticket.first_response, "answered"),
            ("closed_before_creation", ticket.closed, "closed"),
        ):
            if instant < ticket.created - CLOCK_DIFFERENCE_SECONDS:
                message = f"Ticket {ticket.id} was {word} before it was created."
                yield Flaw(code, "ticket", ticket.id, message)
