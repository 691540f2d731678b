from __future__ import annotations

import socket
import ssl
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from apigeectl.sandbox.kubernetes import KubernetesServer, Request
from tests.sandbox.kubernetes.client import MAPS, Client, config_map, named


def test_a_wrong_token_is_unauthorized(api: Client):
    reply = api.get(MAPS, token="wrong")

    assert (reply.status, reply.body["reason"]) == (401, "Unauthorized")


def test_the_certificate_is_signed_by_the_own_authority_only(server: KubernetesServer):
    address = urlsplit(server.url)
    with (
        socket.create_connection((address.hostname, address.port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")


def test_the_kubeconfig_names_this_server_its_authority_and_its_token(server: KubernetesServer):
    config = server.kubeconfig()

    assert config["clusters"][0]["cluster"]["server"] == server.url
    assert config["users"][0]["user"]["token"] == server.token
    assert config["current-context"] == config["contexts"][0]["name"]


def test_every_request_is_remembered_with_its_answer(api: Client):
    api.get("/api/v1/namespaces", limit=5)

    last = api.server.requests[-1]
    assert last == Request("GET", "/api/v1/namespaces", {"limit": "5"}, "tester/1.0", 200)


def test_a_dry_run_is_remembered_as_one_also_when_only_the_body_says_so(api: Client):
    api.post(MAPS, named("a"), dryRun="All")
    api.post(MAPS, named("a"))
    api.delete(f"{MAPS}/a", {"dryRun": ["All"]})

    assert [request.dry_run for request in api.server.requests] == [True, False, True]


def test_a_fault_is_answered_instead_of_the_request(api: Client):
    def fault(request: Request) -> tuple[int, dict[str, Any]] | None:
        status = {"kind": "Status", "status": "Failure", "code": 503, "details": {"retryAfterSeconds": 1}}
        return (503, status) if request.method == "POST" else None

    api.server.fault = fault

    reply = api.post(MAPS, named("a"))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert api.get(f"{MAPS}/a").status == 404
    assert api.server.requests[0].status == 503


def test_one_connection_carries_many_requests(api: Client):
    names = [api.post(MAPS, named(f"m{number}")).body["metadata"]["name"] for number in range(5)]

    assert api.get(MAPS).names == names


def test_stopping_ends_watches_connections_and_threads():
    before = set(threading.enumerate())
    server = KubernetesServer()
    server.start()
    client = Client(server)
    client.get("/version")

    with client.watch(MAPS) as events:
        server.stop()
        assert list(events) == []

    client.close()
    assert set(threading.enumerate()) <= before


def test_a_server_that_never_started_can_be_stopped():
    KubernetesServer().stop()


def test_a_body_that_is_no_json_is_a_bad_request(api: Client):
    reply = api.post(MAPS, b"{broken")

    assert (reply.status, reply.body["reason"]) == (400, "BadRequest")


def test_what_is_not_implemented_is_refused_and_not_pretended(api: Client):
    for path in ("pods/p/exec", "pods/p/portforward", "services/s/proxy"):
        reply = api.get(f"/api/v1/namespaces/default/{path}")
        assert (reply.status, reply.body["reason"]) == (501, "NotImplemented")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/api/v1/nope", 404),
        ("GET", "/api/v1/namespaces/default/nodes", 404),
        ("GET", f"{MAPS}/a/status", 404),
        ("DELETE", "/api/v1/namespaces", 405),
        ("POST", "/api/v1/configmaps", 405),
        ("POST", f"{MAPS}/a", 405),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
    ],
)
def test_paths_and_methods_without_meaning_are_refused(api: Client, method: str, path: str, status: int):
    assert api.ask(method, path).status == status


def test_answers_in_a_format_nobody_speaks_are_not_acceptable(api: Client):
    api.post(MAPS, config_map())

    assert api.get(f"{MAPS}/a", accept="text/html").status == 406
    assert api.get(f"{MAPS}/a", accept="application/vnd.kubernetes.protobuf,application/json").status == 200
