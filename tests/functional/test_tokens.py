"""ID tokens against an issuer of our own: its keys are served on 127.0.0.1."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chalicelib import bootstrap
from chalicelib.adapters.tokens import PAUSE_SECONDS, TokenVerifier
from chalicelib.api.auth import UnauthorizedError, authorizer
from chalicelib.config import Config
from chalicelib.services.errors import BadTokenError

ISSUER = "https://issuer.example.com/pool"
AUDIENCE = "client-app"
HOUR = 3600

Keys = dict[str, Any]


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key per name: they take long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Issuer:
    """Publishes keys, counts how often they are read, and signs tokens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: Keys = {"rsa-1": rsa_key("rsa-1"), "ec-1": ec_key()}
        self.reads = 0
        self.status = 200

    def document(self) -> bytes:
        published = []
        for name, key in self.keys.items():
            algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
            described = algorithm.to_jwk(key.public_key(), as_dict=True)
            alg = "RS256" if algorithm is RSAAlgorithm else "ES256"
            published.append({**described, "kid": name, "use": "sig", "alg": alg})
        return json.dumps({"keys": published}).encode()


class Clocks:
    """The monotonic clock of the verifier's caches."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.reads += 1
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(made.document())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Issuer(f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    for module in ("jwt.jwks_client", "jwt.jwk_set_cache", "jwt.api_jwk"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(monotonic=made.monotonic))
    return made


@pytest.fixture
def verifier(issuer: Issuer, clocks: Clocks) -> TokenVerifier:
    return TokenVerifier(ISSUER, AUDIENCE, issuer.url, "id")


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token; None takes one away."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "someone",
        "iat": now,
        "exp": now + HOUR,
        "token_use": "id",
        "custom:tenant_id": "acme",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(kid: str | None = "rsa-1", key: Any = None, algorithm: str = "RS256", **changes: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key or rsa_key("rsa-1"), algorithm, headers)


def by_hand(header: dict[str, Any], secret: bytes | None = None) -> str:
    """A token that no library would make; without a secret it is not signed."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    body = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims()).encode())}"
    signature = b"" if secret is None else hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{part(signature)}"


def public_pem() -> bytes:
    return rsa_key("rsa-1").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_good_tokens(verifier: TokenVerifier, issuer: Issuer) -> None:
    assert verifier.claims(signed())["custom:tenant_id"] == "acme"
    assert verifier.claims(signed("ec-1", ec_key(), "ES256"))["sub"] == "someone"
    assert verifier.claims(signed(aud=["another", AUDIENCE]))["sub"] == "someone"
    assert issuer.reads == 1, "the keys are cached"


def test_clocks_may_differ_a_little(verifier: TokenVerifier) -> None:
    now = int(time.time())
    assert verifier.claims(signed(iat=now + 20, exp=now - 20))["sub"] == "someone"


