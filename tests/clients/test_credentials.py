from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from apigeectl.clients import credentials as module
from apigeectl.clients.credentials import find_identity
from apigeectl.clients.identity import Identity
from apigeectl.errors import NoCredentials, Refused, Unreachable
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
        identity = find_identity(http, environ, iam_credentials=lambda: server.url)
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
            iam_credentials=lambda: server.url,
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

    with pytest.raises(Unreachable, match=r"key: no token: 127\.0\.0\.1: connection refused"):
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


LOGIN = {"client_id": "c", "client_secret": "hush-secret", "refresh_token": "hush-refresh"}
POOL = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
}


def written(file: Path, **info: Any) -> Path:
    file.write_text(json.dumps(info))
    return file


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"type": "service_account", "private_key": "hush"}, "without client_email, token_uri"),
        ({"type": "authorized_user", "client_id": "c"}, "without client_secret, refresh_token"),
        ({**POOL}, "without token_url, credential_source"),
        ({"type": "impersonated_service_account"}, "without service_account_impersonation_url"),
        (
            {
                "type": "service_account",
                "client_email": "a@p",
                "token_uri": "https://x",
                "private_key": "hush",
            },
            "its private_key is none",
        ),
        ({**POOL, "token_url": "https://x", "credential_source": {"odd": 1}}, "it cannot be used"),
        ({"type": ["hush"]}, "not a Google credentials file"),
    ],
)
def test_a_credentials_file_says_what_it_lacks_and_not_what_it_holds(http, tmp_path, info, words):
    with pytest.raises(NoCredentials, match=words) as caught:
        find_identity(http, {}, key_file=written(tmp_path / "k.json", **info))

    assert "hush" not in f"{caught.value} {caught.value.details}"


def test_a_token_file_of_a_variable_is_stronger_than_a_key_of_one(http, tmp_path):
    (tmp_path / "token").write_text("a-token\r\n")
    environ = {
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "GOOGLE_APPLICATION_CREDENTIALS": str(key_file(tmp_path / "key", "https://x.example")),
    }
    assert find_identity(http, environ).token() == "a-token"


@pytest.mark.parametrize("place", ["key", "pool", "impersonation"])
def test_no_key_or_token_is_sent_in_the_clear(http, tmp_path, asked_hosts, place):
    clear = "http://tokens.example"
    (tmp_path / "subject").write_text("hush-subject")
    with token_server(issued_token_type="urn:ietf:params:oauth:token-type:access_token") as server:
        pool = {
            **POOL,
            "token_url": f"{server.url}/sts",
            "credential_source": {"file": str(tmp_path / "subject")},
        }
        more = {
            "pool": {"token_url": f"{clear}/sts"},
            "impersonation": {
                "service_account_impersonation_url": f"{clear}/v1/projects/-/serviceAccounts/a@p:generateAccessToken"
            },
        }
        file = tmp_path / "k.json"
        if place == "key":
            key_file(file, f"{clear}/token")
        else:
            written(file, **{**pool, **more[place]})
        with pytest.raises(Refused, match=r"tokens\.example: no key or token is sent over plain http"):
            find_identity(http, {}, key_file=file).token()
    assert asked_hosts == []


def test_gclouds_token_host_counts_for_a_login_and_for_whom_it_acts_as(http, tmp_path, asked_hosts):
    def answer(request: Received) -> Reply:
        if request.path == "/token":
            return Reply({"access_token": "of-the-login", "expires_in": 3600})
        return Reply({"accessToken": "of-the-target", "expireTime": "2099-01-01T00:00:00Z"})

    with Loopback(answer) as server:
        login = {"type": "authorized_user", **LOGIN}
        acting = {
            "type": "impersonated_service_account",
            "source_credentials": login,
            "delegates": ["d@p"],
            "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/"
            "serviceAccounts/t@p.example:generateAccessToken",
        }
        environ = {"CLOUDSDK_AUTH_TOKEN_HOST": f"{server.url}/token"}
        by_login = find_identity(http, environ, key_file=written(tmp_path / "l.json", **login))
        assert by_login.token() == "of-the-login"
        identity = find_identity(
            http,
            environ,
            key_file=written(tmp_path / "i.json", **acting),
            iam_credentials=lambda: server.url,
        )
        assert identity.token() == "of-the-target"

    assert server.asked()[1:] == [
        "POST /token",
        "POST /v1/projects/-/serviceAccounts/t@p.example:generateAccessToken",
    ]
    assert [d.rpartition("/")[2] for d in server.received[-1].json["delegates"]] == ["d@p"]
    assert asked_hosts == []


