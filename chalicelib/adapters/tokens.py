"""ID tokens of the platform's OIDC issuer. Only the authorizer loads this module: it loads cryptography."""

from collections.abc import Mapping
from typing import Any, Final

import jwt

from chalicelib.services.errors import BadTokenError

ALGORITHMS: Final = ("RS256", "ES256")
"""Asymmetric ones only: a token signed with a public key as shared secret is refused unread."""

LEEWAY_SECONDS: Final = 30

PAUSE_SECONDS: Final = 10
"""Between two reads of the issuer's keys for the sake of an unknown one.

Anybody can name keys that do not exist: without a pause each such token would cost a request to the issuer and up to
three seconds. A key that was published less than a pause after the last read is refused until the pause is over.
"""


class TokenVerifier:
    """Verifies ID tokens against the issuer's published keys.

    The keys are read hourly, and again for a token whose key is not among them, `PAUSE_SECONDS` after the last read at
    the earliest. `token_use` is what the claim of that name has to say; None for an issuer that sends no such claim (it
    is Cognito's own, which signs access tokens with the same keys).
    """

    def __init__(self, issuer: str, audience: str, jwks_url: str, token_use: str | None) -> None:
        self._issuer, self._audience, self._token_use = issuer, audience, token_use
        # The set is cached, never a single key: that would outlive its withdrawal.
        self._keys = jwt.PyJWKClient(
            jwks_url, cache_keys=False, lifespan=3600, timeout=3, cooldown_duration=PAUSE_SECONDS
        )

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
        if self._token_use is not None and claims.get("token_use") != self._token_use:
            raise BadTokenError("not an ID token")
        return dict(claims)
