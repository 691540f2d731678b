"""What the operator believes of the cluster."""

from __future__ import annotations

import pytest

from apigeectl.errors import InstallerError
from apigeectl.sandbox.operator.cache import Cache
from apigeectl.sandbox.operator.client import APIServer


def pod(name, version, uid=""):
    return {"metadata": {"namespace": "n", "name": name, "uid": uid or name, "resourceVersion": str(version)}}


def test_a_late_event_does_not_take_back_a_write():
    cache = Cache()
    cache.put("Pod", pod("a", 7))
    cache.put("Pod", pod("a", 5))

    assert cache.get("Pod", "n", "a") == pod("a", 7)


def test_what_is_gone_does_not_come_back_by_a_late_event():
    cache = Cache()
    cache.put("Pod", pod("a", 7))
    cache.drop("Pod", pod("a", 8))
    cache.put("Pod", pod("a", 9))

    assert cache.all("Pod") == []


def test_a_successor_of_the_same_name_is_another_object():
    cache = Cache()
    cache.put("Pod", pod("a", 7, "first"))
    cache.put("Pod", pod("a", 9, "second"))
    cache.drop("Pod", pod("a", 8, "first"))

    assert cache.all("Pod") == [pod("a", 9, "second")]


def test_a_list_removes_what_it_lacks_but_not_what_is_newer():
    cache = Cache()
    cache.put("Pod", pod("old", 3))
    cache.put("Pod", pod("new", 12))
    cache.replace("Pod", [pod("kept", 5)], "10")

    assert [live["metadata"]["name"] for live in cache.all("Pod")] == ["kept", "new"]


def test_a_cluster_beyond_loopback_is_refused():
    with pytest.raises(InstallerError, match="is not on loopback"):
        APIServer("https://kubernetes.example.com:6443")


def test_the_current_context_of_a_kubeconfig(tmp_path):
    file = tmp_path / "config"
    file.write_text(
        """
current-context: two
contexts: [{name: one, context: {cluster: a, user: u}}, {name: two, context: {cluster: b, user: v}}]
clusters: [{name: a, cluster: {server: "https://x"}}, {name: b, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {}}, {name: v, user: {token: t}}]
""",
        encoding="utf-8",
    )

    server = APIServer.from_kubeconfig(file)

    assert (server.url, server.token) == ("https://127.0.0.1:1", "t")
    assert "token" not in repr(server)
