from __future__ import annotations

import json
from pathlib import Path

import pytest

from apigeectl.clients.endpoints import Endpoints
from apigeectl.clients.iam import Permissions
from apigeectl.errors import Forbidden, Refused
from tests.clients.google_api import error_info, google_refusal, key_file, session, variables
from tests.clients.loopback import Loopback, Received, Reply


def test_what_is_echoed_is_held():
    with Loopback(lambda _: Reply({"permissions": ["a.b.c"]})) as server:
        assert Permissions(session(server.url)[0]).on_project("p", ["a.b.c", "d.e.f"]) == {"a.b.c"}

    (asked,) = server.received
    assert (asked.method, asked.path) == ("POST", "/v1/projects/p:testIamPermissions")
    assert asked.json == {"permissions": ["a.b.c", "d.e.f"]}


def test_nothing_held_is_an_empty_object():
    with Loopback(lambda _: Reply({})) as server:
        assert Permissions(session(server.url)[0]).on_environment("acme", "test", ["a.b.c"]) == frozenset()

    assert server.asked() == ["POST /v1/organizations/acme/environments/test:testIamPermissions"]


def test_a_busy_service_is_asked_again():
    answers = [Reply({}, 503), Reply({"permissions": ["a.b.c"]})]
    with Loopback(lambda _: answers.pop(0)) as server:
        assert Permissions(session(server.url)[0]).on_project("p", ["a.b.c"]) == {"a.b.c"}


def test_an_api_that_is_off_is_an_error_and_no_missing_permission():
    info = error_info(
        "SERVICE_DISABLED", service="cloudresourcemanager.googleapis.com", consumer="projects/p"
    )
    refusal = google_refusal(403, "PERMISSION_DENIED", "has not been used", info)
    with Loopback(lambda _: refusal) as server, pytest.raises(Forbidden) as caught:
        Permissions(session(server.url)[0]).on_project("p", ["a.b.c"])

    assert caught.value.reason == "SERVICE_DISABLED"


def test_a_key_files_owner_asks_whomever_the_environment_acts_as(tmp_path: Path):
    def answer(request: Received) -> Reply:
        if request.path == "/token":
            return Reply({"access_token": "of-the-robot", "expires_in": 3600, "token_type": "Bearer"})
        return Reply({"permissions": ["a.b.c"]})

    with Loopback(answer) as server:
        environ = {
            **variables(server.url),
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "of-the-user",
            "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": "somebody@p",
            "GOOGLE_CLOUD_QUOTA_PROJECT": "q",
            "CLOUDSDK_BILLING_QUOTA_PROJECT": "r",
        }
        key = key_file(tmp_path / "key.json", f"{server.url}/token")
        held = Permissions.of_key_file(key, Endpoints(environ, {})).on_project("p", ["a.b.c"])

    assert held == {"a.b.c"}
    assert server.asked() == ["POST /token", "POST /v1/projects/p:testIamPermissions"]
    assert server.received[1].headers["Authorization"] == "Bearer of-the-robot"
    assert "x-goog-user-project" not in server.received[1].headers


def test_a_file_beside_the_overrides_that_names_another_file_and_a_host_sends_nothing(tmp_path: Path):
    """`credential_source` may name any file of the user, and `token_url` any server."""
    (tmp_path / "login.json").write_text("hush")
    with Loopback(lambda _: Reply({"access_token": "t"})) as server:
        info = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{server.url}/steal",
            "credential_source": {"file": str(tmp_path / "login.json")},
        }
        (tmp_path / "mart.json").write_text(json.dumps(info))
        asked = Permissions.of_key_file(tmp_path / "mart.json", Endpoints(variables(server.url), {}))
        with pytest.raises(Refused, match="of type external_account"):
            asked.on_project("p", ["a.b.c"])

    assert server.received == []
