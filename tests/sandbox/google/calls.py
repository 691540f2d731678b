"""HTTP as curl would send it."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from apigeectl.sandbox.google import GoogleServer

NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True)
class Caller:
    """Somebody with a token (or a wrong one, or none)."""

    url: str
    token: str = field(default="", repr=False)

    @classmethod
    def with_key(cls, google: GoogleServer, key: Mapping[str, str]) -> Caller:
        answer = exchange(google, assertion(key))
        assert answer.status == 200, answer
        return cls(google.url, answer.body["access_token"])

    def get(self, path: str, **query: Any) -> Answer:
        return self.send("GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""))

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, body)

    def put(self, path: str, body: Any) -> Answer:
        return self.send("PUT", path, body)

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        return opened(request)


def assertion(key: Mapping[str, str], **changes: Any) -> str:
    """The signed JWT that google-auth would send for a key file."""
    now = int(time.time())
    claims = {
        "iss": key["client_email"],
        "aud": key["token_uri"],
        "iat": now,
        "exp": now + 3600,
        "scope": "x",
    }
    header = {"alg": "RS256", "typ": "JWT", "kid": key["private_key_id"]}
    signed = f"{_part(header)}.{_part(claims | changes)}"
    private = serialization.load_pem_private_key(
        key["private_key"].encode(), None, unsafe_skip_rsa_key_validation=True
    )
    signature = private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64(signature)}"


def exchange(
    google: GoogleServer, token: str, grant: str = "urn:ietf:params:oauth:grant-type:jwt-bearer"
) -> Answer:
    data = urlencode({"grant_type": grant, "assertion": token}).encode()
    return opened(urllib.request.Request(google.token_uri, data))


def opened(request: urllib.request.Request) -> Answer:
    try:
        with NO_PROXY.open(request, timeout=10) as answer:
            return Answer(answer.status, json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.load(error))


def _part(value: Any) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
