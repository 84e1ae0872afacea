"""Who gets in, and what each token lets its holder see."""

import json
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from infra.local.state import Stack
from tests.dashboard.conftest import OTHER, Api, Visit, Visitor


def test_one_click_signs_in_and_out(visit: Visit) -> None:
    visitor = visit().sign_in(click=True)
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Client Health")
    expect(page.locator(".account")).to_contain_text("demo")
    page.reload()
    expect(page.locator("#navigation")).to_be_attached()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in as viewer")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in as viewer")).to_be_visible()


def test_tabs_share_the_sign_in(visit: Visit) -> None:
    visitor = visit().sign_in(click=True)
    other = visitor.page.context.new_page()
    other.goto(f"{visitor.base_url}/tasks")
    expect(other.get_by_role("heading", level=1)).to_have_text("Alerts and tasks")
    other.get_by_role("button", name="Sign out").click()
    expect(visitor.page.get_by_role("button", name="Sign in as viewer")).to_be_visible()
    expect(visitor.page.locator(".notice")).to_contain_text("You signed out in another tab.")
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name="Sign in as viewer")).to_be_visible()


def test_what_the_token_does_not_permit_is_not_shown(visit: Visit) -> None:
    visitor = visit().sign_in("viewer", click=True)
    page = visitor.page
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(links).to_have_count(3)
    assert [text.splitlines()[0] for text in links.all_inner_texts()] == [
        "Client Health",
        "Portfolio",
        "Alerts and tasks",
    ]
    for path, permission in (
        ("/settings/health-score", "settings.read"),
        ("/accounts", "clients.read"),
        ("/settings/api-keys", "settings.write"),
    ):
        visitor.open(path)
        expect(page.get_by_role("heading", name="You cannot see this page")).to_be_visible()
        expect(page.locator("main")).to_contain_text(permission)
    visitor.open("/alerts")
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)
    assert visitor.complaints == []


def test_without_its_permission_there_is_no_recalculate_button(visit: Visit, api: Api) -> None:
    client_id = api.get("/analytics/clients", limit=1)["clients"][0]["client_id"]
    page = visit().sign_in("viewer").open(f"/clients/{client_id}")
    expect(page.get_by_text("Current score")).to_be_visible()
    expect(page.get_by_role("button", name="Recalculate")).to_have_count(0)


def test_another_tenants_user_sees_nothing_of_the_first(visit: Visit, api: Api) -> None:
    worst = api.get("/analytics/clients", limit=1)["clients"][0]
    visitor = visit().sign_in(tenant=OTHER, click=True)
    page = visitor.open("/analytics/clients")
    expect(page.locator(".account")).to_contain_text(OTHER)
    assert [row[0] for row in visitor.rows("Client Health Details")] == ["Somebody Else Ltd"]
    visitor.open("/accounts")
    assert [row[0] for row in visitor.rows("Clients")] == ["Somebody Else Ltd"]
    for path in ("/alerts", "/tasks", "/analytics/health"):
        visitor.open(path)
        assert worst["name"] not in page.locator("main").inner_text()
    visitor.open(f"/clients/{worst['client_id']}")
    expect(page.get_by_role("heading", name="There is no such client")).to_be_visible()


def test_an_unknown_tenant_is_named(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/")
    page.get_by_text("Another tenant").click()
    page.get_by_label("Tenant id").fill("nobody-knows")
    page.get_by_role("button", name="Sign in as viewer").click()
    expect(page.get_by_role("alert")).to_contain_text("no such tenant")


def test_an_expired_session_leads_back_to_the_sign_in(lead: Visitor) -> None:
    page = lead.page
    page.route("**/v1/**", lambda route: route.fulfill(status=401, json={"title": "Unauthorized", "status": 401}))
    lead.open("/analytics/health")
    expect(page.locator(".notice")).to_contain_text("Your session has ended")
    expect(page.get_by_role("button", name="Sign in as service lead")).to_be_visible()


def test_in_aws_the_pool_signs_in_with_code_and_pkce(visit: Visit, stack: Stack, api: Api) -> None:
    """The pool is played by routes of the test; the token it gives is one of the stack's own pool."""
    api.get("/healthz")
    issuer, asked = f"{stack.url}/pool", {}

    def authorize(route: Route) -> None:
        asked.update({name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()})
        answer = f"{stack.url}/?code=the-code&state={asked['state']}"
        route.fulfill(status=302, headers={"Location": answer})

    def token(route: Route) -> None:
        sent = {name: values[0] for name, values in parse_qs(route.request.post_data or "").items()}
        asked["verifier"], asked["code"] = sent["code_verifier"], sent["code"]
        answer = {"access_token": "a", "id_token": api.tokens["demo"], "token_type": "Bearer", "expires_in": 3600}
        route.fulfill(json=answer)

    visitor = visit()
    page = visitor.page
    config = {
        "mode": "oidc",
        "issuer": issuer,
        "client_id": "the-client",
        "scope": "openid email profile",
        "tenant_claim": "custom:tenant_id",
        "groups_claim": "cognito:groups",
        "account_manager_claim": "custom:account_manager_id",
        "hosted_ui_domain": "pool.example",
    }
    page.route("**/config.json", lambda route: route.fulfill(json=config))
    document = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
    }
    page.route("**/pool/.well-known/openid-configuration", lambda route: route.fulfill(json=document))
    page.route("**/pool/authorize*", authorize)
    page.route("**/pool/token", token)

    visitor.open("/analytics/health?model=deduction")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Portfolio")
    assert visitor.address() == "/analytics/health?model=deduction"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid email profile"
    assert (asked["client_id"], asked["redirect_uri"], asked["code"]) == ("the-client", f"{stack.url}/", "the-code")
    assert len(asked["verifier"]) >= 43
    kept = page.evaluate("JSON.stringify({local: {...localStorage}})")
    assert api.tokens["demo"] not in json.dumps(kept)
