"""The composition root: which adapters the services get. Each service is made, and its module loaded, when first used.

Decision 15 says why late, and how that is typed.
"""

from __future__ import annotations

import gc
import os
import time
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from chalicelib.config import Config
from chalicelib.tenancy import bound_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import chalicelib.connections.clients
    import chalicelib.connections.dispatch
    import chalicelib.connections.editing
    import chalicelib.connections.messages
    import chalicelib.connections.step
    import chalicelib.imports.known_maps
    import chalicelib.imports.target
    import chalicelib.imports.work
    import chalicelib.services.account_managers
    import chalicelib.services.alert_actions
    import chalicelib.services.alert_lists
    import chalicelib.services.aliases
    import chalicelib.services.analytics
    import chalicelib.services.api_keys
    import chalicelib.services.aside
    import chalicelib.services.calculations
    import chalicelib.services.cards
    import chalicelib.services.client_records
    import chalicelib.services.clients
    import chalicelib.services.explanations
    import chalicelib.services.histories
    import chalicelib.services.imports
    import chalicelib.services.journal
    import chalicelib.services.nightly
    import chalicelib.services.notifications
    import chalicelib.services.page_scoring
    import chalicelib.services.plans
    import chalicelib.services.portfolios
    import chalicelib.services.previews
    import chalicelib.services.readable_rows
    import chalicelib.services.recalculation
    import chalicelib.services.record_ids
    import chalicelib.services.records
    import chalicelib.services.refresh
    import chalicelib.services.refresh_requests
    import chalicelib.services.relay
    import chalicelib.services.run_completion
    import chalicelib.services.settings
    import chalicelib.services.settling
    import chalicelib.services.subscriptions
    import chalicelib.services.sweep
    import chalicelib.services.tenant_registration
    import chalicelib.services.workflow
    import chalicelib.services.workloads
    from chalicelib.domain.facts import Instant, Timestamp
    from chalicelib.domain.ids import TenantId
    from chalicelib.services.ports.adapters import Adapters
    from chalicelib.services.ports.process import Clock, PreciseClock

    services = chalicelib.services
    file_imports = chalicelib.imports
    systems = chalicelib.connections
