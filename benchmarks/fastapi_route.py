"""The route layer that most would write today: GET routes of FastAPI behind Mangum, on the service's own store.

The import chain of one such route is row 6's peer, a warm request row 7's. In FastAPI's favour: no authorizer's
context is read, and the answer has no schema.
"""

from typing import Any

from fastapi import FastAPI
from mangum import Mangum

from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.settings_resources import scoring_json
from chalicelib.tenancy import bound_to

app = FastAPI()
TENANT = TenantId("bench")


@app.get("/v1/settings/health-score")
async def scoring_settings() -> dict[str, Any]:
    """The very document that the service answers."""
    with bound_to(TENANT):
        tenant = application().settings.current(TENANT)
    scoring = tenant.settings.scoring
    return {
        "version": tenant.settings.version,
        **scoring_json(scoring),
        "resolved_primary_model": tenant.primary_model,
        "connected_sources": list(tenant.connected),
    }


handler = Mangum(app, lifespan="off")
