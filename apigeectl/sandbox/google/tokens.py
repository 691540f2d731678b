"""Access tokens: for a signed assertion of one of our service accounts, and in the name of another one."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from apigeectl.sandbox.google.wire import Asked, GoogleError, Route, only_fields
from apigeectl.sandbox.keys import signing_key

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_GOOGLE = "https://oauth2.googleapis.com/token"  # what google-auth writes, whatever the key file's token_uri
_LIFETIME = 3600
_CLOCK_SKEW = 60


class InvalidGrant(Exception):
    """The assertion is not accepted; the words are OAuth's error_description."""


class Tokens:
    """Issues access tokens and knows whose they are."""

    def __init__(self, accepts: Callable[[str, str], bool]) -> None:
        """`accepts` says whether an account (its e-mail) may act with a key (its id, or "")."""
        self._accepts = accepts
        self._issued: dict[str, tuple[str, float]] = {}
        self.audience = ""  # the endpoint's own address, once it is known

    def exchange(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to a POST of the token endpoint."""
        if form.get("grant_type") != _GRANT:
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"}
        try:
            email = self._verified(form.get("assertion", ""), (self.audience, _GOOGLE))
        except InvalidGrant as error:
            return 400, {"error": "invalid_grant", "error_description": str(error)}
        return 200, {
            "access_token": self.issue(email),
            "expires_in": _LIFETIME - 1,
            "token_type": "Bearer",
        }

    def issue(self, email: str) -> str:
        """An access token for an account, good for an hour."""
        token = f"sandbox.{secrets.token_urlsafe(24)}"
        self._issued[token] = (email, time.time() + _LIFETIME)
        return token

    def routes(self) -> tuple[Route, ...]:
        """Impersonation: a token in the name of another account."""
        path = "/v1/projects/{project}/serviceAccounts/{email}:generateAccessToken"
        permission = "iam.serviceAccounts.getAccessToken"
        return (Route("POST", path, self._generate, permission, (), "iamcredentials.googleapis.com"),)

    def _generate(self, asked: Asked) -> dict[str, Any]:
        only_fields(asked.body, ("scope", "lifetime", "delegates"))
        email = asked.path["email"]
        if not self._accepts(email, ""):
            raise GoogleError(404, "Not found; Gaia id not found for email " + email)
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + _LIFETIME))
        return {"accessToken": self.issue(email), "expireTime": expires}

    def caller(self, authorization: str) -> str | None:
        """The account behind an Authorization header, None when it is nobody's."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        email, expires = self._issued.get(token, ("", 0.0))
        if expires > time.time():
            return email
        try:
            return self._verified(token, ())  # a self-signed JWT, which google-auth sends at times
        except InvalidGrant:
            return None

    def _verified(self, assertion: str, audiences: tuple[str, ...]) -> str:
        header, claims = _parts(assertion)
        if audiences and claims.get("aud") not in audiences:
            raise InvalidGrant("Invalid JWT: the audience is not this endpoint.")
        if not _number(claims.get("exp")) > time.time() - _CLOCK_SKEW:
            raise InvalidGrant(
                "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
            )
        email = str(claims.get("iss", ""))
        if not self._accepts(email, ""):
            raise InvalidGrant("Invalid grant: account not found")
        if not self._accepts(email, str(header.get("kid") or "")):
            raise InvalidGrant("Invalid JWT Signature.")
        return email


def _parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT that our own key signed."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        signed, _, signature = assertion.rpartition(".")
        public = signing_key().public_key()
        public.verify(_unbase64(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        header, claims = (json.loads(_unbase64(part)) for part in signed.split("."))
    except (InvalidSignature, ValueError) as error:
        raise InvalidGrant("Invalid JWT Signature.") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidGrant("Invalid JWT.")
    return header, claims


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
