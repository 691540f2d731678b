from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from apigeectl.clients import credentials as module
from apigeectl.clients.credentials import Identity, find_identity
from apigeectl.errors import NoCredentials, Unreachable
from tests.clients.google_api import key_file
from tests.clients.loopback import Loopback, Received, Reply

NOWHERE = {"NO_GCE_CHECK": "true"}


@pytest.fixture
def http():
    with requests.Session() as session:
        yield session


def token_server(**more: Any):
    def answer(request: Received) -> Reply:
        return Reply({"access_token": "from-server", "expires_in": 3600, "token_type": "Bearer", **more})

    return Loopback(answer)


def test_a_token_of_the_environment_is_stripped(http):
    identity = find_identity(http, {"CLOUDSDK_AUTH_ACCESS_TOKEN": " hush-hush \n"})

    assert identity.token() == "hush-hush"
    assert "CLOUDSDK_AUTH_ACCESS_TOKEN" in str(identity)
    assert "hush" not in f"{identity} {identity!r}"


def test_flags_are_stronger_than_variables(http, tmp_path):
    (tmp_path / "token").write_text("of-the-flag\n")
    environ = {"CLOUDSDK_AUTH_ACCESS_TOKEN": "of-the-variable"}

    assert find_identity(http, environ, access_token_file=tmp_path / "token").token() == "of-the-flag"
    by_key = find_identity(http, environ, key_file=key_file(tmp_path / "key", "https://x.example"))
    assert by_key.account == "robot@p.iam.gserviceaccount.com"


def test_a_token_of_a_variable_is_stronger_than_a_key_of_one(http, tmp_path):
    environ = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "a-token",
        "GOOGLE_APPLICATION_CREDENTIALS": str(key_file(tmp_path / "key", "https://x.example")),
    }
    assert find_identity(http, environ).token() == "a-token"


def test_a_key_file_gets_its_token_from_the_endpoint_it_names_and_nowhere_else(http, tmp_path, asked_hosts):
    with token_server() as server:
        environ = {"GOOGLE_APPLICATION_CREDENTIALS": str(key_file(tmp_path / "key", f"{server.url}/token"))}
        assert find_identity(http, environ).token() == "from-server"

    assert b"grant_type=urn" in server.received[0].body
    assert asked_hosts == []


def test_gclouds_token_host_stands_in_for_the_one_of_the_key_file(http, tmp_path):
    with token_server() as server:
        environ = {"CLOUDSDK_AUTH_TOKEN_HOST": f"{server.url}/token"}
        identity = find_identity(http, environ, key_file=key_file(tmp_path / "key", "https://x.example"))
        assert identity.token() == "from-server"


def test_a_valid_token_is_not_asked_for_again(http, tmp_path):
    with token_server() as server:
        identity = find_identity(http, {}, key_file=key_file(tmp_path / "key", f"{server.url}/token"))
        identity.token()
        identity.token()

    assert len(server.received) == 1


def test_an_application_default_login_is_found_and_carries_its_quota_project(http, tmp_path):
    (tmp_path / "gcloud").mkdir()
    login = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    file = tmp_path / "gcloud/application_default_credentials.json"
    file.write_text(json.dumps({**login, "quota_project_id": "q"}))

    identity = find_identity(http, {"CLOUDSDK_CONFIG": str(tmp_path / "gcloud")})

    assert identity.quota_project == "q"
    assert str(identity) == f"application default login {file}"


def test_an_external_account_exchanges_its_token(http, tmp_path, asked_hosts):
    (tmp_path / "subject").write_text("subject-token")
    with token_server(issued_token_type="urn:ietf:params:oauth:token-type:access_token") as server:
        info = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{server.url}/sts",
            "credential_source": {"file": str(tmp_path / "subject")},
        }
        (tmp_path / "external.json").write_text(json.dumps(info))

        identity = find_identity(http, {}, key_file=tmp_path / "external.json")
        assert identity.token() == "from-server"

    assert server.asked() == ["POST /sts"]
    assert asked_hosts == []


