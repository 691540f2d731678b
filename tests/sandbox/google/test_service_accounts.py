"""Service accounts, their keys, and whom the token endpoint lets in with them."""

from __future__ import annotations

import base64
import json

import pytest

from apigeectl.sandbox.google.accounts import ADMIN
from tests.sandbox.google.calls import Caller, assertion, exchange
from tests.sandbox.google.conftest import caller_of

ACCOUNTS = "/v1/projects/hybrid-demo/serviceAccounts"
MART = "apigee-mart@hybrid-demo.iam.gserviceaccount.com"
KEYS = f"{ACCOUNTS}/{MART}/keys"
FIRST = "apigeectl-sandbox-apigee-mart"


def new_key(admin: Caller) -> dict[str, str]:
    """The key file of a new key."""
    created = admin.post(KEYS, {"privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE"}).body
    return dict(json.loads(base64.b64decode(created["privateKeyData"])))


def identifiers(admin: Caller, **query) -> list[str]:
    return [key["name"].rpartition("/")[2] for key in admin.get(KEYS, **query).body["keys"]]


def attempt(google, key) -> str:
    """What the token endpoint says to a key file."""
    answer = exchange(google, assertion(key))
    return str(answer.body.get("error_description", "welcome"))


def test_accounts_can_be_listed_and_read(admin):
    emails = [each["email"] for each in admin.get(ACCOUNTS).body["accounts"]]
    body = admin.get(f"{ACCOUNTS}/{MART}").body

    assert MART in emails
    assert (body["email"], body.get("disabled", False)) == (MART, False)
    assert admin.get(f"{ACCOUNTS}/{body['uniqueId']}").body == body


def test_an_account_that_is_made_again_has_neither_keys_nor_roles(google, admin):
    old = new_key(admin)
    assert admin.send("DELETE", f"{ACCOUNTS}/{MART}").body == {}
    gone = admin.get(f"{ACCOUNTS}/{MART}").status
    made = admin.post(ACCOUNTS, {"accountId": "apigee-mart", "serviceAccount": {"displayName": "MART"}})
    again = admin.post(ACCOUNTS, {"accountId": "apigee-mart"})

    assert (gone, made.status, made.body["email"], again.status) == (404, 200, MART, 409)
    assert attempt(google, old) == "Invalid JWT Signature."
    assert attempt(google, new_key(admin)) == "welcome"
    members = [
        member for binding in google.project.policy.read(3)["bindings"] for member in binding["members"]
    ]
    assert f"deleted:serviceAccount:{MART}?uid={made.body['uniqueId']}" in members
    assert f"serviceAccount:{MART}" not in members


def test_an_account_can_be_found_without_its_project(admin):
    assert admin.get(f"/v1/projects/-/serviceAccounts/{MART}").body["email"] == MART


def test_a_missing_account_is_404_in_its_project_and_403_in_any(admin):
    assert admin.get(f"{ACCOUNTS}/nobody@example.com").status == 404
    assert admin.get("/v1/projects/-/serviceAccounts/nobody@example.com").status == 403


def test_the_key_of_a_key_file_is_among_the_keys_of_its_account(admin):
    assert FIRST in identifiers(admin)
    assert identifiers(admin, keyTypes="USER_MANAGED") == [FIRST]
    assert len(identifiers(admin, keyTypes="SYSTEM_MANAGED")) == 1


def test_a_new_key_is_a_key_file_that_works(google, admin):
    key = new_key(admin)

    assert key["client_email"] == MART
    assert key["private_key_id"] in identifiers(admin)
    assert attempt(google, key) == "welcome"


@pytest.mark.parametrize("how", ["delete", "disable"])
def test_a_revoked_key_opens_nothing_and_others_go_on(google, admin, how):
    key, other = new_key(admin), new_key(admin)
    path = f"{KEYS}/{key['private_key_id']}"

    admin.send("DELETE", path) if how == "delete" else admin.post(f"{path}:disable", {})

    assert attempt(google, key) == "Invalid JWT Signature."
    assert attempt(google, other) == "welcome"


def test_a_disabled_key_can_be_enabled_again(google, admin):
    key = new_key(admin)
    path = f"{KEYS}/{key['private_key_id']}"
    admin.post(f"{path}:disable", {})
    assert admin.get(path).body["disabled"] is True

    admin.post(f"{path}:enable", {})

    assert attempt(google, key) == "welcome"


def test_a_disabled_account_opens_nothing(google, admin):
    key = new_key(admin)
    admin.post(f"{ACCOUNTS}/{MART}:disable", {})

    assert admin.get(f"{ACCOUNTS}/{MART}").body["disabled"] is True
    assert attempt(google, key) == "Invalid grant: account not found"

    admin.post(f"{ACCOUNTS}/{MART}:enable", {})
    assert attempt(google, key) == "welcome"


def test_an_account_has_ten_keys_at_most(admin):
    answers = [admin.post(KEYS, {}) for _ in range(10)]

    assert [answer.status for answer in answers] == [200] * 9 + [400]
    assert answers[-1].body["error"]["status"] == "FAILED_PRECONDITION"


def test_the_public_half_of_a_key_can_be_read(admin):
    body = admin.get(f"{KEYS}/{FIRST}", publicKeyType="TYPE_RAW_PUBLIC_KEY").body

    assert base64.b64decode(body["publicKeyData"]).startswith(b"-----BEGIN PUBLIC KEY-----")
    assert admin.get(f"{KEYS}/nothing").status == 404


def test_a_key_that_was_revoked_at_google_from_the_beginning(start):
    google = start("mart-key=revoked")
    admin = caller_of(google, ADMIN)

    assert FIRST not in identifiers(admin)
    assert "Invalid JWT Signature" in google.refusal("hybrid-demo", MART)


def test_a_token_in_the_name_of_another_account(google, admin, caller):
    path = f"/v1/projects/-/serviceAccounts/{MART}:generateAccessToken"
    body = {"scope": ["https://www.googleapis.com/auth/cloud-platform"], "lifetime": "3600s"}

    mart = Caller(google.url, admin.post(path, body).body["accessToken"])

    permissions = {"permissions": ["apigeeconnect.endpoints.connect"]}
    assert mart.post("/v1/projects/hybrid-demo:testIamPermissions", permissions).body == permissions
    assert caller("apigee-udca").post(path, body).status == 403


def test_component_accounts_may_not_list_keys(caller):
    assert caller("apigee-mart").get(KEYS).status == 403
