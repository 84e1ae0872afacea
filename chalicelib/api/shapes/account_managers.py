"""Answers about account managers."""

from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Count, CountedPage, Id
from chalicelib.api.shapes.subscriptions import State


class AccountManager(TypedDict):
    """Who gets the alerts of some clients."""

    id: Id
    name: str
    email: str
    clients: Count
    """Scored clients assigned to them."""
    reached: bool
    """They have a confirmed subscription; else the fallback addresses are told."""


class FallbackAddress(TypedDict):
    """An e-mail address that is told what reaches no account manager."""

    email: str
    state: State
    """As of a subscription: only a confirmed one is told."""


class AccountManagerList(CountedPage):
    """All account managers, by name."""

    items: list[AccountManager]
    fallback: list[FallbackAddress]
    """The tenant's fallback addresses, as SNS last said."""
    unreached_clients: Count
    """Scored clients whose alerts reach nobody now: neither an account manager nor a fallback address."""
