"""What is held of a client, kind by kind, in the order in which it is erased."""

from enum import Enum


class Held(Enum):
    """A kind of what is held. Facts go before scores: nothing is to compute them again in between."""

    RECORDS = "records"
    JOURNAL = "journal"
    TICKET_IDS = "leaves of ticket ids"
    CALCULATIONS = "calculations"
    CURRENT_ROWS = "current rows"
    SNAPSHOTS = "snapshots"
    SUMMARY = "fleet summary"
    DIGESTS = "digests"
    ALERTS = "alerts"
    ALIASES = "aliases"
    TASKS = "tasks"
    REQUESTS = "idempotency keys"
    ASIDE = "put aside"
