from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.clients.loopback import certificate


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith(
            ("CLOUDSDK_", "GOOGLE_", "GCE_", "KUBE", "REQUESTS_", "CURL_")
        ) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))


@pytest.fixture(autouse=True)
def asked_hosts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that were to be resolved: only loopback exists, for libraries' hidden calls too."""
    resolve, asked = socket.getaddrinfo, []

    def only_loopback(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in {"127.0.0.1", "localhost"}:
            asked.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", only_loopback)
    return asked


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))
