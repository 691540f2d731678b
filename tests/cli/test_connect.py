"""The commands about Apigee Connect as typed, in a sandbox in this process."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import stat
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apigeectl.actions import connect_logs
from apigeectl.cli.app import run
from apigeectl.sandbox.session import Sandbox

QUICKSTART = Path(__file__).parents[2] / "overrides" / "quickstart.yaml"
Program = Callable[..., Any]


@contextmanager
def inside(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    """This process is inside of the sandbox, in the folder."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        patch.setenv("APIGEECTL_RELEASE", "1.10")
        patch.chdir(folder)
        yield


@contextmanager
def sandbox_at(folder: Path, *faults: str) -> Iterator[Sandbox]:
    """A sandbox that this process is inside of, its files in the folder."""
    with Sandbox(speed=0, faults=faults) as sandbox, inside(sandbox, folder):
        shutil.copy(QUICKSTART, folder / "overrides.yaml")
        sandbox.write_demo_files(folder)
        yield sandbox


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path]]:
    """An installation that got by `connect setup` alone from API off and role missing to open streams."""
    folder = tmp_path_factory.mktemp("connected")
    with Sandbox(speed=0, faults=["permission-denied", "api-disabled"]) as sandbox:
        with inside(sandbox, folder):
            sandbox.write_demo_files(folder)
            text = QUICKSTART.read_text()
            stanza = re.compile(r"^connectAgent:.*\n  serviceAccountPath.*\n\n", re.MULTILINE)
            (folder / "overrides.yaml").write_text(stanza.sub("", text))
            assert run(["init"]) == 0
            assert run(["connect", "setup", "--yes"]) == 0
        yield sandbox, folder


@pytest.fixture
def connected(installed: tuple[Sandbox, Path]) -> Iterator[Path]:
    """The folder of that installation, inside of whose sandbox this process is."""
    with inside(*installed):
        yield installed[1]


