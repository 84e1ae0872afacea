"""The temporary tenants of `verify`: made through the API, gone afterwards, and never somebody else's."""

import boto3
import pytest

from infra.operations.errors import OperationError
from infra.operations.site import Site
from infra.operations.verification.visit import TENANTS, Answer, Visit
from tests.functional.conftest import TABLE
from tests.functional.service import Service


class MotoVisit(Visit):
    """A visit whose API is the service of this process."""

    service: Service

    def http(self, method: str, path: str, credential: str | None = None, body: object = None) -> Answer:
        found = self.service.raw(
            method, path, body, {"Content-Type": "application/json", "Authorization": f"Bearer {credential}"}
        )
        return Answer(found.status, found.body)


@pytest.fixture
def visit(service: Service) -> MotoVisit:
    pool = boto3.client("cognito-idp", region_name="eu-central-1").create_user_pool(PoolName="people")
    outputs = {"TableName": TABLE, "UserPoolId": pool["UserPool"]["Id"], "TopicPrefix": "client-health"}
    made = MotoVisit(Site(boto3.Session(region_name="eu-central-1"), outputs), "", lambda _: None)
    made.service = service
    return made


def held(service: Service) -> set[str]:
    """Partitions of temporary tenants and their keys."""
    return {pk for pk, _ in service.stored() if "verification" in pk or pk.startswith("APIKEY#")}


def test_both_are_made_through_the_api_and_gone_afterwards(service: Service, visit: MotoVisit) -> None:
    before = service.stored()
    assert visit.tenants == TENANTS
    assert visit.as_tenant(TENANTS[1], "GET", "/v1/clients").status == 200
    visit.forget_tenants()
    assert service.stored() == before
    assert visit.tenants == TENANTS  # and once more


def test_what_a_run_left_that_died_is_removed_by_the_next(service: Service, visit: MotoVisit) -> None:
    visit.make_key(TENANTS[0])  # it died before the tenant was made
    visit.forget_tenants()
    assert held(service) == set()
    assert visit.tenants  # it died with both
    second = MotoVisit(visit.site, "", lambda _: None)
    second.service = service
    second.forget_tenants()
    assert held(service) == set()


def test_a_tenant_of_somebody_else_is_never_touched(service: Service, visit: MotoVisit) -> None:
    service.tenant(TENANTS[1])
    before = service.stored()
    with pytest.raises(OperationError, match="of somebody else"):
        visit.forget_tenants()
    with pytest.raises(OperationError, match="of somebody else"):
        assert visit.tenants
    assert {pk: item for pk, item in service.stored().items() if TENANTS[1] in pk[0]} == {
        pk: item for pk, item in before.items() if TENANTS[1] in pk[0]
    }
