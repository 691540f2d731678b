"""What goes wrong between us and Google, and that each says what it is."""

from __future__ import annotations

import email.utils
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigeectl.clients.endpoints import Endpoints, Service
from apigeectl.clients.google import Account, Session
from apigeectl.clients.google_errors import google_error
from apigeectl.errors import APIError, Forbidden, NoCredentials, Refused, ServiceFailure, Unreachable
from tests.clients.google_api import TOKEN, error_info, google_refusal, key_file, session, variables
from tests.clients.loopback import HANG_UP, Loopback, Received, Reply


def get(server: Loopback, **parts: Any) -> dict[str, Any]:
    return session(server.url, **parts)[0].get(Service.APIGEE, "/v1/things/a", subject="thing a")


def refused(reply: Reply, kind: type[APIError] = APIError) -> APIError:
    with Loopback(lambda _: reply) as server, pytest.raises(kind) as caught:
        get(server)
    return caught.value


def test_a_web_page_instead_of_json_is_called_one():
    page = Reply("<html><script>var x = 1</script><title>Sign in</title></html>", content_type="text/html")
    error = refused(page, ServiceFailure)

    assert error.message == 'thing a: the answer is a web page, not JSON ("Sign in")'
    assert "proxy" in str(error.hint)


@pytest.mark.parametrize("body", ['{"a": [1, 2', '{"a": ' + "[" * 100_000, "{"])
def test_a_truncated_or_endless_body_is_called_damaged(body: str):
    assert "cut off or damaged" in refused(Reply(body), ServiceFailure).message


def test_a_body_shorter_than_its_content_length_is_asked_for_again_and_then_an_error():
    short = Reply(b'{"a": 1}', headers=[("Content-Length", "4000"), ("Connection", "close")])
    replies = [short, Reply({"a": 1})]
    with Loopback(lambda _: replies.pop(0)) as server:
        assert get(server) == {"a": 1}
    with Loopback(lambda _: short) as server, pytest.raises(Unreachable, match="broke"):
        get(server)


def test_a_body_longer_than_its_content_length_is_damaged():
    assert "cut off" in refused(Reply(b'{"a": 1}', headers=[("Content-Length", "4")]), ServiceFailure).message


def test_a_redirect_is_an_error_that_names_the_host_and_nothing_secret():
    error = refused(Reply("", 302, headers=[("Location", "https://login.example.com/x?token=s3cret")]))

    assert "HTTP 302 points to login.example.com" in error.message
    assert "s3cret" not in f"{error.message} {error.details} {error.hint}"


def test_a_token_that_a_server_quotes_is_not_shown():
    error = refused(Reply("Bearer hush-hush is bad", 403))

    assert "hush-hush" not in f"{error.message} {error.details}"
    assert "[token]" in error.message


@pytest.mark.parametrize(
    ("reply", "cause", "hint"),
    [
        (
            google_refusal(
                403,
                "PERMISSION_DENIED",
                "Apigee Connect API has not been used",
                error_info(
                    "SERVICE_DISABLED", service="apigeeconnect.googleapis.com", consumer="projects/12"
                ),
            ),
            "SERVICE_DISABLED: apigeeconnect.googleapis.com is off in project 12",
            "gcloud services enable apigeeconnect.googleapis.com --project 12",
        ),
        (
            google_refusal(403, "PERMISSION_DENIED", "no", error_info("USER_PROJECT_DENIED")),
            "USER_PROJECT_DENIED: the account may not use the quota project",
            "use another quota project",
        ),
        (
            google_refusal(
                403,
                "PERMISSION_DENIED",
                "Permission denied on resource organization a (or it may not exist).",
            ),
            "PERMISSION_DENIED: no such resource, or none that this account may see",
            "contractProvider",
        ),
        (
            google_refusal(
                403,
                "PERMISSION_DENIED",
                "Permission 'apigee.organizations.get' denied on resource 'organizations/a'",
            ),
            "PERMISSION_DENIED: the account lacks the permission apigee.organizations.get",
            "ask for it",
        ),
    ],
    ids=["API off", "quota project", "may not exist", "permission"],
)
def test_the_four_meanings_of_403_are_told_apart(reply: Reply, cause: str, hint: str):
    error = refused(reply, Forbidden)

    assert error.details[0].startswith(cause)
    assert hint in str(error.hint)


def test_a_put_is_not_sent_again_when_its_answer_was_lost():
    with Loopback(lambda _: HANG_UP) as server, pytest.raises(Unreachable):
        session(server.url)[0].put(Service.APIGEE, "/v1/x", {}, subject="x")

    assert len(server.received) == 1


