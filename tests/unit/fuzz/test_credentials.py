"""Whatever stands in the Authorization header or in a cursor: it proves somebody, or it is refused as no good."""

import json
from functools import cache
from typing import Any, Final
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer
from jwt.algorithms import RSAAlgorithm

from chalicelib.adapters.cursors import CursorSigner
from chalicelib.adapters.tokens import TokenVerifier
from chalicelib.api.auth import UnauthorizedError, authorizer
from chalicelib.bootstrap import application
from chalicelib.domain.facts import Instant
from chalicelib.services.api_keys import ApiKeyCheck
from chalicelib.services.errors import BadCursorError, BadTokenError
from tests.unit.fuzz.anything import JSON, SCALARS, TEXT, spoiled

ISSUER: Final = "https://issuer.example.com/pool"
AUDIENCE: Final = "client-app"
ARN: Final = "arn:aws:execute-api:eu-central-1:123456789012:api/api/GET/v1/clients"
FAR: Final = 4_000_000_000

CLAIMS: Final = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "someone",
    "iat": 1_700_000_000,
    "exp": FAR,
    "token_use": "id",
    "custom:tenant_id": "acme",
    "cognito:groups": ["reports.read"],
}


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published() -> dict[str, Any]:
    """The issuer's keys, as they would be fetched."""
    described = RSAAlgorithm.to_jwk(private_key().public_key(), as_dict=True)
    return {"keys": [{**described, "kid": "rsa-1", "use": "sig", "alg": "RS256"}]}


@pytest.fixture(scope="module")
def verifier() -> TokenVerifier:
    made = TokenVerifier(ISSUER, AUDIENCE, "https://issuer.example.com/keys", "id")
    made._keys.fetch_data = published  # type: ignore[method-assign]  # the unit tier has no network
    return made


@cache
def signed(text: str, headers: str = '{"kid": "rsa-1"}') -> str:
    """A token of the issuer's own: any claims, JSON or not, and any header."""
    return jwt.api_jws.encode(text.encode(errors="replace"), private_key(), "RS256", json.loads(headers))


def claims(verifier: TokenVerifier, token: str) -> Any:
    """The claims; None for a token that is refused."""
    try:
        return verifier.claims(token)
    except BadTokenError as error:
        assert len(token) < 20 or token not in str(error)
        return None


def test_a_good_token_is_taken(verifier: TokenVerifier) -> None:
    assert claims(verifier, signed(json.dumps(CLAIMS))) == CLAIMS


PARTS: Final = st.text("eyJhbGciOiJSUzI1NiJ9-_=.", max_size=12)


@given(token=TEXT | st.builds("{}.{}.{}".format, PARTS, PARTS, PARTS))
@example(token="\ud800")
def test_any_token(verifier: TokenVerifier, token: str) -> None:
    assert claims(verifier, token) is None


@given(headers=st.dictionaries(st.sampled_from(["kid", "typ", "crit", "b64", "jku", "zip"]), SCALARS, max_size=3))
def test_any_header_of_a_signed_token(verifier: TokenVerifier, headers: dict[str, Any]) -> None:
    try:
        token = signed(json.dumps(CLAIMS), json.dumps({"kid": "rsa-1", **headers}))
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError):
        return  # not even signed
    claims(verifier, token)


@given(document=spoiled(st.just(CLAIMS)) | JSON)
def test_any_claims_of_a_signed_token(verifier: TokenVerifier, document: Any) -> None:
    found = claims(verifier, signed(json.dumps(document)))
    assert found is None or found["token_use"] == "id"
    if found is not None:
        authorized(verifier, signed(json.dumps(document)))


class NoKeys:
    """A store without API keys."""

    def get(self, key_id: str) -> None:
        return None


def authorized(verifier: TokenVerifier, credential: str, scheme: str = "Bearer ") -> Any:
    """The authorizer's answer; None where it says Unauthorized, and any other error fails the test."""
    held: Any = NoKeys()
    wired = {"tokens": verifier, "api_key_check": ApiKeyCheck(held, lambda: Instant(0), held)}
    event = {"type": "TOKEN", "authorizationToken": f"{scheme}{credential}", "methodArn": ARN}
    with patch.dict(vars(application()), wired):
        try:
            return authorizer(event, None)
        except UnauthorizedError:
            return None


def test_the_authorizer_lets_a_good_token_in(verifier: TokenVerifier) -> None:
    assert authorized(verifier, signed(json.dumps(CLAIMS)))["context"]["tenant_id"] == "acme"


@given(
    scheme=st.sampled_from(["Bearer ", "bearer ", "Basic ", "", "Bearer"]), credential=TEXT | TEXT.map("hk_".__add__)
)
def test_any_authorization_header(verifier: TokenVerifier, scheme: str, credential: str) -> None:
    assert authorized(verifier, credential, scheme) is None


# ---- cursors ----

SIGNER: Final = CursorSigner(lambda: ["a key"])


@given(
    scope=TEXT.filter(lambda text: text.isprintable()),
    place=st.lists(st.none() | st.integers() | st.text(), max_size=3),
)
def test_a_cursor_comes_back_for_its_scope_alone(scope: str, place: list[Any]) -> None:
    cursor = SIGNER.sign(scope, place)
    assert SIGNER.read(scope, cursor) == place
    with pytest.raises(BadCursorError):
        SIGNER.read(f"{scope}.", cursor)


@given(TEXT | st.builds("{}.{}.{}".format, PARTS, PARTS, PARTS) | st.binary(max_size=40).map(bytes.hex))
def test_any_cursor(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        SIGNER.read("scope", cursor)


@given(JSON)
def test_any_content_of_a_signed_cursor(content: Any) -> None:
    """Nobody but the service signs; yet what is no place is no cursor."""
    cursor = str(URLSafeTimedSerializer("a key", salt="cursor:scope", serializer=json).dumps(content))
    try:
        assert isinstance(SIGNER.read("scope", cursor), list)
    except BadCursorError:
        assert not isinstance(content, list)
