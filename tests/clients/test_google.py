from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack

import pytest
import requests

from apigeectl.clients.endpoints import Service
from apigeectl.clients.google_errors import google_error, no_answer
from apigeectl.errors import (
    APIError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServiceFailure,
    Unauthorized,
    Unreachable,
)
from tests.clients.google_api import TOKEN, error_info, google_refusal, key_file, session
from tests.clients.loopback import HANG_UP, Answering, Loopback, Received, Reply


def in_turn(*replies: Reply) -> Answering:
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def get(s, service: Service = Service.APIGEE) -> dict:
    return s.get(service, "/v1/things/a", subject="thing a")


def test_a_request_carries_token_agent_and_json():
    with Loopback(in_turn(Reply({"a": 1}))) as server:
        s, _ = session(server.url)
        assert s.put(Service.APIGEE, "/v1/x", {"ä": True}, subject="x") == {"a": 1}

    (request,) = server.received
    assert (request.method, request.path, request.json) == ("PUT", "/v1/x", {"ä": True})
    assert request.headers["Authorization"] == "Bearer hush-hush"
    assert request.headers["User-Agent"].startswith("apigeectl/")
    assert request.headers["Content-Type"] == "application/json"
    assert "x-goog-user-project" not in request.headers


@pytest.mark.parametrize(
    "failure", [HANG_UP, *(Reply({}, status) for status in (408, 429, 500, 502, 503, 504))]
)
def test_what_may_be_repeated_is_repeated_after_a_passing_failure(failure):
    with Loopback(in_turn(failure, failure, Reply({"a": 1}))) as server:
        s, pauses = session(server.url)
        assert get(s) == {"a": 1}

    assert len(pauses) == 2
    assert pauses[1] > pauses[0]


def test_repeating_ends():
    with Loopback(in_turn(google_refusal(503, "UNAVAILABLE", "busy"))) as server:
        s, pauses = session(server.url)
        with pytest.raises(ServiceFailure, match="thing a: busy"):
            get(s)

    assert len(server.received) == 4
    assert len(pauses) == 3


def test_the_service_says_how_long_to_wait_within_reason():
    with Loopback(
        in_turn(
            Reply({}, 429, headers=[("Retry-After", "3")]),
            Reply({}, 429, headers=[("Retry-After", "99999")]),
            Reply({}),
        )
    ) as server:
        s, pauses = session(server.url)
        get(s)

    assert pauses == [3.0, 30.0]


@pytest.mark.parametrize(("idempotent", "requests_made"), [(False, 1), (True, 4)])
def test_a_post_is_repeated_only_when_that_does_no_harm(idempotent, requests_made):
    with Loopback(in_turn(Reply({}, 503))) as server:
        s, _ = session(server.url)
        with pytest.raises(ServiceFailure):
            s.post(Service.IAM, "/v1/x:do", {}, subject="x", idempotent=idempotent)

    assert len(server.received) == requests_made


def google(token: Callable[[int], str], accept: Callable[[Received], Reply]) -> Answering:
    """A token endpoint whose nth token is token(n), and an API."""
    given: list[str] = []

    def answer(request: Received) -> Reply:
        if request.path == "/token":
            given.append(token(len(given) + 1))
            return Reply({"access_token": given[-1], "expires_in": 3600, "token_type": "Bearer"})
        return accept(request)

    return answer


def test_a_refused_token_is_renewed_once(tmp_path):
    def accept(request: Received) -> Reply:
        good = request.headers["Authorization"] == "Bearer t2"
        return Reply({"ok": 1}) if good else google_refusal(401, "UNAUTHENTICATED", "old")

    with Loopback(google(lambda n: f"t{n}", accept)) as server:
        s, _ = session(server.url, {}, key_file=key_file(tmp_path / "key.json", f"{server.url}/token"))
        assert get(s) == {"ok": 1}
        assert get(s) == {"ok": 1}

    assert server.asked().count("POST /token") == 2
    assert str(s.identity) == f"robot@p.iam.gserviceaccount.com (key file {tmp_path}/key.json)"


def test_a_token_that_stays_refused_is_unauthorized(tmp_path):
    refusal = google_refusal(401, "UNAUTHENTICATED", "Request had invalid credentials.")
    with Loopback(google(lambda n: f"t{n}", lambda _: refusal)) as server:
        s, _ = session(server.url, {}, key_file=key_file(tmp_path / "key.json", f"{server.url}/token"))
        with pytest.raises(Unauthorized, match="invalid credentials") as caught:
            get(s)

    assert server.asked().count("POST /token") == 2
    assert "log in again" in str(caught.value.hint)


