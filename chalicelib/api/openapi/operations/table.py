"""All operations. A test holds this table and the routes against each other."""

from typing import Final

from chalicelib.api.openapi.operations import administration, alerts, analytics, clients, settings
from chalicelib.api.openapi.parts import Operations

OPERATIONS: Final[Operations] = {
    **analytics.OPERATIONS,
    **clients.OPERATIONS,
    **alerts.OPERATIONS,
    **settings.OPERATIONS,
    **administration.OPERATIONS,
}