else:

    class LatePackage:
        """A package whose modules are imported when they are first named."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, module: str) -> ModuleType:
            return import_module(f"{self._name}.{module}")

    services = LatePackage("chalicelib.services")
    file_imports = LatePackage("chalicelib.imports")
    systems = LatePackage("chalicelib.connections")

# Raises the collector's threshold: by default Python looks for cycles every 700 allocations. Modules, the SDK's models
# and decoded facts are hundreds of thousands of objects without one: that took a tenth of a cold start and a fifth of
# a night.
gc.set_threshold(50_000, 20, 20)

# Zones come from the pinned package (`domain.time_zones`). Told so by the environment, `zoneinfo` does not look for the
# machine's folders first, for which it would load how Python was built: hundreds of settings.
os.environ.setdefault("PYTHONTZPATH", "")

Made = TypeVar("Made")


def now() -> Instant:
    """The present, in whole seconds."""
    from chalicelib.domain.facts import Instant

    return Instant(time.time())


def precise_now() -> Timestamp:
    """The present, to the microsecond."""
    from chalicelib.domain.facts import Instant
    from chalicelib.domain.times import timestamp

    second, micros = divmod(time.time_ns() // 1_000, 1_000_000)
    return timestamp(Instant(second), micros)


def late(make: Callable[[Application, Adapters], Made]) -> cached_property[Made]:
    """A service that is made once, when it is first used; `make` gets the application and its ports."""
    return cached_property(lambda application: make(application, application._ports))


def unreadable_page(tenant: TenantId, page: int, error: Exception) -> None:
    """Tells an operator of a page that lists leave out."""
    from chalicelib.observability import count, flush_metrics, log_failure

    log_failure("the current rows of a page cannot be read", error, tenant_id=tenant, page=page)
    count(PagesUnreadable=1)
    flush_metrics()


class Application:
    """The services of one process: all that views and workers may use. Stores are behind them."""

    def __init__(self, config: Config, adapters: Adapters, clock: Clock) -> None:
        self.config = config
        self._ports, self._clock = adapters, clock
        # A clock that is handed in stands for the one that says when records are received, too.
        self._precise_clock: PreciseClock = precise_now if clock is now else clock

    # ---- callers, and the places in lists ----

    tokens = late(lambda app, ports: ports.tokens)
    api_key_check = late(lambda app, ports: services.api_keys.ApiKeyCheck(ports.api_keys, app._clock, bound_to))
    cursors = late(lambda app, ports: ports.cursors)

    # ---- tenants ----

    registration = late(
        lambda app, ports: services.tenant_registration.TenantRegistration(
            ports.tenants, ports.notifier, app._clock, bound_to
        )
    )
    api_keys = late(lambda app, ports: services.api_keys.ApiKeys(ports.tenants, ports.api_keys, app._clock))
    subscriptions = late(
        lambda app, ports: services.subscriptions.Subscriptions(
            tenants=ports.tenants,
            managers=ports.account_managers,
            subscriptions=ports.subscriptions,
            notifier=ports.notifier,
            clock=app._clock,
        )
    )

    # ---- records ----

    _refreshes = late(
        lambda app, ports: services.refresh_requests.RefreshRequests(
            refresh_marks=ports.refresh_marks,
            due=ports.due,
            queue=ports.queue,
            clock=app._clock,
            delay=app.config.refresh_delay_seconds,
        )
    )
    record_intake = late(
        lambda app, ports: services.records.RecordIntake(
            tenants=ports.tenants,
            roster=ports.roster,
            managers=ports.account_managers,
            refreshes=app._refreshes,
            clock=app._precise_clock,
            together=ports.together,
            directory=ports.directory,
        )
    )
    settling = late(
        lambda app, ports: services.settling.Settling(
            tenants=ports.tenants,
            roster=ports.roster,
            directory=ports.directory,
            refreshes=app._refreshes,
            clock=app._clock,
            together=ports.together,
        )
    )
    clients = late(
        lambda app, ports: services.clients.Clients(
            tenants=ports.tenants, roster=ports.roster, scores=ports.scores, refreshes=app._refreshes, clock=app._clock
        )
    )
    client_records = late(
        lambda app, ports: services.client_records.ClientRecordLists(ports.tenants, ports.roster, app._clock)
    )
    record_ids = late(
        lambda app, ports: services.record_ids.RecordIds(ports.tenants, ports.roster, ports.account_managers)
    )
    aliases = late(lambda app, ports: services.aliases.Aliases(ports.roster, ports.aliases))
    journal = late(
        lambda app, ports: services.journal.Journal(
            tenants=ports.tenants,
            roster=ports.roster,
            intake=app.record_intake,
            journal=ports.journal,
            requests=ports.idempotency,
            clock=app._clock,
        )
    )

    # ---- connections to other systems ----

    connections = late(
        lambda app, ports: systems.editing.Connections(
            store=ports.connections,
            marks=ports.sync_marks,
            queue=lambda: ports.sync_queue,
            sealer=lambda: ports.sealer,
            tenants=ports.tenants,
            clock=app._clock,
            given=app.config.given_to_connections,
        )
    )
    sync_dispatch = late(
        lambda app, ports: systems.dispatch.Dispatch(ports.sync_marks, ports.sync_queue, app._clock, bound_to)
    )
    _clients_of_systems = late(lambda app, ports: systems.clients.Clients(ports.aliases, ports.roster))
    _sync_steps = late(
        lambda app, ports: systems.step.Steps(
            store=ports.connections,
            marks=ports.sync_marks,
            sealer=ports.sealer,
            clients=app._clients_of_systems,
            intake=app.record_intake,
            directory=ports.directory,
            ids=app.record_ids,
            tenants=ports.tenants,
            clock=app._clock,
            send=ports.outbound,
            given=app.config.given_to_connections,
        )
    )
    sync_messages = late(lambda app, ports: systems.messages.SyncMessages(app._sync_steps, ports.sync_queue))

    # ---- settings ----

    settings = late(lambda app, ports: services.settings.StoredSettings(ports.tenants))
    settings_editor = late(
        lambda app, ports: services.settings.SettingsEditor(ports.tenants, app._refreshes, app._clock)
    )
    scoring_settings = late(
        lambda app, ports: services.settings.ScoringSettingsEditor(app.settings_editor, app.subscriptions)
    )
    _rows = late(lambda app, ports: services.readable_rows.ReadableRows(ports.scores, unreadable_page))
    previews = late(lambda app, ports: services.previews.Previews(ports.tenants, ports.roster, ports.scores, app._rows))

    # ---- one client ----

    cards = late(
        lambda app, ports: services.cards.HealthCards(
            tenants=ports.tenants,
            roster=ports.roster,
            scores=ports.scores,
            runs=ports.runs,
            subscriptions=app.subscriptions,
            managers=ports.account_managers,
            clock=app._clock,
        )
    )
    histories = late(
        lambda app, ports: services.histories.Histories(ports.tenants, ports.roster, ports.scores, app._clock)
    )
    explanations = late(
        lambda app, ports: services.explanations.Explanations(ports.tenants, ports.roster, ports.scores, app._clock)
    )
    plans = late(lambda app, ports: services.plans.Plans(ports.tenants, ports.roster, app._clock))
    _calculations = late(lambda app, ports: services.calculations.Calculations(ports.tenants, ports.scores, app._clock))
    recalculation = late(
        lambda app, ports: services.recalculation.Recalculation(
            cards=app.cards,
            calculations=app._calculations,
            due=ports.due,
            idempotency=ports.idempotency,
            roster=ports.roster,
            clock=app._clock,
        )
    )

    # ---- the fleet ----

    portfolios = late(
        lambda app, ports: services.portfolios.Portfolios(ports.tenants, app._rows, ports.runs, app._clock)
    )
    client_health = late(
        lambda app, ports: services.analytics.ClientHealthAnalytics(ports.tenants, app._rows, ports.runs, app._clock)
    )
    account_managers = late(
        lambda app, ports: services.account_managers.AccountManagers(
            ports.account_managers, app.portfolios, app.subscriptions, app._clock
        )
    )

    workloads = late(
        lambda app, ports: services.workloads.Workloads(
            portfolios=app.portfolios,
            clients=app.clients,
            managers=ports.account_managers,
            tasks=ports.tasks,
            subscriptions=app.subscriptions,
            clock=app._clock,
        )
    )

    # ---- nights and refreshes ----

    _run_completion = late(
        lambda app, ports: services.run_completion.RunCompletion(
            tenants=ports.tenants, scores=ports.scores, runs=ports.runs, alerts=ports.alerts, clock=app._clock
        )
    )
    _clients_aside = late(lambda app, ports: services.aside.ClientsAside(ports.aside))
    nightly_scoring = late(
        lambda app, ports: services.nightly.NightlyScoring(
            tenants=ports.tenants,
            runs=ports.runs,
            due=ports.due,
            completion=app._run_completion,
            queue=ports.queue,
            clock=app._clock,
            bound_to=bound_to,
        )
    )
    page_scoring = late(
        lambda app, ports: services.page_scoring.PageScoring(
            tenants=ports.tenants,
            roster=ports.roster,
            scores=ports.scores,
            runs=ports.runs,
            completion=app._run_completion,
            aside=app._clients_aside,
            clock=app._clock,
        )
    )
    refresh = late(
        lambda app, ports: services.refresh.Refresh(
            tenants=ports.tenants,
            roster=ports.roster,
            scores=ports.scores,
            refresh_marks=ports.refresh_marks,
            calculations=app._calculations,
            settling=app.settling,
            aside=app._clients_aside,
            clock=app._clock,
        )
    )

    # ---- alerts and tasks ----

    alert_lists = late(
        lambda app, ports: services.alert_lists.AlertLists(
            tenants=ports.tenants, roster=ports.roster, rows=app._rows, alerts=ports.alerts, tasks=ports.tasks
        )
    )
    alert_actions = late(
        lambda app, ports: services.alert_actions.AlertActions(
            alerts=ports.alerts,
            tasks=ports.tasks,
            roster=ports.roster,
            scores=ports.scores,
            managers=ports.account_managers,
            clock=app._clock,
        )
    )
    _workflow = late(
        lambda app, ports: services.workflow.AtRiskWorkflow(ports.tenants, ports.roster, ports.tasks, app._refreshes)
    )
    _notifications = late(lambda app, ports: services.notifications.Notifications(app.config.dashboard_url))
    relay = late(
        lambda app, ports: services.relay.Relay(
            alerts=ports.alerts,
            due=ports.due,
            notifier=ports.notifier,
            notifications=app._notifications,
            workflow=app._workflow,
            subscriptions=app.subscriptions,
            clock=app._clock,
        )
    )
    sweep = late(
        lambda app, ports: services.sweep.Sweep(
            tenants=ports.tenants,
            runs=ports.runs,
            due=ports.due,
            completion=app._run_completion,
            refresh_marks=ports.refresh_marks,
            queue=ports.queue,
            relay=app.relay,
            nightly=app.nightly_scoring,
            clock=app._clock,
            bound_to=bound_to,
        )
    )

    # ---- imports of files ----

    import_maps = late(
        lambda app, ports: services.imports.ImportMaps(
            tenants=ports.tenants,
            store=ports.import_maps,
            ready=file_imports.known_maps.ready,
            check=file_imports.known_maps.map_faults,
            clock=app._clock,
        )
    )
    imports = late(
        lambda app, ports: services.imports.Imports(
            tenants=ports.tenants,
            store=ports.imports,
            files=ports.import_files,
            queue=ports.import_queue,
            runs=ports.runs,
            check=lambda document: file_imports.known_maps.map_faults(document),
            clock=app._clock,
        )
    )
    import_work = late(
        lambda app, ports: file_imports.work.ImportWork(
            tenants=ports.tenants,
            store=ports.imports,
            maps=ports.import_maps,
            files=ports.import_files,
            queue=ports.import_queue,
            nightly=lambda: app.nightly_scoring,
            target=lambda tenant: file_imports.target.IntakeTarget(
                tenant, app.record_intake, ports.roster, app.aliases, time.sleep
            ),
            clock=app._clock,
        )
    )


def build(config: Config | None = None, *, adapters: Adapters | None = None, clock: Clock = now) -> Application:
    """An application on AWS by the process's environment, unless other adapters or another clock stand for those."""
    config = config or Config()
    if adapters is None:
        from chalicelib.aws import AwsAdapters

        adapters = AwsAdapters(config)
    return Application(config, adapters, clock)


@cache
def application() -> Application:
    """The application of this process."""
    return build()