FORGED = {
    "not signed": lambda: by_hand({"alg": "none", "typ": "JWT", "kid": "rsa-1"}),
    "not signed, oddly written": lambda: by_hand({"alg": "NoNe", "kid": "rsa-1"}),
    "another key": lambda: signed(key=rsa_key("thief")),
    "another key that it brings along": lambda: jwt.encode(
        claims(),
        rsa_key("thief"),
        "RS256",
        {"kid": "rsa-1", "jwk": RSAAlgorithm.to_jwk(rsa_key("thief").public_key(), as_dict=True)},
    ),
    "expired": lambda: signed(exp=int(time.time()) - 60),
    "another issuer": lambda: signed(iss="https://issuer.example.com/other"),
    "another audience": lambda: signed(aud="another-app"),
    "the public key as a secret": lambda: by_hand({"alg": "HS256", "kid": "rsa-1"}, public_pem()),
    "another algorithm of the same key": lambda: signed(algorithm="RS512"),
    "the other kind of key": lambda: by_hand({"alg": "ES256", "kid": "rsa-1"}, b"x"),
    "an unknown key": lambda: signed("rsa-9"),
    "no key named": lambda: signed(None),
    "changed": lambda: signed().replace(".e", ".f", 1),
    "cut off": lambda: signed().rsplit(".", 1)[0],
    "from the future": lambda: signed(iat=int(time.time()) + HOUR),
    "not valid yet": lambda: signed(nbf=int(time.time()) + HOUR),
    "never expires": lambda: signed(exp=None),
    "of nobody": lambda: signed(sub=None),
    "without issuer": lambda: signed(iss=None),
    "without audience": lambda: signed(aud=None),
    "an access token": lambda: signed(token_use="access"),
    "of no use": lambda: signed(token_use=None),
    "nonsense": lambda: "nonsense",
    "not ASCII": lambda: "é.é.é",
    "empty": lambda: "",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_anything_else_is_refused(verifier: TokenVerifier, forge: Any) -> None:
    with pytest.raises(BadTokenError) as refused:
        verifier.claims(forge())
    assert "acme" not in str(refused.value), "the reason goes into the log"


def test_new_keys_are_found(verifier: TokenVerifier, issuer: Issuer, clocks: Clocks) -> None:
    assert verifier.claims(signed())
    issuer.keys["rsa-2"] = rsa_key("rsa-2")
    clocks.now += 60
    assert verifier.claims(signed("rsa-2", rsa_key("rsa-2")))["sub"] == "someone"
    assert verifier.claims(signed())["sub"] == "someone", "the old one still counts"
    assert issuer.reads == 2


def test_a_key_that_was_taken_back_stops_within_the_hour(
    verifier: TokenVerifier, issuer: Issuer, clocks: Clocks
) -> None:
    token = signed()
    assert verifier.claims(token)
    del issuer.keys["rsa-1"]
    clocks.now += HOUR + 1
    with pytest.raises(BadTokenError):
        verifier.claims(token)


def test_unknown_keys_do_not_make_it_read_again_and_again(verifier: TokenVerifier, issuer: Issuer) -> None:
    for number in range(5):
        with pytest.raises(BadTokenError):
            verifier.claims(signed(f"unknown-{number}"))
    assert issuer.reads == 1


def test_a_key_published_right_after_a_read_counts_when_the_pause_is_over(
    verifier: TokenVerifier, issuer: Issuer, clocks: Clocks
) -> None:
    assert verifier.claims(signed())
    issuer.keys["rsa-2"] = rsa_key("rsa-2")
    clocks.now += PAUSE_SECONDS - 1
    with pytest.raises(BadTokenError):
        verifier.claims(signed("rsa-2", rsa_key("rsa-2")))
    assert issuer.reads == 1
    clocks.now += 1
    assert verifier.claims(signed("rsa-2", rsa_key("rsa-2")))["sub"] == "someone"
    assert PAUSE_SECONDS <= 10, "long enough against floods, short enough for somebody who waits"


def test_keys_that_cannot_be_had_are_no_refusal(verifier: TokenVerifier, issuer: Issuer) -> None:
    issuer.status = 503
    with pytest.raises(jwt.PyJWKClientConnectionError):
        verifier.claims(signed())
    issuer.status = 200
    assert verifier.claims(signed())


# ---- an issuer of another kind ----

FOREIGN: dict[str, Any] = {"token_use": None, "custom:tenant_id": None}
"""What only Cognito says."""


def principal(monkeypatch: pytest.MonkeyPatch, issuer: Issuer, token: str, **environment: str) -> dict[str, Any]:
    """What the authorizer says of a token, where the function has these variables."""
    at = {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE, "OIDC_JWKS_URL": issuer.url}
    build = partial(bootstrap.build, Config({**at, **environment}))
    monkeypatch.setattr(bootstrap, "build", build)
    bootstrap.application.cache_clear()
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": "arn:aws:execute-api:r:1:a/s/GET/p"}
    try:
        context: dict[str, Any] = authorizer(event, None)["context"]
    finally:
        monkeypatch.undo()
        bootstrap.application.cache_clear()
    return context


OTHER_ISSUER = {"OIDC_TOKEN_USE": "", "OIDC_TENANT_CLAIM": "https://acme.example/tenant", "OIDC_GROUPS_CLAIM": "roles"}


@pytest.mark.parametrize(
    ("said", "permissions"),
    [
        (["clients.read", "reports.read", "of-something-else"], "clients.read reports.read"),
        ("reports.read  clients.read offline_access", "clients.read reports.read"),
        ("reports.readers", ""),
        ("", ""),
        ([], ""),
        (None, ""),
        ({"reports.read": True}, ""),
        ([["reports.read"]], ""),
        (7, ""),
    ],
)
def test_another_issuers_claims(
    monkeypatch: pytest.MonkeyPatch, issuer: Issuer, clocks: Clocks, said: Any, permissions: str
) -> None:
    token = signed(
        **FOREIGN, **{"https://acme.example/tenant": "acme", "roles": said, "cognito:groups": ["tenants.admin"]}
    )
    found = principal(monkeypatch, issuer, token, **OTHER_ISSUER)
    assert found == {"tenant_id": "acme", "subject": "someone", "permissions": permissions}


def test_another_issuers_tenant_comes_from_its_claim_alone(
    monkeypatch: pytest.MonkeyPatch, issuer: Issuer, clocks: Clocks
) -> None:
    token = signed(**{**FOREIGN, "custom:tenant_id": "acme"}, roles=["reports.read"])
    assert principal(monkeypatch, issuer, token, **OTHER_ISSUER)["tenant_id"] == ""
    with pytest.raises(UnauthorizedError):
        principal(monkeypatch, issuer, signed(**FOREIGN, **{"https://acme.example/tenant": "T#acme"}), **OTHER_ISSUER)


def test_our_own_pool_has_to_say_that_it_is_an_id_token(
    monkeypatch: pytest.MonkeyPatch, issuer: Issuer, clocks: Clocks
) -> None:
    """Without a word of the deployment, too: its access tokens are signed with the same keys."""
    groups: dict[str, Any] = {"cognito:groups": ["reports.read"]}
    token = signed(**groups, token_use="access")
    for environment in ({}, {"OIDC_TOKEN_USE": "id"}):
        with pytest.raises(UnauthorizedError):
            principal(monkeypatch, issuer, token, **environment)
    assert principal(monkeypatch, issuer, signed(**groups)) == {
        "tenant_id": "acme",
        "subject": "someone",
        "permissions": "reports.read",
    }