def test_a_plain_token_that_is_refused_is_not_sent_again():
    with Loopback(in_turn(google_refusal(401, "UNAUTHENTICATED", "old"))) as server:
        s, _ = session(server.url)
        with pytest.raises(Unauthorized):
            get(s)

    assert len(server.received) == 1


def _login(folder, **more: str):
    (folder / "gcloud").mkdir()
    document = {
        "type": "authorized_user",
        "client_id": "c",
        "client_secret": "s",
        "refresh_token": "r",
        "quota_project_id": "of-the-login",
    }
    (folder / "gcloud/application_default_credentials.json").write_text(json.dumps(document))
    return {"CLOUDSDK_CONFIG": str(folder / "gcloud"), **more}


@pytest.fixture
def logged_in(monkeypatch):
    """A user's login never asks the loopback for its token: its token endpoint cannot be changed."""
    from google.oauth2 import credentials

    def refresh(self, request):
        self.token = "of-the-user"

    monkeypatch.setattr(credentials.Credentials, "refresh", refresh)


@pytest.mark.usefixtures("logged_in")
def test_a_users_quota_project_is_sent_but_not_to_service_usage(tmp_path):
    with Loopback(in_turn(Reply({}))) as server:
        s, _ = session(server.url, _login(tmp_path))
        get(s)
        get(s, Service.SERVICE_USAGE)

    apigee, usage = server.received
    assert apigee.headers["x-goog-user-project"] == "of-the-login"
    assert "x-goog-user-project" not in usage.headers


def test_a_quota_project_that_was_asked_for_is_sent_everywhere():
    with Loopback(in_turn(Reply({}))) as server:
        s, _ = session(server.url, {**TOKEN, "GOOGLE_CLOUD_QUOTA_PROJECT": "of-the-variable"})
        get(s, Service.SERVICE_USAGE)
        s, _ = session(server.url, {**TOKEN, "GOOGLE_CLOUD_QUOTA_PROJECT": "x"}, quota_project="of-the-flag")
        get(s)

    assert [r.headers["x-goog-user-project"] for r in server.received] == ["of-the-variable", "of-the-flag"]


@pytest.mark.usefixtures("logged_in")
def test_a_logins_quota_project_that_is_denied_is_left_out_from_then_on(tmp_path):
    def answer(request: Received) -> Reply:
        if "x-goog-user-project" in request.headers:
            return google_refusal(403, "PERMISSION_DENIED", "no", error_info("USER_PROJECT_DENIED"))
        return Reply({"ok": 1})

    with Loopback(answer) as server:
        s, _ = session(server.url, _login(tmp_path))
        assert get(s) == {"ok": 1}
        assert get(s) == {"ok": 1}
        assert len(server.received) == 3

        s, _ = session(server.url, _login_again(tmp_path))
        with pytest.raises(Forbidden):
            get(s)


def _login_again(folder) -> dict[str, str]:
    return {"CLOUDSDK_CONFIG": str(folder / "gcloud"), "GOOGLE_CLOUD_QUOTA_PROJECT": "wanted"}


def test_a_redirect_is_not_followed_because_the_token_is_for_one_host():
    with ExitStack() as stack:
        foreign = stack.enter_context(Loopback(in_turn(Reply({"stolen": 1}))))
        elsewhere = Reply("", 302, headers=[("Location", foreign.url)])
        server = stack.enter_context(Loopback(in_turn(elsewhere)))
        with pytest.raises(APIError):
            get(session(server.url)[0])

    assert foreign.received == []


