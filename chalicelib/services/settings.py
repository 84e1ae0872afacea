"""Reading and changing a tenant's settings: four resources, one version."""

from collections.abc import Callable, Container
from typing import Final

from chalicelib.domain.errors import ConflictError, StaleVersionError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.settings import Settings
from chalicelib.domain.settings_document import changes, settings_document
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.services.errors import TooBusyError
from chalicelib.services.ports import WHOLE_PAGE, Clock, TenantStore
from chalicelib.services.refresh_requests import RefreshRequests

Change = Callable[[Settings], Settings]

ATTEMPTS: Final = 10

MOST_VERSIONS: Final = 999_999
"""Each version is kept for good under a key of six digits."""


class SettingsEditor:
    """Replaces settings under the version that the editor saw."""

    def __init__(self, tenants: TenantStore, refreshes: RefreshRequests, clock: Clock) -> None:
        self._tenants, self._refreshes, self._clock = tenants, refreshes, clock

    def replace(
        self, tenant_id: TenantId, seen: Container[int] | None, change: Change, note: str | None, changed_by: str
    ) -> Tenant:
        """Stores the next version and starts a refresh of the current rows; answers the tenant as it is then.

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
            found = list(changes(settings_document(held), settings_document(settings)))
            if not found:
                return tenant
            if held.version >= MOST_VERSIONS:
                raise ConflictError("The settings were changed as often as versions of them can be kept.")
            version = SettingsChange(held.version + 1, self._clock(), changed_by, note, tuple(found))
            refresh = self._refreshes.request(tenant_id, delay=0)
            refresh.add(dict.fromkeys(range(tenant.pages), WHOLE_PAGE))
            if self._tenants.put_settings(tenant_id, settings, version):
                refresh.send()
                return self._tenants.get(tenant_id)
        raise TooBusyError("the settings keep changing")
