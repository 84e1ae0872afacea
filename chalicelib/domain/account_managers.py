"""An account manager: who gets the alerts of some clients."""

from typing import NamedTuple

from chalicelib.domain.facts import Timestamp


class AccountManager(NamedTuple):
    id: str
    name: str
    email: str
    updated_at: Timestamp
