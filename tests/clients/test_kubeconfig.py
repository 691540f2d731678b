from __future__ import annotations

import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from apigeectl.clients import kubeconfig as kubeconfigs
from apigeectl.clients.kubernetes import Cluster
from apigeectl.errors import InstallerError, NoCredentials, Unauthorized, UsageError
from apigeectl.manifests import ObjectRef
from tests.clients.api import kubeconfig, serving, status
from tests.clients.loopback import Loopback, Received, Reply

REF = ObjectRef("", "ConfigMap", "n", "a")
NOT_LOGGED_IN = status(401, "Unauthorized", "Unauthorized")


def plugin(folder: Path, *lines: str) -> Path:
    """An exec plugin: a shell script that also counts its runs."""
    script = folder / "plugin"
    script.write_text("\n".join(["#!/bin/sh", f"echo run >> {folder}/runs", *lines, ""]))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def by_plugin(command: Path) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(command),
            "interactiveMode": "Never",
        }
    }


def credential(token: str) -> str:
    document = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    return json.dumps(document)


def test_of_several_files_the_first_current_context_wins(tmp_path, monkeypatch):
    one = kubeconfig(tmp_path / "one", "https://one.example", context="first")
    two = kubeconfig(tmp_path / "two", "https://two.example", context="second")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([one, str(tmp_path / "absent"), two]))

    assert Cluster.connect().context == "first"
    assert Cluster.connect(context="second").context == "second"


def test_the_flag_is_stronger_than_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path / "one", "https://one.example"))
    two = kubeconfig(tmp_path / "two", "https://two.example")

    assert Cluster.connect(kubeconfig=two).server == "https://two.example"


def test_without_flag_and_variable_the_home_folder_counts(tmp_path):
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube/config", "https://home.example")

    assert Cluster.connect().server == "https://home.example"


def test_an_unknown_context_names_those_that_exist(tmp_path):
    file = kubeconfig(tmp_path / "config", "https://x.example", context="production")

    with pytest.raises(UsageError, match='"productoin" does not exist') as caught:
        Cluster.connect(kubeconfig=file, context="productoin")

    assert caught.value.details == ("its contexts: production",)
    assert caught.value.hint == "did you mean --context production?"


def test_no_kubeconfig_says_where_it_looked(tmp_path):
    with pytest.raises(NoCredentials, match=r"~/\.kube/config does not exist") as caught:
        Cluster.connect()
    assert "--kubeconfig" in str(caught.value.hint)

    with pytest.raises(NoCredentials, match="elsewhere"):
        Cluster.connect(kubeconfig=str(tmp_path / "elsewhere"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "just words",
        "- a\n- list\n",
        "a: [",
        "\x00",
        "contexts: 5",
        "current-context: x\ncontexts: [{name: x, context: {user: u}}]\nusers: [{name: u, user: hush-hush}]",
        "current-context: x\ncontexts: [{name: x, context: {user: u}}]\nusers: [{token: hush-hush}]",
        "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\nclusters: hush-hush",
        "contexts: [{name: x, context: {cluster: c, user: hush-hush}}]\ncurrent-context: x",
        "contexts: [{name: x, context: 5}]\ncurrent-context: x",
    ],
)
def test_a_broken_kubeconfig_is_one_clear_error_without_its_content(tmp_path, content):
    file = tmp_path / "config"
    file.write_text(content)

    with pytest.raises(NoCredentials, match=str(file)) as caught:
        Cluster.connect(kubeconfig=str(file))

    assert "hush-hush" not in f"{caught.value} {caught.value.details}"
    assert "--kubeconfig" in str(caught.value.hint)
    assert caught.value.__suppress_context__


def test_a_folder_or_a_missing_certificate_is_named(tmp_path):
    with pytest.raises(NoCredentials, match="directory"):
        Cluster.connect(kubeconfig=str(tmp_path))
    file = kubeconfig(tmp_path / "config", "https://x.example", tmp_path / "absent.crt")
    with pytest.raises(NoCredentials, match=r"absent\.crt"):
        Cluster.connect(kubeconfig=file)


def test_the_token_of_a_file_is_sent_without_its_newline(tmp_path, tls):
    (tmp_path / "token").write_text("from-file\n")
    with Loopback(serving(Reply({})), tls) as server:
        file = kubeconfig(tmp_path / "config", server.url, tls[0], {"tokenFile": "token"})
        Cluster.connect(kubeconfig=file).get(REF)

    assert server.received[-1].headers["Authorization"] == "Bearer from-file"


