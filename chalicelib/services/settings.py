"""Reading and changing a tenant's settings: four resources, one version."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chalicelib.domain.activities import Author
from chalicelib.domain.errors import ConflictError, NotFoundError, StaleVersionError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.run import WHOLE_PAGE
from chalicelib.domain.settings import MOST_VERSIONS, ScoringSettings, Settings
from chalicelib.domain.settings_resources import changes, settings_json
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.services.errors import TooBusyError
from chalicelib.services.refresh_requests import RefreshRequests

if TYPE_CHECKING:  # only where the addresses change: it brings SNS
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore
    from chalicelib.services.subscriptions import Subscriptions

Change = Callable[[Settings], Settings]

ATTEMPTS: Final = 10


class StoredSettings:
    """Reads the settings in force, and all versions of them."""

    def __init__(self, tenants: TenantStore) -> None:
        self._tenants = tenants

    def current(self, tenant: TenantId) -> Tenant:
        """A tenant with the settings in force. Raises NotFoundError."""
        return self._tenants.get(tenant)

    def changes(self, tenant: TenantId, newest: int | None, limit: int) -> list[SettingsChange]:
        """At most `limit` versions from `newest` (None: the last) downwards. Raises NotFoundError where there are none.

        That is so for an unknown tenant alone: each begins with a first version, and none is taken away.
        """
        found = self._tenants.settings_changes(tenant, MOST_VERSIONS if newest is None else newest, limit)
        if not found:
            raise NotFoundError(f"There is no tenant {tenant}.")
        return found

    def change(self, tenant: TenantId, version: int) -> tuple[SettingsChange, Settings]:
        """One version, whole. Raises NotFoundError."""
        return self._tenants.settings_change(tenant, version)


class SettingsEditor:
    """Replaces settings under the version that the editor saw."""

    def __init__(self, tenants: TenantStore, refreshes: RefreshRequests, clock: Clock) -> None:
        self._tenants, self._refreshes, self._clock = tenants, refreshes, clock

    def replace(
        self, tenant_id: TenantId, seen: Container[int] | None, change: Change, note: str | None, by: Author
    ) -> Tenant:
        """Stores the next version and starts a refresh of the current rows; returns the tenant as it is then.

        `seen` are the versions that may be replaced (None: any). A change that changes nothing stores no version.
        Raises StaleVersionError when the version in force is none of them, ConflictError when there can be no further
        one, TooBusyError when others keep coming first.
        Pages are marked before the version is stored: a crash in between leaves marks, which the sweep finds.
        """
        for _ in range(ATTEMPTS):
            tenant = self._tenants.get(tenant_id)
            held = tenant.settings
            if seen is not None and held.version not in seen:
                raise StaleVersionError(
                    f"The settings are at version {held.version} now: read them again, then repeat the change."
                )
            settings = change(held)
            found = list(changes(settings_json(held), settings_json(settings)))
            if not found:
                return tenant
            if held.version >= MOST_VERSIONS:
                raise ConflictError("The settings were changed as often as versions of them can be kept.")
            version = SettingsChange(
                version=held.version + 1,
                changed_at=self._clock(),
                changed_by=by.subject,
                note=note,
                changes=tuple(found),
                changed_by_name=by.name,
            )
            refresh = self._refreshes.request(tenant_id, delay=0)
            refresh.add(dict.fromkeys(range(tenant.pages), WHOLE_PAGE))
            if self._tenants.put_settings(tenant_id, settings, version):
                refresh.send()
                return self._tenants.get(tenant_id)
        raise TooBusyError("the settings keep changing")


class ScoringSettingsEditor:
    """Replaces the scoring settings, and keeps the fallback addresses among them subscribed."""

    def __init__(self, editor: SettingsEditor, subscriptions: Subscriptions) -> None:
        self._editor, self._subscriptions = editor, subscriptions

    def replace(
        self,
        tenant_id: TenantId,
        seen: Container[int] | None,
        scoring: ScoringSettings,
        note: str | None,
        by: Author,
        failed: Callable[[Exception], object],
    ) -> Tenant:
        """Replaces them as `SettingsEditor.replace` does, then subscribes the fallback addresses.

        That is done also when nothing changed: a repeat mends what is left undone. The settings are stored by then, so
        SNS's failure is told to `failed` and is no error of the request: the night tries again, and the account
        managers' page shows which addresses are not confirmed.
        """
        tenant = self._editor.replace(tenant_id, seen, lambda held: replace(held, scoring=scoring), note, by)
        try:
            self._subscriptions.keep_fallback(tenant_id, tenant.settings.scoring.fallback_emails, renew=True)
        except Exception as error:
            failed(error)
        return tenant
