"""Who gets a token, and what it is good for."""

from __future__ import annotations

import json
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apigeectl.sandbox.google import ADMIN
from apigeectl.sandbox.keys import service_account_key
from tests.sandbox.google.calls import Caller, assertion, exchange

ORG = "/v1/organizations/hybrid-demo"


@pytest.fixture
def key(google):
    return json.loads(service_account_key(google.project.email(ADMIN), "hybrid-demo", google.token_uri))


def test_a_key_file_buys_a_token(google, key):
    answer = exchange(google, assertion(key))

    assert answer.status == 200
    assert answer.body["token_type"] == "Bearer"
    assert Caller(google.url, answer.body["access_token"]).get(ORG).status == 200


def test_another_key_does_not(google, key):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

    answer = exchange(google, assertion(key | {"private_key": pem}))

    assert (answer.status, answer.body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 7200},
        {"aud": "https://elsewhere.example/token"},
        {"iss": "nobody@example.com"},
    ],
    ids=["expired", "audience", "account"],
)
def test_claims_that_are_not_accepted(google, key, changes):
    answer = exchange(google, assertion(key, **changes))

    assert (answer.status, answer.body["error"]) == (400, "invalid_grant")


def test_the_audience_that_google_auth_writes_is_accepted(google, key):
    assert exchange(google, assertion(key, aud="https://oauth2.googleapis.com/token")).status == 200


def test_no_other_grant(google, key):
    assert exchange(google, assertion(key), grant="refresh_token").body["error"] == "unsupported_grant_type"


def test_a_self_signed_assertion_is_a_token_of_its_own(google, key):
    assert Caller(google.url, assertion(key, aud="https://apigee.googleapis.com/")).get(ORG).status == 200


@pytest.mark.parametrize("token", ["", "sandbox.wrong", "a.b.c"])
def test_nothing_is_answered_without_a_token(google, token):
    answer = Caller(google.url, token).get(ORG)

    assert answer.status == 401
    assert answer.body["error"]["status"] == "UNAUTHENTICATED"