def test_a_token_that_no_header_can_carry_is_not_shown(tmp_path, tls):
    with Loopback(serving(Reply({})), tls) as server:
        file = kubeconfig(tmp_path / "config", server.url, tls[0], {"token": "hush\nhush"})

        with pytest.raises(NoCredentials, match="no header may contain") as caught:
            Cluster.connect(kubeconfig=file).get(REF)

    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_exec_plugin_logs_in_once_for_many_requests(tmp_path, tls):
    command = plugin(tmp_path, f"echo '{credential('from-plugin')}'")
    with Loopback(serving(Reply({})), tls) as server:
        cluster = Cluster.connect(
            kubeconfig=kubeconfig(tmp_path / "config", server.url, tls[0], by_plugin(command))
        )
        for _ in range(3):
            cluster.get(REF)

    assert server.received[-1].headers["Authorization"] == "Bearer from-plugin"
    assert (tmp_path / "runs").read_text().count("run") == 1


def test_after_a_401_the_plugin_runs_once_more(tmp_path, tls):
    command = plugin(
        tmp_path, f"n=$(wc -l < {tmp_path}/runs)", f"""echo '{credential("token-N")}' | sed "s/N/$n/" """
    )

    def answer(request: Received) -> Reply:
        if request.headers["Authorization"].strip() != "Bearer token-2":
            return NOT_LOGGED_IN
        return serving(Reply({"found": 1}))(request)

    with Loopback(answer, tls) as server:
        cluster = Cluster.connect(
            kubeconfig=kubeconfig(tmp_path / "config", server.url, tls[0], by_plugin(command))
        )

        assert cluster.get(REF) == {"found": 1}


def test_threads_that_are_refused_together_log_in_again_once(tmp_path, tls):
    command = plugin(
        tmp_path, f"n=$(wc -l < {tmp_path}/runs)", f"""echo '{credential("token-N")}' | sed "s/N/$n/" """
    )
    together = threading.Barrier(4)

    def answer(request: Received) -> Reply:
        if request.path in {"/api", "/apis"}:
            return serving(Reply({}))(request)
        if request.headers["Authorization"] == "Bearer token-1":
            together.wait(5)
            return NOT_LOGGED_IN
        return Reply({"found": 1})

    with Loopback(answer, tls) as server:
        cluster = Cluster.connect(
            kubeconfig=kubeconfig(tmp_path / "config", server.url, tls[0], by_plugin(command))
        )
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: cluster.get(REF), range(4)))

    assert found == [{"found": 1}] * 4
    assert (tmp_path / "runs").read_text().count("run") == 2


def test_credentials_that_stay_refused_end_with_advice(tmp_path, tls):
    with Loopback(lambda _: NOT_LOGGED_IN, tls) as server:
        cluster = Cluster.connect(kubeconfig=kubeconfig(tmp_path / "config", server.url, tls[0]))

        with pytest.raises(Unauthorized) as caught:
            cluster.get(REF)

    assert caught.value.message == (
        f'context "here" ({server.url}): the credentials are not accepted (401 Unauthorized)'
    )
    assert "log in again" in str(caught.value.hint)
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["echo 'gcloud: not logged in' >&2", "exit 3"], "not logged in"),
        (["echo not json"], "decode"),
        (["echo '{}'"], "missing key"),
    ],
)
def test_a_failing_exec_plugin_is_said_clearly(tmp_path, lines, words, capfd):
    file = kubeconfig(tmp_path / "config", "https://x.example", user=by_plugin(plugin(tmp_path, *lines)))

    with pytest.raises(NoCredentials, match="exec plugin could not log in") as caught:
        Cluster.connect(kubeconfig=file)

    assert words in " ".join(caught.value.details)
    assert capfd.readouterr().err == ""


def test_a_missing_exec_plugin_is_named(tmp_path):
    file = kubeconfig(tmp_path / "config", "https://x.example", user=by_plugin(tmp_path / "no-such-plugin"))

    with pytest.raises(NoCredentials) as caught:
        Cluster.connect(kubeconfig=file)

    assert "no-such-plugin" in caught.value.details[0]


def test_inside_a_pod_its_service_account_is_used(tmp_path, tls, monkeypatch):
    (tmp_path / "token").write_text("of-the-pod\n")
    (tmp_path / "ca.crt").write_bytes(tls[0].read_bytes())
    monkeypatch.setattr(kubeconfigs, "SERVICE_ACCOUNT", tmp_path)
    with Loopback(serving(Reply({})), tls) as server:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", server.url.rpartition(":")[2])
        cluster = Cluster.connect()
        cluster.get(REF)

    assert cluster.context == "in-cluster"
    assert server.received[-1].headers["Authorization"].lower() == "bearer of-the-pod"
    with pytest.raises(InstallerError):
        Cluster.connect(context="named")


def test_a_server_that_need_not_be_verified_causes_no_warning(tmp_path, tls):
    with Loopback(serving(Reply({"a": 1})), tls) as server:
        file = Path(kubeconfig(tmp_path / "config", server.url))
        document = json.loads(file.read_text())
        document["clusters"][0]["cluster"]["insecure-skip-tls-verify"] = True
        file.write_text(json.dumps(document))

        assert Cluster.connect(kubeconfig=str(file)).get(REF) == {"a": 1}
