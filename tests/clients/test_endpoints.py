from __future__ import annotations

import pytest

from apigeectl.clients.endpoints import Endpoints, Origin, Service, token_host
from apigeectl.errors import Refused, UsageError

VARIABLE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_APIGEE"


def apigee(flag: str = "", variable: str = "", overrides: str = "") -> str:
    environ = {VARIABLE: variable} if variable else {}
    flags = {Service.APIGEE: flag} if flag else {}
    return Endpoints(environ, flags, overrides or None).of(Service.APIGEE).url


def test_flag_before_variable_before_overrides_before_default():
    flag, variable = "https://flag.example", "https://variable.example"
    overrides = "https://us-apigee.googleapis.com"

    assert apigee(flag, variable, overrides) == flag
    assert apigee("", variable, overrides) == variable
    assert apigee("", "", overrides) == overrides
    assert apigee() == "https://apigee.googleapis.com"


def test_the_contract_provider_counts_for_the_apigee_api_only():
    endpoints = Endpoints({}, {}, "https://us-apigee.googleapis.com")

    assert endpoints.of(Service.APIGEE_CONNECT).url == "https://apigeeconnect.googleapis.com"
    assert endpoints.of(Service.APIGEE).origin is Origin.OVERRIDES


@pytest.mark.parametrize("service", Service)
def test_every_service_has_the_variable_that_gcloud_knows(service):
    assert service.variable == f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.value.upper()}"
    endpoints = Endpoints({service.variable: "http://127.0.0.1:5/"}, {})

    assert endpoints.of(service).url == "http://127.0.0.1:5"


def test_paths_are_dropped_as_gcloud_does():
    assert apigee(variable="https://x.example:8443/v1/") == "https://x.example:8443"


@pytest.mark.parametrize(
    "overrides",
    [
        "https://evil.example",
        "https://googleapis.com.evil.example",
        "https://evilgoogleapis.com",
        "http://apigee.googleapis.com",
        "http://127.0.0.1:8080",
        "https://127.0.0.1:8080",
        "https://evil.example:443",
        "https://EVIL.example",
        "https://169.254.169.254",
        "https://[::1]",
    ],
)
def test_a_host_that_only_a_file_names_gets_no_token_unless_it_is_googles(overrides):
    with pytest.raises(Refused, match="contractProvider") as caught:
        apigee(overrides=overrides)

    assert VARIABLE in str(caught.value.hint)


@pytest.mark.parametrize(
    "overrides",
    [
        "https://apigee.googleapis.com",
        "https://us-apigee.googleapis.com/",
        "https://apigee.eu.rep.googleapis.com",
        "https://APIGEE.googleapis.com:443",
    ],
)
def test_googles_own_hosts_may_stand_in_a_file(overrides):
    assert apigee(overrides=overrides) == overrides.rstrip("/")


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://x.example", "http://127.0.0.1.evil.example"])
def test_plain_http_goes_to_loopback_only_whoever_names_it(url):
    with pytest.raises(Refused, match="plain http"):
        apigee(variable=url)
    with pytest.raises(Refused, match="plain http"):
        apigee(flag=url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.8.8.8"]
)
def test_loopback_may_be_plain_http(url):
    assert apigee(variable=url) == url


@pytest.mark.parametrize(
    "url",
    [
        "apigee.googleapis.com",
        "ftp://x.example",
        "https://",
        "https://[",
        "https://x:port",
        "https://apigee.googleapis.com@evil.example",
        "https://user:hush-hush@apigee.googleapis.com",
    ],
)
def test_what_is_no_address_is_a_usage_error(url):
    with pytest.raises(UsageError) as caught:
        apigee(variable=url)

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        r"evil.example\.googleapis.com",  # two parsers of URLs, two hosts
        r"evil.example\@.googleapis.com",
        "evil.example%5c.googleapis.com",
        "evil.example%2f.googleapis.com",
        "evil.example;.googleapis.com",
        "evil.example|.googleapis.com",
        "evil.example .googleapis.com",
        "evil.example\x00.googleapis.com",
        "\u0435vil.googleapis.com",
        "evil.example\uff0f.googleapis.com",
        "g\u043e\u043egleapis.com",
        "apigee.googleapis.com.",
        "a..googleapis.com",
        ".googleapis.com",
        "*.googleapis.com",
        f"{'a' * 64}.googleapis.com",
    ],
)
def test_a_host_that_can_be_read_in_two_ways_gets_no_token(host: str):
    for named in ({"overrides": f"https://{host}"}, {"variable": f"https://{host}"}):
        with pytest.raises((UsageError, Refused)):
            apigee(**named)


def test_an_address_that_is_none_says_who_named_it():
    with pytest.raises(UsageError, match="contractProvider of the overrides file: not the address"):
        apigee(overrides="https://user:hush-hush@apigee.googleapis.com")


def test_the_token_host_is_the_one_that_gclouds_variable_names():
    assert token_host({}) is None
    for url in ("http://127.0.0.1:5/token", "https://token.example/x"):
        assert token_host({"CLOUDSDK_AUTH_TOKEN_HOST": url}) == url


@pytest.mark.parametrize(
    ("url", "error"), [("http://token.example/x", Refused), ("token.example", UsageError)]
)
def test_a_token_host_that_is_none_or_in_the_clear_is_refused(url, error):
    with pytest.raises(error):
        token_host({"CLOUDSDK_AUTH_TOKEN_HOST": url})