def documents(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_setup_wrote_the_stanza_and_kept_the_organization_as_it_was(connected: Path):
    text = (connected / "overrides.yaml").read_text()
    (undo,) = connected.glob("hybrid-demo.undo-*.json")

    assert (
        "  region: us-central1\n\nconnectAgent:\n  enabled: true\n  serviceAccountPath: ./service-accounts/"
        in text
    )
    assert stat.S_IMODE(undo.stat().st_mode) == 0o600
    assert json.loads(undo.read_text())["properties"] == {
        "property": [{"name": "features.hybrid.enabled", "value": "true"}]
    }


def test_a_second_setup_changes_nothing_and_says_so(apigeectl: Program, connected: Path):
    files = sorted(connected.rglob("*"))
    done = apigeectl("connect", "setup")

    assert done.code == 0
    assert "nothing is missing, and nothing was changed" in done.err
    assert sorted(connected.rglob("*")) == files


def test_status_walks_the_whole_chain(apigeectl: Program, connected: Path):
    done = apigeectl("connect", "status", "-o", "json")
    (found,) = documents(done.out)

    assert (done.code, found["healthy"], found["firstBroken"]) == (0, True, None)
    assert {check["result"] for check in found["checks"]} == {"passed", "warned"}


def test_connections_mark_ours(apigeectl: Program, connected: Path):
    table = apigeectl("connect", "connections")
    (listed,) = documents(apigeectl("connect", "connections", "-o", "json").out)

    assert table.out.splitlines()[1].split(maxsplit=3) == [
        "demo-cluster",
        "us-central1",
        "4",
        "this file's cluster",
    ]
    assert listed["items"][0]["ours"] is True


def test_logs_are_understood_or_raw(apigeectl: Program, connected: Path):
    parsed = apigeectl("connect", "logs").out
    raw = apigeectl("connect", "logs", "--raw", "--since", "1h").out
    lines = documents(apigeectl("connect", "logs", "-o", "json").out)

    assert "tether opened" in parsed
    assert "listening on tether" not in parsed
    assert "agent.go:245] listening on tether" in raw
    assert {"started", "opened", "flag"} <= {line["event"] for line in lines}
    opened = next(line for line in lines if line["event"] == "opened")
    assert opened["text"] == f"listening on tether {opened['subject']}"
    assert {"cluster_name": "demo-cluster"}.items() <= {
        line["subject"]: line["value"] for line in lines if line["event"] == "flag"
    }.items()


@pytest.mark.parametrize("since", ["0", "soon", "-5m"])
def test_a_time_that_is_none_is_a_usage_error(apigeectl: Program, connected: Path, since: str):
    assert apigeectl("connect", "logs", f"--since={since}").code == 2


def test_disable_and_enable_change_the_property_and_one_line_of_the_file(apigeectl: Program, connected: Path):
    file = connected / "overrides.yaml"
    before = file.read_text()
    refused = apigeectl("connect", "disable")
    off = apigeectl("connect", "disable", "--yes", "--write")
    during = file.read_text()
    on = apigeectl("connect", "enable", "--write", "--yes")

    assert (refused.code, off.code, on.code) == (1, 0, 0)
    assert "sets no MART ingress up" in refused.err
    assert "was true and is false" in off.err
    assert off.err.endswith("no agent is left\n")
    assert during == before.replace("enabled: true", "enabled: false", 1)
    assert "was false and is true" in on.err
    assert file.read_text() == before
    back = apigeectl("connect", "setup", "--yes")  # the agent was taken down
    assert back.code == 0, back.err + back.out


def test_writing_asks_and_off_a_terminal_takes_yes(apigeectl: Program, connected: Path):
    file = connected / "overrides.yaml"
    before = file.read_text()
    file.write_text(before.replace("  enabled: true\n", "  enabled: false\n"))
    done = apigeectl("connect", "enable", "--write")
    setup = apigeectl("connect", "setup")
    file.write_text(before)

    assert (done.code, setup.code) == (1, 1)
    assert "+  enabled: true" in done.err
    assert "--yes" in done.err
    assert "--yes" in setup.err


def test_the_synchronizers_are_listed_and_added_beside_others(apigeectl: Program, connected: Path):
    listed = apigeectl("sync-authorization", "list")
    again = apigeectl("sync-authorization", "add")
    other = apigeectl("sync-authorization", "add", "other@p.iam.gserviceaccount.com")
    (both,) = documents(apigeectl("sync-authorization", "list", "-o", "json").out)

    ours = "apigee-synchronizer@hybrid-demo.iam.gserviceaccount.com"
    assert (listed.code, listed.out) == (0, f"{ours}\n")
    assert "nothing was written" in again.err
    assert other.code == 0
    assert both["authorized"] == [ours, "other@p.iam.gserviceaccount.com"]


@pytest.mark.parametrize("email", ["nobody", "serviceAccount:a@p", " a@p"])
def test_what_is_no_address_is_not_sent(apigeectl: Program, connected: Path, email: str):
    assert apigeectl("sync-authorization", "add", email).code == 2


def test_a_dry_run_shows_the_requests_and_changes_nothing(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path, "permission-denied", "api-disabled") as sandbox:
        apigeectl("init")
        before = len(sandbox.google.requests)
        done = apigeectl("connect", "setup", "--dry-run")
        written = [each for each in list(sandbox.google.requests)[before:] if _writes(each.method, each.path)]

    assert (done.code, written) == (0, [])
    requests = re.findall(r"^(\w+) http://127[^/]*(/\S+)$", done.out, re.MULTILINE)
    assert requests == [
        ("POST", "/v1/projects/hybrid-demo/services/apigeeconnect.googleapis.com:enable"),
        ("POST", "/v1/projects/hybrid-demo:setIamPolicy"),
        ("PUT", "/v1/organizations/hybrid-demo"),
    ]
    assert "Bearer" not in done.out + done.err


def test_a_plan_in_json_has_all_that_its_words_say(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path, "permission-denied"):
        apigeectl("init")
        text = (tmp_path / "overrides.yaml").read_text()
        stanza = re.compile(r"^connectAgent:.*\n  serviceAccountPath.*\n\n", re.MULTILINE)
        (tmp_path / "overrides.yaml").write_text(stanza.sub("", text))
        done = apigeectl("connect", "setup", "--dry-run", "-o", "json")
    plan, *requests = documents(done.out)

    assert [step["step"] for step in plan["steps"]] == ["role", "file", "apply", "streams", "property"]
    assert "+connectAgent:" in plan["fileDiff"]
    assert {"ApigeeOrganization", "Secret"} <= {change["object"]["kind"] for change in plan["changes"]}
    assert plan["unseen"] == []
    assert {request["kind"] for request in requests} == {"Request"}


def test_a_setup_that_cannot_begin_says_why_in_json_too(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path, "mart-key=revoked"):
        apigeectl("init")
        done = apigeectl("connect", "setup", "--yes", "-o", "json")
    (found,) = documents(done.out)

    assert (done.code, found["kind"], found["healthy"]) == (1, "ConnectStatus", False)
    assert found["firstBroken"]["title"] == "the agent's key is valid"
    assert "nothing was changed" in done.err


def test_what_a_refused_apply_asks_for_is_an_option_of_apply(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path) as sandbox:
        apigeectl("init")
        apigeectl("apply", "--org")
        assert sandbox.kubernetes
        path = "/api/v1/namespaces/apigee/secrets/apigee-connect-agent-hybrid-demo-a6bab48-svc-account"
        _patched(sandbox, path, {"data": {"client_secret.json": "e30="}})
        done = apigeectl("connect", "setup", "--yes")

    assert done.code == 1
    assert "an option of apigeectl apply -f overrides.yaml --org" in done.err


def _patched(sandbox: Sandbox, path: str, body: dict[str, Any]) -> None:
    kubernetes = sandbox.kubernetes
    assert kubernetes
    request = urllib.request.Request(
        f"{kubernetes.url}{path}?fieldManager=somebody",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {kubernetes.token}", "Content-Type": "application/merge-patch+json"},
        method="PATCH",
    )
    context = ssl.create_default_context(cadata=kubernetes.ca_pem)
    with urllib.request.urlopen(request, context=context) as answer:
        assert answer.status == 200


def test_following_agents_that_are_not_there_yet_says_so(
    apigeectl: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connect_logs, "follow", lambda *args, **options: iter(()))
    with sandbox_at(tmp_path):
        done = apigeectl("connect", "logs", "--follow")

    assert "there is no agent pod of organization hybrid-demo in namespace apigee yet" in done.err


def _writes(method: str, path: str) -> bool:
    reads = ("getIamPolicy", "testIamPermissions", "getSyncAuthorization")
    return method != "GET" and not path.endswith(reads) and "/token" not in path


@pytest.mark.parametrize(
    ("fault", "title", "words"),
    [
        ("permission-denied", "the agent's account may connect", "add-iam-policy-binding hybrid-demo"),
        ("api-disabled", "the Apigee Connect API is on", "connect setup"),
        ("wrong-project", "the organization belongs to the file's project", "correct gcp.projectID"),
        ("org=forbidden", "the organization can be read", "organizations list"),
        ("mart-key=revoked", "the agent's key is valid", "service-accounts keys create"),
    ],
)
def test_each_fault_at_google_has_its_own_explanation(
    apigeectl: Program, tmp_path: Path, fault: str, title: str, words: str
):
    with sandbox_at(tmp_path, fault):
        done = apigeectl("connect", "status", "-o", "json")
    broken = documents(done.out)[0]["firstBroken"]

    assert (done.code, broken["title"]) == (1, title)
    assert words in " ".join([broken["cause"], *broken["repair"]])


@pytest.mark.parametrize(
    ("fault", "title", "words"),
    [
        ("agent-not-connecting", "the agent holds streams", "is blocked"),
        ("foreign-cluster", "the agent runs for this cluster", "not replaced"),
    ],
)
def test_each_fault_of_the_agent_has_its_own_explanation(
    apigeectl: Program, tmp_path: Path, fault: str, title: str, words: str
):
    with sandbox_at(tmp_path, fault):
        apigeectl("init")
        done = apigeectl("connect", "setup", "--yes", "--wait=1", "-o", "json")
        broken = documents(done.out)[-1]["firstBroken"]
        deadline = time.monotonic() + 30  # a busy machine starts pods late
        while broken["title"] != title and time.monotonic() < deadline:
            time.sleep(0.1)
            broken = documents(apigeectl("connect", "status", "-o", "json").out)[0]["firstBroken"]

    assert (done.code, broken["title"]) == (4, title)
    assert words in broken["cause"]


def test_a_contract_provider_outside_google_stops_before_a_token_is_made(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.delenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_APIGEE")
        file = tmp_path / "overrides.yaml"
        file.write_text("contractProvider: https://apigee.example.com\n" + file.read_text())
        done = apigeectl("connect", "enable", "--yes")

    assert done.code in (1, 3)
    assert "apigee.example.com" in done.err
    assert not [each for each in sandbox.google.requests if "organizations" in each.path]


def test_without_credentials_an_apply_warns_in_one_line(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path), pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
        patch.delenv("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE")
        done = apigeectl("apply", "--org")

    lines = [line for line in done.err.splitlines() if line.startswith("warning: organization not validated")]
    assert len(lines) == 1
    assert "no credentials for Google's APIs" in lines[0]
    assert "run apigeectl init" in done.err  # it goes on, to the next thing that is missing


def test_a_google_out_of_reach_is_one_warning_about_both_checks(apigeectl: Program, tmp_path: Path):
    with sandbox_at(tmp_path), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_APIGEE", "http://127.0.0.1:9")
        done = apigeectl("apply", "--org")

    assert "run apigeectl init" in done.err
    assert (
        "warning: organization and service accounts not validated: 127.0.0.1:9: connection refused"
        in done.err
    )
    assert "IAM permissions" not in done.err


def test_a_token_that_google_does_not_know_says_so(apigeectl: Program, connected: Path):
    (connected / "token").write_text("ya29.stale\n")
    done = apigeectl("connect", "status", "--access-token-file", "token")

    assert done.code == 1
    assert "\u2713 Google knows who we are: access token file token" in done.out
    assert "log in again" in done.out
    assert "ya29" not in done.out + done.err


def test_the_account_of_a_flag_is_the_one_that_asks(apigeectl: Program, connected: Path):
    key = "service-accounts/hybrid-demo-apigee-mart.json"
    done = apigeectl("connect", "connections", "--account", key, "--billing-project", "hybrid-demo")

    assert done.code == 1
    assert "the account lacks the permission apigeeconnect.connections.list" in done.err


def test_no_host_is_looked_up_that_was_not_named(
    apigeectl: Program, connected: Path, monkeypatch: pytest.MonkeyPatch
):
    """google-auth asks Google about an account's region in the background, with its token, if it is let."""
    resolve, asked = socket.getaddrinfo, []

    def resolving(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    assert apigeectl("connect", "status").code == 0
    assert apigeectl("sync-authorization", "list").code == 0
    assert set(asked) == {"127.0.0.1"}
