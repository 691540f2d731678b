"""No answer: every way ends in Unreachable with the words that install scripts look for."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from urllib3 import exceptions as wire

from apigeectl.clients.apiserver_errors import Dropped, no_answer
from apigeectl.clients.kubeconfig import Access
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import Forbidden, InstallerError, Unreachable
from apigeectl.manifests import ObjectRef
from tests.clients.api import CONFIG_MAPS, kubeconfig, serving
from tests.clients.loopback import Loopback, Received, Reply

ACCESS = Access(None, "ctx", "https://server.example")  # type: ignore[arg-type]


@contextmanager
def silent_port() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


REF = ObjectRef("", "ConfigMap", "n", "a")


def ask(file: str, timeout: float = 5) -> Any:
    return Cluster.connect(kubeconfig=file, request_timeout=timeout, sleep=lambda _: None).get(REF)


def test_nobody_listens(tmp_path):
    with silent_port() as port:
        pass

    with pytest.raises(Unreachable) as caught:
        ask(kubeconfig(tmp_path / "config", f"https://127.0.0.1:{port}"))

    assert caught.value.message == f'context "here" (https://127.0.0.1:{port}): connection refused'
    assert caught.value.hint


def test_a_handshake_that_never_ends(tmp_path):
    with silent_port() as port, pytest.raises(Unreachable, match="TLS handshake timeout"):
        ask(kubeconfig(tmp_path / "config", f"https://127.0.0.1:{port}"), timeout=0.1)


def test_an_answer_that_never_comes(tmp_path):
    with silent_port() as port, pytest.raises(Unreachable) as caught:
        ask(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}"), timeout=0.1)

    assert caught.value.message.endswith("no answer within 0.1 s (connection timed out)")


def test_threads_that_wait_for_the_kinds_all_hear_the_first_silence(tmp_path):
    with silent_port() as port:
        file = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}")
        cluster = Cluster.connect(kubeconfig=file, request_timeout=0.3, sleep=lambda _: None)
        begun = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(cluster.get, REF) for _ in range(8)]
            assert all(isinstance(one.exception(), Unreachable) for one in asked)

    assert time.monotonic() - begun < 1.2  # asked in turn it would be 2.4 s


def test_a_silence_is_not_remembered(tmp_path, tls):
    replies = [Reply("no", 403), Reply("no", 403)]

    def answer(request: Received) -> Reply:
        return replies.pop() if replies else CONFIG_MAPS(request)

    with Loopback(answer, tls) as server:
        cluster = Cluster.connect(kubeconfig=kubeconfig(tmp_path / "config", server.url, tls[0]))
        with pytest.raises(Forbidden):
            cluster.serves("", "ConfigMap")
        replies.clear()

        assert cluster.serves("", "ConfigMap")


def test_a_certificate_of_an_unknown_authority(tmp_path, tls):
    with Loopback(CONFIG_MAPS, tls) as server, pytest.raises(Unreachable) as caught:
        ask(kubeconfig(tmp_path / "config", server.url))

    assert "certificate verify failed" in caught.value.message
    assert "trusts another authority" in str(caught.value.hint)
    assert "VPN" not in str(caught.value.hint)


def test_plain_text_where_tls_is_expected(tmp_path):
    with Loopback(CONFIG_MAPS) as server, pytest.raises(Unreachable, match="TLS failed") as caught:
        ask(kubeconfig(tmp_path / "config", server.url.replace("http:", "https:")))

    assert "speak TLS" in str(caught.value.hint)


@pytest.mark.parametrize("url", ["https://[bad", "nonsense", "https://", "ftp://x.example"])
def test_a_server_url_that_is_none(tmp_path, url):
    with pytest.raises(InstallerError):
        ask(kubeconfig(tmp_path / "config", url))


def test_an_unknown_host(tmp_path):
    with pytest.raises(Unreachable, match="no such host"):
        ask(kubeconfig(tmp_path / "config", "https://nowhere.invalid"))


def test_a_proxy_that_is_not_there_is_named_without_its_password(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush-hush@127.0.0.1:9")

    with pytest.raises(Unreachable, match="proxy") as caught:
        ask(kubeconfig(tmp_path / "config", "https://cluster.example"))

    assert "hush" not in caught.value.message


def test_loopback_is_asked_directly_although_there_is_a_proxy(tmp_path, tls, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with Loopback(serving(Reply({"found": 1})), tls) as server:
        assert ask(kubeconfig(tmp_path / "config", server.url, tls[0])) == {"found": 1}


def test_a_stream_that_breaks_ends_the_watch(tmp_path, tls):
    def answer(request: Received) -> Reply:
        if "watch" in request.query:
            return Reply(
                b'{"type": "ADDED", "object": {}}\n',
                headers=[("Content-Length", "999"), ("Connection", "close")],
            )
        return CONFIG_MAPS(request)

    with Loopback(answer, tls) as server:
        file = kubeconfig(tmp_path / "config", server.url, tls[0])
        cluster = Cluster.connect(kubeconfig=file, request_timeout=5)

        assert len(list(cluster.watch("", "ConfigMap", "n", "1", timeout=1))) <= 1


def _libraries_errors() -> list[Exception]:
    pool, cause = None, OSError(113, "No route to host")
    connection = type("C", (), {"host": "h"})()
    errors: list[Exception] = [
        wire.ConnectTimeoutError(connection, "hush"),
        wire.NewConnectionError(connection, "hush"),  # type: ignore[arg-type]
        wire.ReadTimeoutError(pool, "hush", "hush"),  # type: ignore[arg-type]
        wire.ProtocolError("hush", cause),
        wire.ProxyError("hush", cause),
        wire.IncompleteRead(1, 2),
        wire.DecodeError("hush"),
        wire.LocationParseError("hush"),
        wire.SSLError("hush"),
        ApiException(status=0, reason="SSLError\nwrong version number"),
        ValueError("hush"),
        OSError(5, "hush"),
    ]
    return errors


@pytest.mark.parametrize("error", _libraries_errors(), ids=lambda e: type(e).__name__)
def test_no_error_of_a_library_leaks(error):
    translated = no_answer(error, ACCESS, 3)

    assert isinstance(translated, InstallerError)
    assert translated.message.startswith('context "ctx" (https://server.example): ')
    assert "hush" not in translated.message


@pytest.mark.parametrize(
    ("error", "worth_another_try", "arrived"),
    [
        (wire.ProtocolError("x"), True, True),
        (ApiException(status=0, reason="SSLError\nEOF occurred in violation of protocol"), True, True),
        (wire.ConnectTimeoutError(), True, False),
        (wire.ReadTimeoutError(None, "u", "m"), False, None),  # type: ignore[arg-type]
        (wire.NameResolutionError("h", None, OSError()), False, None),  # type: ignore[arg-type]
        (ApiException(status=0, reason="SSLError\ncertificate verify failed"), False, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_without_a_connection_another_try_is_worth_it(
    error: Exception, worth_another_try: bool, arrived: bool | None
):
    found = no_answer(error, ACCESS, 3)

    assert isinstance(found, Dropped if worth_another_try else Unreachable)
    assert getattr(found, "arrived", None) is arrived


def test_the_access_shows_no_client(tmp_path: Path):
    assert "client" not in repr(ACCESS)
