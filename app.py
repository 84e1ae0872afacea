"""The service's entry points. This module only registers blueprints; it holds no logic."""

from chalice.app import Chalice

from chalicelib.api import (
    account_managers,
    activities,
    alerts,
    aliases,
    analytics,
    api_keys,
    auth,
    client_records,
    clients,
    connections,
    explanations,
    health,
    imports,
    plans,
    portfolio,
    records,
    settings,
    subscriptions,
    tenants,
)
from chalicelib.workers import connections as connection_workers
from chalicelib.workers import import_files, nightly_scoring, relay_alerts, score_pages, sweep

app = Chalice(app_name="client-health", configure_logs=False)
for blueprint in (
    auth.blueprint,
    health.blueprint,
    analytics.blueprint,
    portfolio.blueprint,
    clients.blueprint,
    explanations.blueprint,
    aliases.blueprint,
    client_records.blueprint,
    activities.blueprint,
    plans.blueprint,
    account_managers.blueprint,
    subscriptions.blueprint,
    alerts.blueprint,
    settings.blueprint,
    connections.blueprint,
    api_keys.blueprint,
    records.blueprint,
    imports.blueprint,
    tenants.blueprint,
    nightly_scoring.blueprint,
    score_pages.blueprint,
    relay_alerts.blueprint,
    sweep.blueprint,
    import_files.blueprint,
    connection_workers.blueprint,
):
    app.register_blueprint(blueprint)
