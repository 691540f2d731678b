"""Developers, apps and products: what only MART knows, through Apigee Connect."""

from __future__ import annotations

import pytest

from apigeectl.sandbox.google import CONNECT_PROPERTY
from apigeectl.sandbox.google.accounts import ADMIN
from tests.sandbox.google.conftest import caller_of

ORG = "/v1/organizations/hybrid-demo"
NO_CONNECTIONS = "no connections available from the Apigee connect agent(s)"
DEVELOPER = {"email": "new@example.com", "firstName": "N", "lastName": "Ew", "userName": "new"}


@pytest.fixture
def connected(start, runtime):
    """An administrator of an organization whose agent holds streams."""
    runtime.connected = ["something"]
    return caller_of(start(properties=[(CONNECT_PROPERTY, "true")]), ADMIN)


def refusal(answer):
    assert answer.status == 503
    return answer.body["error"]["message"]


def test_nothing_comes_through_while_connect_is_switched_off(admin, runtime):
    runtime.connected = ["something"]

    assert refusal(admin.get(f"{ORG}/developers")).startswith(NO_CONNECTIONS)
    assert runtime.served == []


@pytest.mark.parametrize("value", ["false", "TRUE", ""])
def test_only_the_word_true_switches_it_on(start, runtime, value):
    runtime.connected = ["something"]
    admin = caller_of(start(properties=[(CONNECT_PROPERTY, value)]), ADMIN)

    assert admin.get(f"{ORG}/developers").status == 503


def test_nothing_comes_through_without_a_stream(start, runtime):
    admin = caller_of(start(properties=[(CONNECT_PROPERTY, "true")]), ADMIN)

    assert refusal(admin.post(f"{ORG}/developers", DEVELOPER)).startswith(NO_CONNECTIONS)

    runtime.connected = ["something"]
    assert admin.get(f"{ORG}/developers/new@example.com").status == 404, "nothing was made"


def test_a_developer_with_an_app_for_a_product(connected, runtime):
    product = connected.post(f"{ORG}/apiproducts", {"name": "gold", "proxies": ["hello"]}).body
    developer = connected.post(f"{ORG}/developers", DEVELOPER).body
    apps = f"{ORG}/developers/new@example.com/apps"

    app = connected.post(apps, {"name": "shop", "apiProducts": [product["name"]]}).body

    assert app["developerId"] == developer["developerId"]
    assert app["credentials"][0]["apiProducts"] == [{"apiproduct": "gold", "status": "approved"}]
    assert connected.get(f"{apps}/shop").body == app
    assert connected.get(f"{ORG}/apps/{app['appId']}").body == app
    assert connected.get(apps).body == {"app": [{"name": "shop"}]}
    assert {"name": "gold"} in connected.get(f"{ORG}/apiproducts").body["apiProduct"]
    assert runtime.served[0] == ("POST", f"{ORG}/apiproducts", 200)


def test_what_mart_answers_is_what_its_log_says(connected, runtime):
    answer = connected.get(f"{ORG}/developers/nobody@example.com")

    assert (answer.status, answer.body["error"]["message"]) == (
        404,
        "Developer nobody@example.com does not exist",
    )
    assert runtime.served == [("GET", f"{ORG}/developers/nobody@example.com", 404)]


def test_the_query_stands_in_the_path_that_mart_sees(connected, runtime):
    connected.get(f"{ORG}/developers", count=100, expand="true")

    assert runtime.served == [("GET", f"{ORG}/developers/?count=100&expand=true", 200)]


def test_a_list_is_names_until_it_is_expanded(connected):
    connected.post(f"{ORG}/developers", DEVELOPER)

    names = connected.get(f"{ORG}/developers").body["developer"]
    expanded = connected.get(f"{ORG}/developers", expand="true", startKey="new@example.com").body["developer"]

    assert names == [{"email": "developer@example.com"}, {"email": "new@example.com"}]
    assert [each["userName"] for each in expanded] == ["new"]
    assert len(connected.get(f"{ORG}/developers", count=1).body["developer"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("developers", {"email": "a@example.com"}, 400),
        ("developers", {**DEVELOPER, "nonsense": 1}, 400),
        ("developers", {**DEVELOPER, "email": "developer@example.com"}, 409),
        ("developers/developer@example.com/apps", {"name": "x", "apiProducts": ["absent"]}, 404),
        ("developers/nobody@example.com/apps", {"name": "x"}, 404),
    ],
)
def test_what_cannot_be_made_is_refused(connected, path, body, status):
    assert connected.post(f"{ORG}/{path}", body).status == status


def test_another_organization_may_not_exist(connected):
    assert connected.get("/v1/organizations/other/developers").status == 403
