"""Connector keys: what they may do, how they are kept, listed and taken away."""

import re
from typing import Any, Final

import pytest

from chalicelib.api.auth import PERMISSIONS
from chalicelib.domain.ids import TenantId
from chalicelib.tenancy import bound_to
from tests.functional.examples import client
from tests.functional.service import ALL, Answer, Service
from tests.functional.support import counting, faults, ids, pages, reads
from tests.running import adapters

PATH: Final = "/v1/settings/api-keys"
CREDENTIAL: Final = re.compile(r"hk_([A-Z2-7]{16})_([A-Za-z0-9_-]{43})")


def create(
    service: Service, *permissions: str, name: str = "PSA", tenant: str = "acme", **caller: Any
) -> tuple[str, str]:
    """A new key's id and credential."""
    sent = {"name": name, "permissions": list(permissions or ["records.write"])}
    answer = service.http("POST", PATH, sent, tenant=tenant, **caller)
    assert answer.status == 201, answer
    return answer.body["id"], answer.body["key"]


def use(service: Service, credential: str, method: str = "GET", path: str = "/v1/clients", body: Any = None) -> Answer:
    """Calls a route with a key."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {credential}"}
    return service.raw(method, path, body, headers)


def listed(service: Service, tenant: str = "acme") -> list[Any]:
    return [key for page in pages(service, PATH, tenant=tenant) for key in page]


# ---- making them ---------------------------------------------------------------------------------------


def test_a_new_key_shows_its_secret_once(service: Service) -> None:
    permissions = ["reports.read", "records.write"]
    answer = service.http("POST", PATH, {"name": " PSA connector ", "permissions": permissions})
    assert answer.status == 201
    key = dict(answer.body)
    found = CREDENTIAL.fullmatch(key.pop("key"))
    assert found is not None
    assert key == {
        "id": found[1],
        "name": "PSA connector",
        "permissions": ["records.write", "reports.read"],
        "account_manager_id": None,
        "created_at": "2026-11-22T12:00:00Z",
        "last_used_on": None,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert service.http("GET", PATH).body == {"items": [key], "next_cursor": None}


def test_only_a_hash_of_the_secret_is_stored(service: Service) -> None:
    _, credential = create(service)
    use(service, credential)
    found = CREDENTIAL.fullmatch(credential)
    assert found is not None
    stored = repr(service.stored())
    assert found[1] in stored
    assert found[2] not in stored


def test_keys_are_never_the_same(service: Service) -> None:
    made = [create(service) for _ in range(5)]
    assert len({key_id for key_id, _ in made}) == 5
    assert len({credential[-43:] for _, credential in made}) == 5


@pytest.mark.parametrize("held", [["settings.write"], ["settings.write", "reports.read"], list(ALL)])
def test_a_key_can_hold_what_its_maker_holds_and_never_administration(service: Service, held: list[str]) -> None:
    for permission in sorted(PERMISSIONS):
        sent = {"name": "PSA", "permissions": ["settings.write", permission]}
        answer = service.http("POST", PATH, sent, permissions=held)
        if permission in held and permission != "tenants.admin":
            assert answer.status == 201
        else:
            assert faults(answer) == ["/permissions/1"]


def test_a_key_makes_no_key_that_can_do_more_than_itself(service: Service) -> None:
    _, credential = create(service, "settings.write", "records.write")
    sent = {"name": "child", "permissions": ["records.write", "reports.read"]}
    assert faults(use(service, credential, "POST", PATH, sent)) == ["/permissions/1"]
    answer = use(service, credential, "POST", PATH, {"name": "child", "permissions": ["records.write"]})
    assert answer.status == 201
    assert use(service, answer.body["key"], "POST", PATH, {"name": "x", "permissions": ["records.write"]}).status == 403


WRONG: Final[list[tuple[dict[str, Any], list[str]]]] = [
    ({}, ["/name", "/permissions"]),
    ({"name": " ", "permissions": ["records.write"]}, ["/name"]),
    ({"name": "x" * 201, "permissions": ["records.write"]}, ["/name"]),
    ({"name": 5, "permissions": ["records.write"]}, ["/name"]),
    ({"name": "PSA", "permissions": []}, ["/permissions"]),
    ({"name": "PSA", "permissions": "records.write"}, ["/permissions"]),
    ({"name": "PSA", "permissions": [1]}, ["/permissions/0"]),
    ({"name": "PSA", "permissions": ["records.write", "records.read", "*"]}, ["/permissions/1", "/permissions/2"]),
    ({"name": "PSA", "permissions": ["tenants.admin"]}, ["/permissions/0"]),
    ({"name": "PSA", "permissions": ["records.write"], "tenant_id": "rival"}, ["/tenant_id"]),
    ({"name": "PSA", "permissions": ["records.write"], "key": "hk_A_B"}, ["/key"]),
]


def test_what_is_no_key(service: Service, subtests: pytest.Subtests) -> None:
    for body, pointers in WRONG:
        with subtests.test(body=body):
            assert faults(service.http("POST", PATH, body)) == pointers
    assert listed(service) == []


def test_a_permission_named_twice_is_one(service: Service) -> None:
    sent = {"name": "PSA", "permissions": ["records.write", "records.write"]}
    assert service.http("POST", PATH, sent).body["permissions"] == ["records.write"]


# ---- using them ----------------------------------------------------------------------------------------


def test_a_key_may_do_what_it_holds(service: Service) -> None:
    _, credential = create(service, "records.write", "clients.read")
    answer = use(service, credential, "POST", "/v1/records", {"records": [client()]})
    assert (answer.status, answer.body["accepted"]) == (200, 1)
    assert use(service, credential, path="/v1/clients/c1").status == 200
    refused = use(service, credential, path="/v1/clients/c1/health")
    assert (refused.status, refused.headers["Content-Type"]) == (403, "application/problem+json")
    assert use(service, credential, path="/v1/settings/health-score").status == 403
    assert use(service, credential, path=PATH).status == 403


def test_a_key_is_bound_to_its_tenant(service: Service) -> None:
    service.tenant("rival")
    service.take(client("c1", name="Ours"))
    service.take(client("c1", name="Theirs"), client("c2"), tenant="rival")
    _, credential = create(service, "clients.read", tenant="rival")
    assert use(service, credential, path="/v1/clients/c1").body["name"] == "Theirs"
    for sent in ({"X-Tenant-Id": "acme"}, {"tenant_id": "acme"}):
        headers = {"Authorization": f"Bearer {credential}", **sent}
        assert service.raw("GET", "/v1/clients/c1", None, headers).body["name"] == "Theirs"


def test_who_made_a_change_with_a_key(service: Service) -> None:
    key_id, credential = create(service, "settings.write", "settings.read")
    headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json", "If-Match": '"1"'}
    answer = service.raw("PUT", "/v1/settings/workflows", {"at_risk_alert": {"enabled": True}}, headers)
    assert answer.status == 200
    assert service.http("GET", "/v1/settings/versions/2").body["changed_by"] == f"api-key:{key_id}"


def test_what_is_not_a_key_is_refused(service: Service, subtests: pytest.Subtests) -> None:
    key_id, credential = create(service, "clients.read")
    other_id, other = create(service, "clients.read")
    unknown = ("B" if key_id[0] == "A" else "A") + key_id[1:]
    wrong = {
        "a secret of another key": f"hk_{key_id}_{other[20:]}",
        "a key of another secret": f"hk_{other_id}_{credential[20:]}",
        "an unknown id": f"hk_{unknown}_{credential[20:]}",
        "no secret": f"hk_{key_id}_",
        "no id": f"hk__{credential[20:]}",
        "nothing": "hk_",
        "one character less": credential[:-1],
        "one character more": f"{credential}A",
        "another case": f"hk_{key_id.lower()}_{credential[20:]}",
        "no prefix": credential.removeprefix("hk_"),
        "another prefix": credential.replace("hk_", "sk_", 1),
        "a place in the table": f"hk_{key_id}#_{credential[20:]}",
    }
    assert use(service, credential).status == 200
    for name, sent in wrong.items():
        with subtests.test(name):
            assert use(service, sent).status == 401
    for scheme in ("Basic", "", "hk"):
        with subtests.test(scheme=scheme):
            assert service.raw("GET", "/v1/clients", None, {"Authorization": f"{scheme} {credential}"}).status == 401


def test_the_last_day_of_use(service: Service) -> None:
    _, used = create(service, "clients.read", name="used")
    create(service, name="unused")
    use(service, used)
    with counting() as cost:
        use(service, used, path="/v1/healthz")
        use(service, used, path="/v1/clients/nobody")
    assert "UpdateItem" not in reads(cost)  # once a day

    assert {key["name"]: key["last_used_on"] for key in listed(service)} == {"used": "2026-11-22", "unused": None}
    service.clock.to("2026-11-24T00:00:00Z")
    assert {key["name"]: key["last_used_on"] for key in listed(service)}["used"] == "2026-11-22"
    use(service, used)
    assert {key["name"]: key["last_used_on"] for key in listed(service)}["used"] == "2026-11-24"
    use(service, f"{used[:-1]}{'A' if used[-1] != 'A' else 'B'}")
    assert {key["name"]: key["last_used_on"] for key in listed(service)}["unused"] is None


# ---- taking them away ----------------------------------------------------------------------------------


def test_a_revoked_key_is_gone(service: Service) -> None:
    key_id, credential = create(service, "clients.read")
    kept_id, kept = create(service, "clients.read")
    before = service.stored()
    answer = service.http("DELETE", f"{PATH}/{key_id}")
    assert (answer.status, answer.body) == (204, None)

    assert use(service, credential).status == 401
    assert use(service, kept).status == 200
    assert ids(listed(service), "id") == [kept_id]
    assert key_id in repr(before)
    assert key_id not in repr(service.stored())
    assert service.http("DELETE", f"{PATH}/{key_id}").status == 404


def test_a_key_may_revoke_itself(service: Service) -> None:
    key_id, credential = create(service, "settings.write")
    assert use(service, credential, "DELETE", f"{PATH}/{key_id}").status == 204
    assert use(service, credential, path=PATH).status == 401


def test_there_is_no_such_key(service: Service, subtests: pytest.Subtests) -> None:
    create(service)
    for key_id in ("A" * 16, "x", "A" * 17, "a" * 16, "A%23B", "%20"):
        with subtests.test(key_id):
            answer = service.http("DELETE", f"{PATH}/{key_id}")
            assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert len(listed(service)) == 1


def test_another_tenants_key_is_unknown(service: Service) -> None:
    service.tenant("rival")
    theirs, credential = create(service, "clients.read", tenant="rival")
    before = service.stored()
    answer = service.http("DELETE", f"{PATH}/{theirs}")
    unknown = service.http("DELETE", f"{PATH}/{'A' * 16}")

    assert (answer.status, answer.body["title"]) == (unknown.status, unknown.body["title"]) == (404, "Not Found")
    assert answer.body["detail"].replace(theirs, "A" * 16) == unknown.body["detail"]
    assert service.stored() == before
    assert use(service, credential).status == 200
    assert listed(service) == []


# ---- listing them --------------------------------------------------------------------------------------


def test_keys_in_pages_newest_first(service: Service) -> None:
    for number in range(5):
        create(service, name=f"key {number}")
        if number != 2:  # two of one second
            service.clock.advance(1)
    found = list(pages(service, f"{PATH}?limit=2"))
    assert [len(page) for page in found] == [2, 2, 1]
    keys = [key for page in found for key in page]
    assert [key["created_at"][-3:] for key in keys] == ["03Z", "02Z", "02Z", "01Z", "00Z"]
    assert {key["name"] for key in keys} == {f"key {number}" for number in range(5)}
    shown = {"id", "name", "permissions", "account_manager_id", "created_at", "last_used_on"}
    assert all(set(key) == shown for key in keys)


def test_what_comes_and_goes_between_two_pages(service: Service) -> None:
    made = []
    for _ in range(4):
        made.append(create(service)[0])
        service.clock.advance(1)
    first = service.http("GET", f"{PATH}?limit=2").body
    service.http("DELETE", f"{PATH}/{made[2]}")
    create(service)
    second = service.http("GET", f"{PATH}?limit=2&cursor={first['next_cursor']}").body
    assert ids(first["items"], "id") + ids(second["items"], "id") == made[::-1]


def test_listing_takes_one_call_and_only_known_parameters(service: Service) -> None:
    create(service)
    with counting() as cost:
        assert service.http("GET", PATH).status == 200
    assert reads(cost) == {"Query": 1}
    for query in ("limit=0", "limit=201", "q=a", "cursor=x"):
        assert service.http("GET", f"{PATH}?{query}").status == 400


def test_keys_need_settings_write(service: Service) -> None:
    key_id, _ = create(service)
    others = [permission for permission in ALL if permission != "settings.write"]
    body = {"name": "PSA", "permissions": ["records.write"]}
    assert service.http("GET", PATH, permissions=others).status == 403
    assert service.http("POST", PATH, body, permissions=others).status == 403
    assert service.http("DELETE", f"{PATH}/{key_id}", permissions=others).status == 403
    assert service.http("GET", PATH, permissions=["settings.write"]).status == 200


# ---- keys that keys made -------------------------------------------------------------------------------------------

MAKER = {"name": "Maker", "permissions": ["settings.write", "reports.read"]}


def made_by(service: Service, credential: str | None = None) -> Any:
    """A key that a person made, or that a key made."""
    headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
    answer = service.http("POST", "/v1/settings/api-keys", MAKER, headers=headers)
    assert answer.status == 201, answer
    return answer.body


def works(service: Service, key: Any) -> bool:
    answer = service.raw("GET", "/v1/alerts", None, {"Authorization": f"Bearer {key['key']}"})
    assert answer.status in {200, 401}
    return answer.status == 200


def test_a_key_takes_along_what_it_made(service: Service) -> None:
    first, other = made_by(service), made_by(service)
    second = made_by(service, first["key"])
    third = made_by(service, second["key"])
    assert all(works(service, key) for key in (first, second, third, other))
    assert service.http("DELETE", f"/v1/settings/api-keys/{first['id']}").status == 204
    assert [works(service, key) for key in (first, second, third, other)] == [False, False, False, True]
    left = service.http("GET", "/v1/settings/api-keys").body["items"]
    assert [key["id"] for key in left] == [other["id"]]


def test_a_key_in_between_takes_along_its_own_alone(service: Service) -> None:
    first = made_by(service)
    second, sister = made_by(service, first["key"]), made_by(service, first["key"])
    third = made_by(service, second["key"])
    assert service.http("DELETE", f"/v1/settings/api-keys/{second['id']}").status == 204
    assert [works(service, key) for key in (first, second, third, sister)] == [True, False, False, True]


@pytest.mark.parametrize("gone", [0, 1])
def test_what_a_crash_leaves_works_no_more(service: Service, gone: int) -> None:
    first = made_by(service)
    second = made_by(service, first["key"])
    third = made_by(service, second["key"])
    lost = (first, second)[gone]
    with bound_to(TenantId("acme")):
        adapters().api_keys.delete(TenantId("acme"), lost["id"])
    assert not works(service, third)
    assert works(service, first) == (gone == 1)


def test_keys_of_keys_end_somewhere(service: Service) -> None:
    key = made_by(service)
    for _ in range(2):
        key = made_by(service, key["key"])
    headers = {"Authorization": f"Bearer {key['key']}"}
    answer = service.http("POST", "/v1/settings/api-keys", MAKER, headers=headers)
    assert (answer.status, "let a person" in answer.body["detail"]) == (409, True)


def test_a_tenant_has_five_hundred_keys_at_most(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.api_keys.MOST_KEYS", 3)
    for _ in range(3):
        made_by(service)
    answer = service.http("POST", "/v1/settings/api-keys", MAKER)
    assert (answer.status, "revoke one" in answer.body["detail"]) == (409, True)