def test_a_pools_token_may_come_from_the_address_that_its_file_names(http, tmp_path, asked_hosts):
    with token_server(issued_token_type="urn:ietf:params:oauth:token-type:access_token") as server:
        source = {
            "url": f"{server.url}/subject",
            "headers": {"Metadata": "True"},
            "format": {"type": "json", "subject_token_field_name": "access_token"},
        }
        file = written(tmp_path / "p.json", **POOL, token_url=f"{server.url}/sts", credential_source=source)
        assert find_identity(http, {}, key_file=file).token() == "from-server"

    assert server.asked() == ["GET /subject", "POST /sts"]
    assert asked_hosts == []


def test_a_program_that_gives_tokens_is_not_run_unless_that_is_allowed(http, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    source = {"executable": {"command": f"/usr/bin/touch {ran}", "timeout_millis": 5000}}
    file = written(tmp_path / "p.json", **POOL, token_url="https://sts.example/t", credential_source=source)
    monkeypatch.delenv("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", raising=False)

    with pytest.raises(NoCredentials) as caught:
        find_identity(http, {}, key_file=file).token()
    assert not ran.exists()
    assert "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (
            {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
            "the login has ended",
        ),
        ({"error": "invalid_grant", "error_subtype": "invalid_rapt"}, "the login is too old"),
    ],
)
def test_a_login_that_is_over_says_so(http, tmp_path, answer, cause):
    with Loopback(lambda _: Reply(answer, 400)) as server:
        environ = {"CLOUDSDK_AUTH_TOKEN_HOST": f"{server.url}/token"}
        file = written(tmp_path / "l.json", type="authorized_user", **LOGIN)
        with pytest.raises(NoCredentials) as caught:
            find_identity(http, environ, key_file=file).token()

    assert caught.value.details[0].startswith(cause)
    assert "gcloud auth application-default login" in str(caught.value.hint)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_token_endpoint_that_quotes_what_it_was_sent_is_not_repeated(http, tmp_path, as_json):
    def mirror(request: Received) -> Reply:
        words = request.body.decode()
        quoted = str({"refresh_token": "hush-refresh", "client_secret": "hush-secret"}) if as_json else words
        return Reply({"error": "invalid_request", "error_description": f"got {quoted}"}, 400)

    with Loopback(mirror) as server:
        environ = {"CLOUDSDK_AUTH_TOKEN_HOST": f"{server.url}/token"}
        file = written(tmp_path / "l.json", type="authorized_user", **LOGIN)
        with pytest.raises(NoCredentials, match="invalid_request") as caught:
            find_identity(http, environ, key_file=file).token()

    assert "hush" not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "x",
        1,
        {"access_token": None},
        {"access_token": "a b"},
        {"access_token": "t", "expires_in": "x"},
        {"access_token": "t", "expires_in": []},
        "<html><body>hush</body></html>",
    ],
)
@pytest.mark.parametrize("kind", ["key", "login", "pool", "acting"])
def test_an_odd_answer_of_a_token_endpoint_is_no_defect_of_ours(http, tmp_path, body, kind):
    (tmp_path / "subject").write_text("subject-token")
    with Loopback(lambda _: Reply(body)) as server:
        environ = {"CLOUDSDK_AUTH_TOKEN_HOST": f"{server.url}/token"}
        pool = {
            **POOL,
            "token_url": f"{server.url}/sts",
            "credential_source": {"file": str(tmp_path / "subject")},
        }
        file = tmp_path / "k.json"
        match kind:
            case "key":
                key_file(file, "https://x.example")
            case "login":
                written(file, type="authorized_user", **LOGIN)
            case "pool":
                written(file, **pool)
            case "acting":
                environ = {
                    "CLOUDSDK_AUTH_ACCESS_TOKEN": "t",
                    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": "a@p",
                }
        named = None if kind == "acting" else file
        identity = find_identity(http, environ, key_file=named, iam_credentials=lambda: server.url)
        with pytest.raises(NoCredentials) as caught:
            identity.token()

    assert "hush" not in str(caught.value)