def test_a_netrc_entry_does_not_replace_our_token(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Loopback(in_turn(Reply({}))) as server:
        s, _ = session(server.url)
        get(s)

    assert server.received[0].headers["Authorization"] == "Bearer hush-hush"


def test_loopback_is_asked_directly_although_there_is_a_proxy(monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Loopback(google(lambda n: f"t{n}", lambda _: Reply({"ok": 1}))) as server:
        s, _ = session(server.url, {}, key_file=key_file(tmp_path / "key.json", f"{server.url}/token"))
        assert get(s) == {"ok": 1}


def test_other_hosts_are_asked_through_the_proxy(monkeypatch):
    with Loopback(in_turn(Reply({}))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        s, _ = session("https://apigee.googleapis.com")
        with pytest.raises(Unreachable, match="proxy"):  # which does not know CONNECT
            get(s)


def test_a_ca_of_our_own_is_used_and_without_it_tls_fails(tls):
    with Loopback(in_turn(Reply({"ok": 1})), tls) as server:
        environ = {**TOKEN, "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(tls[0])}
        assert get(session(server.url, environ)[0]) == {"ok": 1}

        s, pauses = session(server.url)
        with pytest.raises(Unreachable, match="TLS failed: certificate verify failed"):
            get(s)

    assert pauses == []


def test_a_ca_of_our_own_is_stronger_than_the_libraries_variable(tls, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent"))
    with Loopback(in_turn(Reply({"ok": 1})), tls) as server:
        environ = {**TOKEN, "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(tls[0])}
        assert get(session(server.url, environ)[0]) == {"ok": 1}

        with pytest.raises(Unreachable, match="CA file"):
            get(session(server.url)[0])


def test_nobody_listens_is_said_at_once():
    with Loopback(in_turn(Reply({}))) as server:
        pass
    s, pauses = session(server.url)

    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+: connection refused") as caught:
        get(s)

    assert pauses == []
    assert caught.value.__suppress_context__


def _wire_errors() -> list[Exception]:
    wire = requests.exceptions
    names = [name for name in dir(wire) if isinstance(getattr(wire, name), type)]
    errors = [getattr(wire, name) for name in names if issubclass(getattr(wire, name), wire.RequestException)]
    return [error("hush-hush") for error in errors if error is not wire.JSONDecodeError]


@pytest.mark.parametrize("error", [*_wire_errors(), OSError("hush-hush")], ids=lambda e: type(e).__name__)
def test_no_words_of_the_library_leak(error):
    translated = no_answer(error, "host", 3)

    assert translated.message.startswith("host: ")
    assert "hush" not in translated.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Invalid), (401, Unauthorized), (404, NotFound), (409, Conflict), (500, ServiceFailure)],
)
def test_a_status_is_a_class_of_error(status, kind):
    assert type(google_error(status, b"{}", "x")) is kind


def test_violations_and_the_request_id_become_details():
    body = {
        "error": {
            "code": 400,
            "message": "generic::failed_precondition: deployment validations failed",
            "status": "FAILED_PRECONDITION",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                    "violations": [{"type": "T", "subject": "apis/a", "description": "it is taken"}],
                },
                {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "r1"},
            ],
        }
    }
    error = google_error(400, json.dumps(body).encode(), "api a")

    assert error.message == "api a: deployment validations failed"
    assert error.reason == "FAILED_PRECONDITION"
    assert error.details == ("apis/a: it is taken", "request id r1")


@pytest.mark.parametrize(
    ("body", "message", "reason"),
    [
        ({"error": {"message": "m", "errors": [{"reason": "forbidden"}]}}, "x: m", "forbidden"),
        ([{"error": {"message": "m", "status": "S"}}], "x: m", "S"),
        ({"error": "invalid_grant", "error_description": "expired"}, "x: expired", "invalid_grant"),
        ({"unknown": 1}, 'x: {"unknown": 1}', ""),
        ([], "x: HTTP 403", ""),
    ],
)
def test_other_forms_of_an_error_are_understood(body, message, reason):
    error = google_error(403, json.dumps(body).encode(), "x")

    assert (error.message, error.reason) == (message, reason)


def test_a_page_of_a_proxy_is_quoted_as_text():
    error = google_error(502, b"<html><h1>Bad  Gateway</h1>" + b"x" * 900, "x")

    assert error.message.startswith("x: Bad Gateway")
    assert len(error.message) < 250


def test_a_disabled_api_says_how_to_enable_it():
    info = error_info("SERVICE_DISABLED", service="apigeeconnect.googleapis.com", consumer="projects/12")
    error = google_error(403, google_refusal(403, "PERMISSION_DENIED", "off", info).body_bytes, "x")

    assert error.reason == "SERVICE_DISABLED"
    assert "gcloud services enable apigeeconnect.googleapis.com --project 12" in str(error.hint)


def test_an_answer_that_is_no_json_is_a_failure_of_the_service():
    with Loopback(in_turn(Reply("<html>"))) as server, pytest.raises(ServiceFailure, match="thing a"):
        get(session(server.url)[0])


def test_an_empty_answer_is_an_empty_object():
    with Loopback(in_turn(Reply(b""))) as server:
        assert get(session(server.url)[0]) == {}
