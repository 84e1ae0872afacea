"""ID tokens of the platform's OIDC issuer. Only the authorizer loads this module: it loads cryptography."""

from collections.abc import Mapping
from typing import Any, Final

import jwt

from chalicelib.services.errors import BadTokenError

ALGORITHMS: Final = ("RS256", "ES256")
"""Asymmetric ones only: a token signed with a public key as shared secret is refused unread."""

LEEWAY_SECONDS: Final = 30


class TokenVerifier:
    """Verifies ID tokens against the issuer's published keys, which are read hourly, and again for an unknown key."""

    def __init__(self, issuer: str, audience: str, jwks_url: str) -> None:
        self._issuer, self._audience = issuer, audience
        # The set is cached, never a single key: that would outlive its withdrawal.
        self._keys = jwt.PyJWKClient(jwks_url, cache_keys=False, lifespan=3600, timeout=3)

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid ID token.

        Raises BadTokenError for any other, and jwt.PyJWKClientConnectionError when the issuer's keys cannot be had.
        """
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise
        except (jwt.PyJWTError, UnicodeError) as error:  # half of a surrogate pair is no token
            raise BadTokenError(type(error).__name__) from error
        if claims.get("token_use") != "id":
            raise BadTokenError("not an ID token")
        return dict(claims)
