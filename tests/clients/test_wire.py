"""Answers that never end, that end too early, that are no HTTP: each is over in time and called what it is."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import pytest

from apigeectl.clients.endpoints import Endpoints, Service
from apigeectl.clients.google import Account, Session
from apigeectl.errors import APIError, NoCredentials, ServiceFailure, Unreachable
from tests.clients.google_api import TOKEN, key_file, session, variables
from tests.clients.loopback import Loopback, Received, Reply
from tests.clients.raw_server import RawServer, Writing, answering, dripping

OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS: dict[str, Writing] = {
    "a header": dripping(OK + b"X-A: ", b"a"),
    "headers": dripping(OK, b"X-A: a\r\n"),
    "interim answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": dripping(OK + b"Content-Length: 60000\r\n\r\n", b" "),
    "a body without length": dripping(OK + b"\r\n", b" "),
    "the size of a chunk": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunks": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: a\r\n"),
    "nothing": lambda connection: time.sleep(3),
}


def impatient(url: str, environ: dict[str, str] | None = None, **account: Any) -> Session:
    variables_ = {**variables(url), **(TOKEN if environ is None else environ)}
    endpoints = Endpoints(variables_, {})
    return Session(endpoints, Account(**account), environ=variables_, timeout=0.2, total=0.3)


def ask(made: Session) -> dict[str, Any]:
    return made.get(Service.APIGEE, "/v1/x", subject="x")


@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_that_drips_in_ends_in_time(name: str):
    begun = time.monotonic()
    with (
        RawServer(ENDLESS[name]) as server,
        pytest.raises(Unreachable, match=r"no answer within .* s \(request"),
    ):
        ask(impatient(server.url))

    assert time.monotonic() - begun < 1.5


def test_a_token_that_drips_in_ends_in_time(tmp_path: Path):
    begun = time.monotonic()
    with RawServer(ENDLESS["a body"]) as server:
        key = key_file(tmp_path / "key.json", f"{server.url}/token")
        with pytest.raises(Unreachable, match=r"key\.json: no token: 127\.0\.0\.1: no answer"):
            ask(impatient(server.url, {}, key_file=key))

    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nrubbish", "cannot be unpacked"),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b'{"a": 1}')[:-12],
            "cannot be unpacked|cut off",
        ),
        (b"SSH-2.0-OpenSSH_9\r\n", "the connection broke"),
        (OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n", "the connection broke"),
        (OK + b"Content-Length: 4\r\n\r\n[[[[", "no JSON object"),
        (OK + b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000, "no JSON object"),
        (OK + b'Content-Length: 5006\r\n\r\n{"a":' + b"9" * 5000 + b"}", "cut off or damaged"),
        (OK + b'Content-Length: 8\r\n\r\n{"a": "\xff', "cut off or damaged"),
    ],
)
def test_rubbish_is_an_error_with_words(answer: bytes, words: str):
    with RawServer(answering(answer)) as server, pytest.raises((Unreachable, ServiceFailure), match=words):
        ask(session(server.url)[0])


def test_an_answer_of_hundreds_of_megabytes_is_not_read_to_its_end_nor_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("apigeectl.clients.google.LARGEST_ANSWER", 2**20)
    sent = 0

    def write(connection: Any) -> None:
        nonlocal sent
        connection.sendall(OK + b"Content-Length: 300000000\r\n\r\n")
        for _ in range(300):
            connection.sendall(b" " * 10**6)
            sent += 10**6

    with RawServer(write) as server, pytest.raises(ServiceFailure, match="larger than 1 MiB"):
        ask(session(server.url)[0])

    assert len(server.requests) == 1
    assert sent < 2 * 10**7


def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("apigeectl.clients.google.LARGEST_ANSWER", 2**20)
    packed = gzip.compress(b" " * 2**24)
    with (
        Loopback(lambda _: Reply(packed, headers=[("Content-Encoding", "gzip")])) as server,
        pytest.raises(ServiceFailure, match="larger than"),
    ):
        ask(session(server.url)[0])


def test_a_web_page_of_megabytes_is_quoted_without_delay():
    page = "<script" * 300_000
    begun = time.monotonic()
    with Loopback(lambda _: Reply(page, 403)) as server, pytest.raises(APIError):
        ask(session(server.url)[0])

    assert time.monotonic() - begun < 2


def test_connections_are_used_again():
    with Loopback(lambda _: Reply({"a": 1})) as server:
        made, _ = session(server.url)
        for _ in range(3):
            assert ask(made) == {"a": 1}
        assert len({request.headers["Connection"] for request in server.received}) == 1
        assert len(server.ports) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://127.0.0.1:9/other", "https://evil.example/", "/token2", ""])
def test_a_token_endpoint_that_points_elsewhere_gets_nothing_sent_there(
    tmp_path: Path, status: int, target: str, asked_hosts: list[str]
):
    def answer(request: Received) -> Reply:
        return Reply("", status, headers=[("Location", target)] if target else [])

    with Loopback(answer) as server:
        key = key_file(tmp_path / "key.json", f"{server.url}/token")
        with pytest.raises(ServiceFailure, match=r"token endpoint 127\.0\.0\.1: HTTP 30. points to"):
            ask(session(server.url, {}, key_file=key)[0])

    assert server.asked() == ["POST /token"]
    assert asked_hosts == []


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:9/other", "https://evil.example/", "/v1/other", "//evil.example"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_request_follows_a_redirect(status: int, target: str, asked_hosts: list[str]):
    with Loopback(lambda _: Reply("", status, headers=[("Location", target)])) as server:
        made, _ = session(server.url)
        for write in (made.put, made.post):
            with pytest.raises(ServiceFailure, match="a token goes to no other host"):
                write(Service.APIGEE, "/v1/x", {}, subject="x")

    assert server.asked() == ["PUT /v1/x", "POST /v1/x"]
    assert asked_hosts == []


def test_a_ca_file_that_is_not_there_is_named_for_tokens_too(
    tmp_path: Path, tls: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    absent = tmp_path / "absent.pem"
    with Loopback(lambda _: Reply({"access_token": "of-the-server"}), tls) as server:
        key = key_file(tmp_path / "key.json", f"{server.url}/token")
        for environ in ({"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(absent)}, {}):
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(absent))
            with pytest.raises(Unreachable, match=f"the CA file {absent} cannot be read") as caught:
                ask(session(server.url, environ, key_file=key)[0])
            assert "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE" in str(caught.value.hint)


def test_a_ca_of_our_own_counts_for_tokens_and_is_stronger_than_the_libraries_variable(
    tmp_path: Path, tls: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    with Loopback(
        lambda _: Reply({"access_token": "of-the-server", "expires_in": 60, "token_type": "Bearer"}), tls
    ) as server:
        key = key_file(tmp_path / "key.json", f"{server.url}/token")
        made, _ = session(server.url, {"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(tls[0])}, key_file=key)
        assert ask(made)["token_type"] == "Bearer"


def test_a_ca_file_without_certificates_is_a_failure_of_tls(tmp_path: Path, tls: tuple[Path, Path]):
    (tmp_path / "ca.pem").write_text("none")
    with Loopback(lambda _: Reply(), tls) as server, pytest.raises(Unreachable, match="TLS failed") as caught:
        ask(session(server.url, {**TOKEN, "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(tmp_path / "ca.pem")})[0])

    assert "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE" in str(caught.value.hint)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Proxy Authentication Required", b"HTTP/1.1 403 Forbidden"])
def test_a_proxy_that_refuses_is_told_apart_and_its_password_not_shown(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
):
    with RawServer(answering(answer + b"\r\nContent-Length: 0\r\n\r\n")) as proxy:
        address = proxy.url.replace("http://", "http://user:hush-proxy@")
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(Unreachable, match=r"the proxy refuses \(40[37]") as caught:
            ask(session("https://apigee.googleapis.com")[0])

    said = f"{caught.value.message} {caught.value.details} {caught.value.hint}"
    assert "hush" not in said
    assert proxy.requests[0].startswith(b"CONNECT apigee.googleapis.com:443")
    assert b"hush-hush" not in b"".join(proxy.requests)


def test_credentials_are_looked_for_once(monkeypatch: pytest.MonkeyPatch):
    looked = []
    monkeypatch.setattr("apigeectl.clients.credentials._on_google_cloud", lambda *_: bool(looked.append(1)))
    made, _ = session("http://127.0.0.1:9", {})
    for _ in range(3):
        with pytest.raises(NoCredentials, match="no credentials"):
            ask(made)
    assert len(looked) == 1
