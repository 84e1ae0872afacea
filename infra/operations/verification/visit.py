"""What the checks work with: the stage, its HTTP API, and two temporary tenants that are gone afterwards.

The tenants have names of their own, so that a run which died leaves nothing that the next one does not find and remove;
a tenant of somebody else with such an id is never touched.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.api.auth import PERMISSIONS
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.services.api_keys import make_key
from infra.operations.errors import OperationError
from infra.operations.offboarding import offboard_tenant
from infra.operations.site import Site
from infra.operations.tenant_table import tenant_table

Tell = Callable[[str], object]

TENANTS: Final = (TenantId("verification-a"), TenantId("verification-b"))
MARK: Final = "Temporary tenant of infra.operations verify"
_SECONDS: Final = 40.0


class Answer(NamedTuple):
    """An HTTP answer; `json` is None for one without a JSON body."""

    status: int
    json: Any


@dataclass
class Visit:
    """One run of the checks on a stage. `url` is where its API is, without /v1."""

    site: Site
    url: str
    tell: Tell
    id_token: str | None = None
    queues: Sequence[str] = ()
    restore: bool = False
    deploy: bool = False
    wait: float = 300.0
    poll: float = 2.0
    sign_in: Callable[[TenantId], str] | None = None
    """An ID token of somebody of a tenant, where none of a page is needed."""

    _credentials: dict[TenantId, str] = field(default_factory=dict)

    @property
    def emulated(self) -> bool:
        return self.site.endpoint is not None

    def client(self, service: Any) -> Any:
        """A client of an AWS service with the operator's credentials."""
        make: Any = self.site.session.client
        return make(service, endpoint_url=self.site.endpoint)

    def http(self, method: str, path: str, credential: str | None = None, body: object = None) -> Answer:
        """One call to the API; errors are answers too."""
        return http(method, f"{self.url}{path}", credential, body)

    @cached_property
    def tenants(self) -> tuple[TenantId, TenantId]:
        """Two temporary tenants, made through the API by an API key that may do everything."""
        self.forget_tenants()
        for tenant in TENANTS:
            self._credentials[tenant] = self.make_key(tenant)
        for tenant in TENANTS:
            body = {"tenant_id": tenant, "name": MARK, "time_zone": "UTC", "currency": "EUR"}
            made = self.http("POST", "/v1/tenants", self._credentials[tenant], body)
            if made.status != 201:
                raise OperationError(f"POST /v1/tenants answered {made.status}: see Function errors in the runbook")
        return TENANTS

    def as_tenant(self, tenant: TenantId, method: str, path: str, body: object = None) -> Answer:
        """A call with all permissions of one of the temporary tenants."""
        if not self.tenants:
            raise AssertionError
        return self.http(method, path, self._credentials[tenant], body)

    def make_key(self, tenant: TenantId) -> str:
        """A new API key of a temporary tenant, written with the operator's credentials."""
        with tenant_table(self.site, tenant) as table:
            keys = DynamoApiKeyStore(table, lambda: table)
            return make_key(keys, tenant, "verify", PERMISSIONS, now=Instant(time.time()))[1]

    def forget_tenants(self) -> None:
        """Removes the temporary tenants, also of a run that died. Raises OperationError for one of somebody else."""
        for tenant in TENANTS:
            with tenant_table(self.site, tenant) as table:
                settings = table.get(keys.settings(tenant), consistent=True)
                if settings is not None and settings["name"] != MARK:
                    raise OperationError(f"{tenant} is a tenant of somebody else: verify needs that id for itself")
                _delete_keys(table, tenant)
            if settings is not None:
                offboard_tenant(self.site, tenant, lambda _: None)
        self._credentials.clear()
        vars(self).pop("tenants", None)

    def until(self, done: Callable[[], bool]) -> bool:
        """Whether something comes true within the time that there is."""
        deadline = time.monotonic() + self.wait
        while not done():
            if time.monotonic() > deadline:
                return False
            time.sleep(self.poll)
        return True


def _delete_keys(table: Table, tenant: TenantId) -> None:
    api_keys = DynamoApiKeyStore(table, lambda: table)
    for key in api_keys.list(tenant):
        api_keys.delete(tenant, key.id)


def http(
    method: str, url: str, credential: str | None = None, body: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One HTTP call; errors are answers too. Raises OSError when nobody answers."""
    sent = dict(headers or {})
    if credential is not None:
        sent["Authorization"] = f"Bearer {credential}"
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        sent["Content-Type"] = "application/json"
    # The URL is an output of our own stack.
    request = urllib.request.Request(url, data=data, headers=sent, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # nosec B310
            return Answer(answer.status, _read(answer.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _read(error.read()))


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
