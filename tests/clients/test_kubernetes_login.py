"""Exec plugins that hang: the library would wait for ever."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from apigeectl.clients import kubeconfig as kubeconfigs
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import NoCredentials
from apigeectl.manifests import ObjectRef
from tests.clients.api import kubeconfig, serving, status
from tests.clients.loopback import Loopback, Reply

REF = ObjectRef("", "ConfigMap", "n", "a")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfigs, "LOGIN_SECONDS", 0.2)


def logged_in_by(folder: Path, *lines: str) -> dict[str, object]:
    script = folder / "plugin"
    script.write_text("\n".join(["#!/bin/sh", f"echo run >> {folder}/runs", *lines, ""]))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    api_version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api_version, "command": str(script), "interactiveMode": "Never"}}


@pytest.mark.parametrize("hanging", ["exec sleep 20", "sleep 3 &\nwait"], ids=["itself", "by its child"])
def test_one_that_hangs_is_ended_and_said(tmp_path: Path, hanging: str):
    file = kubeconfig(tmp_path / "config", "https://x.example", user=logged_in_by(tmp_path, hanging))
    begun = time.monotonic()

    with pytest.raises(NoCredentials, match="exec plugin could not log in") as caught:
        Cluster.connect(kubeconfig=file)

    assert time.monotonic() - begun < 2
    assert caught.value.details == ("exec: no answer within 0.2 s",)
    assert "by hand" in str(caught.value.hint)


def test_one_that_hangs_when_the_token_has_expired_is_ended_too(tmp_path: Path, tls: tuple[Path, Path]):
    document = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'
    hangs_later = f"[ $(wc -l < {tmp_path}/runs) -gt 1 ] && exec sleep 20"
    expired = status(401, "Unauthorized", "Unauthorized")
    with Loopback(serving(Reply({}), expired), tls) as server:
        user = logged_in_by(tmp_path, hangs_later, f"echo '{document}'")
        cluster = Cluster.connect(kubeconfig=kubeconfig(tmp_path / "config", server.url, tls[0], user))
        cluster.get(REF)

        for _ in range(2):
            with pytest.raises(NoCredentials, match="exec plugin"):
                cluster.get(REF)

    assert (tmp_path / "runs").read_text().count("run") == 2