def test_the_service_may_say_how_long_to_wait_by_a_date():
    date = email.utils.formatdate(time.time() + 10, usegmt=True)
    replies = [
        Reply({}, 429, headers=[("Retry-After", date)]),
        Reply({}, 503, headers=[("Retry-After", "?")]),
        Reply(),
    ]
    with Loopback(lambda _: replies.pop(0)) as server:
        made, pauses = session(server.url)
        made.get(Service.APIGEE, "/v1/x", subject="x")

    assert 7 < pauses[0] <= 10
    assert 1.6 <= pauses[1] <= 2.4


def limited(server: Loopback, total: float, timeout: float = 5.0) -> tuple[Session, list[float]]:
    """A session whose time passes by sleeping, too."""
    slept = [0.0]
    environ = {**variables(server.url), **TOKEN}

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    made = Session(
        Endpoints(environ, {}),
        Account(),
        environ=environ,
        timeout=timeout,
        total=total,
        sleep=sleep,
        clock=lambda: time.monotonic() + slept[0],
    )
    return made, slept


def test_a_call_ends_when_its_time_is_over_however_politely_the_service_asks_to_wait():
    busy = google_refusal(503, "UNAVAILABLE", "busy")
    patient = Reply(busy.body, 503, headers=[("Retry-After", "20")])
    with Loopback(lambda _: patient) as server:
        made, slept = limited(server, total=30)
        with pytest.raises(ServiceFailure, match="busy"):
            made.get(Service.APIGEE, "/v1/x", subject="x")

    assert slept == [20.0]
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("description", "cause", "hint"),
    [
        ("Invalid JWT Signature.", "the key was deleted or replaced", "make a new key"),
        ("Invalid grant: account not found", "the service account was deleted", "iam service-accounts list"),
        (
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat "
            "and exp values in the JWT claim.",
            "the clock of this machine is off",
            "set the clock",
        ),
    ],
    ids=["revoked", "gone", "clock"],
)
def test_a_refused_key_says_why_in_one_sentence(tmp_path: Path, description: str, cause: str, hint: str):
    def answer(_: Received) -> Reply:
        return Reply({"error": "invalid_grant", "error_description": description}, 400)

    with Loopback(answer) as server, pytest.raises(NoCredentials) as caught:
        get(server, environ={}, key_file=key_file(tmp_path / "k.json", f"{server.url}/token"))

    assert caught.value.details[0].startswith(cause)
    assert hint in str(caught.value.hint)
    assert "PRIVATE KEY" not in f"{caught.value.message}{caught.value.details}"


def test_a_contract_provider_outside_google_gets_no_token():
    endpoints = Endpoints({}, {}, "https://apigee.example.com")
    asked = Session(endpoints, Account(), environ=TOKEN)

    with pytest.raises(Refused, match=r"no token is sent outside googleapis\.com"):
        asked.get(Service.APIGEE, "/v1/x", subject="x")


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        (404, "NOT_FOUND", "NOT_FOUND: there is no such thing"),
        (409, "ABORTED", "ABORTED: somebody else changed it"),
        (429, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED: Google's side could not answer now"),
        (503, "UNAVAILABLE", "UNAVAILABLE: Google's side could not answer now"),
    ],
)
def test_every_refusal_has_its_reason_and_one_sentence_of_cause(code: int, status: str, cause: str):
    info = {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "r-1"}
    error = refused(google_refusal(code, status, "no", info))

    assert error.details[0].startswith(cause)
    assert error.details[1] == "request id r-1"


_odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "error errors details message status reason code @type metadata violations fieldViolations links "
                "requestId error_description service consumer subject description url".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_info = st.fixed_dictionaries(
    {"@type": st.just("type.googleapis.com/google.rpc.ErrorInfo")},
    optional={
        "reason": st.just("SERVICE_DISABLED") | _odd,
        "metadata": _odd,
        "violations": _odd,
        "links": _odd,
    },
)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {}, optional={"error": _odd | st.fixed_dictionaries({"details": st.lists(_info) | _odd})}
    )
    | _odd,
    st.sampled_from([400, 401, 403, 404, 409, 412, 429, 500, 503]),
)
def test_an_error_of_any_form_is_an_error_with_words(body: Any, status: int):
    error = google_error(status, json.dumps(body).encode(), "thing a")

    assert error.message.startswith("thing a: ")
    assert error.status == status


def test_an_error_of_endless_words_is_cut():
    details = [{"@type": "x/google.rpc.QuotaFailure", "violations": [{"description": "y" * 9000}] * 9000}]
    body = {"error": {"message": "x" * 10**6, "details": details}}
    error = google_error(400, json.dumps(body).encode(), "thing a")

    assert len(error.message) < 3000
    assert sum(map(len, error.details)) < 300_000


def test_an_empty_error_names_its_status():
    assert google_error(412, b"{}", "thing a").message == "thing a: HTTP 412"
