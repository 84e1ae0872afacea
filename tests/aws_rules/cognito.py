"""What Cognito puts into an ID token.

Developer Guide, Scopes, M2M, and resource servers: "When you request openid and other OIDC scopes ... the contents of
the ID token ... are limited to the constraints of the additional scopes. A request for scope=openid+email returns an
ID token with sub, email, and email_verified"; `profile` brings "all user attributes that the app client can read".
Groups are no attribute and always come.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

ALWAYS: Final = frozenset({"sub", "aud", "iss", "exp", "iat", "token_use", "auth_time", "jti", "cognito:groups"})
OF_SCOPE: Final = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
}


def id_token(claims: Mapping[str, Any], scopes: Iterable[str]) -> dict[str, Any]:
    """The claims that are left of a user's when these scopes were asked for."""
    asked = set(scopes) - {"openid"}
    if "openid" not in scopes:
        raise ValueError("without openid there is no ID token")
    if not asked or "profile" in asked:
        return dict(claims)
    allowed = ALWAYS.union(*(OF_SCOPE.get(scope, frozenset()) for scope in asked))
    return {name: value for name, value in claims.items() if name in allowed}