def test_impersonation_names_the_last_account_and_delegates_before_it(http, asked_hosts):
    answer = {"accessToken": "of-the-target", "expireTime": "2099-01-01T00:00:00Z"}
    with Loopback(lambda _: Reply(answer)) as server:
        environ = {
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "source",
            "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": "d1@x.example, d2@x.example,t@x.example",
        }
        identity = find_identity(http, environ, iam_credentials_url=server.url)
        assert identity.token() == "of-the-target"

    (request,) = server.received
    assert request.path == "/v1/projects/-/serviceAccounts/t@x.example:generateAccessToken"
    assert request.headers["Authorization"] == "Bearer source"
    assert [d.rpartition("/")[2] for d in request.json["delegates"]] == ["d1@x.example", "d2@x.example"]
    assert identity.account == "t@x.example"
    assert asked_hosts == []


def test_a_refused_impersonation_says_why(http):
    refusal = Reply({"error": {"message": "Permission 'iam.serviceAccounts.getAccessToken' denied"}}, 403)
    with Loopback(lambda _: refusal) as server:
        identity = find_identity(
            http,
            {"CLOUDSDK_AUTH_ACCESS_TOKEN": "source"},
            impersonate="t@x.example",
            iam_credentials_url=server.url,
        )
        with pytest.raises(NoCredentials, match="getAccessToken"):
            identity.token()


def test_a_revoked_key_says_so_without_a_secret(http, tmp_path):
    refusal = Reply({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
    with Loopback(lambda _: refusal) as server:
        identity = find_identity(http, {}, key_file=key_file(tmp_path / "key", f"{server.url}/token"))
        with pytest.raises(NoCredentials, match="Invalid JWT Signature") as caught:
            identity.token()

    assert caught.value.__suppress_context__


def test_a_token_endpoint_that_does_not_answer_is_unreachable(http, tmp_path):
    with token_server() as server:
        pass
    identity = find_identity(http, {}, key_file=key_file(tmp_path / "key", f"{server.url}/token"))

    with pytest.raises(Unreachable, match="token endpoint"):
        identity.token()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"type": "nonsense"}',
        b'{"type": "service_account", "private_key": "hush"}',
        b"\xff\xfe",
    ],
)
def test_a_file_that_holds_no_credentials_is_one_clear_error(http, tmp_path, content):
    (tmp_path / "key.json").write_bytes(content)

    with pytest.raises(NoCredentials, match=r"key\.json") as caught:
        find_identity(http, {}, key_file=tmp_path / "key.json")

    assert "hush" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(http, tmp_path):
    with pytest.raises(NoCredentials, match="No such file"):
        find_identity(http, {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "absent.json")})
    with pytest.raises(NoCredentials, match="directory"):
        find_identity(http, {}, key_file=tmp_path)


@pytest.mark.parametrize("token", ["", "two words", "tokën", "a\nb"])
def test_what_cannot_be_a_token_is_not_sent(http, tmp_path, token):
    (tmp_path / "token").write_text(token)

    with pytest.raises(NoCredentials, match="not an access token"):
        find_identity(http, {}, access_token_file=tmp_path / "token")


def test_nothing_at_all_says_what_to_do(http):
    with pytest.raises(NoCredentials, match="no credentials") as caught:
        find_identity(http, NOWHERE)

    assert "gcloud auth application-default login" in str(caught.value.hint)


def test_the_metadata_server_is_the_last_resort(http):
    with Loopback(lambda _: Reply("", headers=[("Metadata-Flavor", "Google")])) as server:
        host = server.url.removeprefix("http://")
        identity = find_identity(http, {"GCE_METADATA_IP": host})

    assert isinstance(identity, Identity)
    assert identity.source == "metadata server"
    assert server.received[0].headers["Metadata-Flavor"] == "Google"


def test_another_server_at_that_address_is_not_taken_for_it(http):
    with Loopback(lambda _: Reply("hello")) as server, pytest.raises(NoCredentials):
        find_identity(http, {"GCE_METADATA_IP": server.url.removeprefix("http://")})


def test_looking_for_the_metadata_server_does_not_hang(http, monkeypatch):
    monkeypatch.setattr(module, "METADATA_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        with pytest.raises(NoCredentials):
            find_identity(http, {"GCE_METADATA_IP": f"127.0.0.1:{silent.getsockname()[1]}"})

    assert time.monotonic() - start < 1


def test_no_source_writes_to_the_home_folder(http, tmp_path: Path):
    with pytest.raises(NoCredentials):
        find_identity(http, NOWHERE)

    assert list(tmp_path.iterdir()) == []
