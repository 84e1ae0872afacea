"""Reading and changing a tenant's settings: three resources, one version."""

from collections.abc import Callable
from typing import Final

from chalicelib.domain.errors import StaleVersionError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.settings import Settings
from chalicelib.domain.settings_document import changes, settings_document
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.services.marking import Marking
from chalicelib.services.ports import WHOLE_PAGE, Clock, TenantStore

Change = Callable[[Settings], Settings]

FIRST_NOTE: Final = "The tenant was created."


class SettingsEditor:
    """Replaces settings under the version that the editor saw."""

    def __init__(self, tenants: TenantStore, marking: Marking, clock: Clock) -> None:
        self._tenants, self._marking, self._clock = tenants, marking, clock

    def replace(
        self, tenant_id: TenantId, seen_version: int, change: Change, note: str | None, changed_by: str
    ) -> Tenant:
        """Stores the next version and starts a refresh of the current rows; answers the tenant as it is then.

        A change that changes nothing stores no version. Raises StaleVersionError when `seen_version` is not in force.
        Pages are marked before the version is stored: a crash in between leaves marks, which the sweep finds.
        """
        tenant = self._tenants.get(tenant_id)
        if tenant.settings.version != seen_version:
            raise _stale(tenant.settings.version)
        settings = change(tenant.settings)
        found = list(changes(settings_document(tenant.settings), settings_document(settings)))
        if not found:
            return tenant
        version = SettingsChange(seen_version + 1, self._clock(), changed_by, note, tuple(found))
        marks = self._marking.request(tenant_id, at_once=True)
        marks.add(dict.fromkeys(range(tenant.pages), WHOLE_PAGE))
        if not self._tenants.put_settings(tenant_id, settings, version):
            raise _stale(self._tenants.get(tenant_id).settings.version)
        marks.send()
        return self._tenants.get(tenant_id)


def _stale(version: int) -> StaleVersionError:
    return StaleVersionError(f"The settings are at version {version} now: read them again, then repeat the change.")
