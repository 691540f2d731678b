from __future__ import annotations

import pytest

from apigeectl.clients.iam import ServiceAccounts
from apigeectl.clients.services import Services
from apigeectl.errors import APIError
from tests.clients.google_api import session
from tests.clients.loopback import Loopback, Reply

CONNECT_API = "apigeeconnect.googleapis.com"
DONE = {"name": "operations/noop.DONE_OPERATION", "done": True, "response": {}}


@pytest.mark.parametrize(
    ("body", "on"), [({"state": "ENABLED"}, True), ({"state": "DISABLED"}, False), ({}, False)]
)
def test_the_state_of_an_api(body: dict[str, str], on: bool):
    with Loopback(lambda _: Reply(body)) as server:
        assert Services(session(server.url)[0]).is_enabled("p", CONNECT_API) is on

    assert server.asked() == [f"GET /v1/projects/p/services/{CONNECT_API}"]


def test_enabling_gives_an_operation_to_wait_for_unless_it_is_over_at_once():
    with Loopback(lambda _: Reply({"name": "operations/acf.1"})) as server:
        services = Services(session(server.url)[0])
        assert services.enable("p", CONNECT_API) == "operations/acf.1"
        server.answer = lambda _: Reply(DONE)
        assert services.enable("p", CONNECT_API) is None

    assert server.received[0].json == {}
    assert server.asked()[0] == f"POST /v1/projects/p/services/{CONNECT_API}:enable"


def test_an_operation_is_over_when_it_is_done_and_an_error_when_it_failed():
    answers = [
        Reply({"name": "operations/a"}),
        Reply(DONE),
        Reply({"name": "x", "error": {"code": 9, "message": "no"}}),
    ]
    with Loopback(lambda _: answers.pop(0)) as server:
        services = Services(session(server.url)[0])
        assert not services.is_over("operations/a")
        assert services.is_over("operations/a")
        with pytest.raises(APIError, match="operations/a: no"):
            services.is_over("operations/a")

    assert server.asked()[0] == "GET /v1/operations/a"


@pytest.mark.parametrize(
    ("email", "path"),
    [
        ("a@p.iam.gserviceaccount.com", "/v1/projects/p/serviceAccounts/a@p.iam.gserviceaccount.com"),
        ("1@developer.gserviceaccount.com", "/v1/projects/-/serviceAccounts/1@developer.gserviceaccount.com"),
    ],
)
def test_an_account_is_asked_for_in_its_own_project(email: str, path: str):
    with Loopback(lambda _: Reply({"email": email, "disabled": True})) as server:
        assert ServiceAccounts(session(server.url)[0]).get(email)["disabled"]

    assert server.asked() == [f"GET {path}"]
