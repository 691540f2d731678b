"""The whole sandbox as a command meets it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from apigeectl import yaml
from apigeectl.errors import ServiceFailure, UsageError
from apigeectl.sandbox.operator import APIServer
from apigeectl.sandbox.operator.client import Client
from apigeectl.sandbox.session import Sandbox, Site
from tests.sandbox.cluster import World, until
from tests.sandbox.google.calls import Caller


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(speed=0) as sandbox:
        yield sandbox


@pytest.fixture
def output(sandbox, capfd):
    """Runs a command in the sandbox; its exit status and what it printed."""

    def run(*command, **options):
        status = sandbox.run(command, **options)
        return status, capfd.readouterr().out

    return run


def python(code):
    return [sys.executable, "-c", textwrap.dedent(code)]


def test_the_variables_point_everything_at_loopback(sandbox):
    environment = sandbox.environment()
    (kubeconfig,) = yaml.load_all(Path(environment["KUBECONFIG"]).read_text(encoding="utf-8"))

    assert kubeconfig["current-context"] == "apigeectl-sandbox"
    assert kubeconfig["clusters"][0]["cluster"]["server"].startswith("https://127.0.0.1:")
    for api in ("APIGEE", "SERVICEUSAGE", "CLOUDRESOURCEMANAGER", "IAM", "APIGEECONNECT"):
        url = environment[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}"]
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/")
    assert list(Path(environment["CLOUDSDK_CONFIG"]).iterdir()) == []
    assert "127.0.0.1" in environment["NO_PROXY"]


def test_its_files_are_for_its_owner_only(sandbox):
    environment = sandbox.environment()

    assert stat.S_IMODE(sandbox.directory.stat().st_mode) == 0o700
    for name in ("KUBECONFIG", "GOOGLE_APPLICATION_CREDENTIALS"):
        assert stat.S_IMODE(Path(environment[name]).stat().st_mode) == 0o600


def test_the_bundle_holds_the_nine_kinds(sandbox):
    files = sorted(Path(sandbox.environment()["APIGEECTL_BUNDLE"]).iterdir())
    kinds = {yaml.load_all(file.read_text(encoding="utf-8"))[0]["spec"]["names"]["kind"] for file in files}

    assert len(files) == 9
    assert {"ApigeeOrganization", "ApigeeDeployment", "CassandraDataReplication"} <= kinds


def test_a_command_runs_inside(output):
    status, text = output(
        *python("import os; print(os.environ['APIGEECTL_SANDBOX'], os.environ['CLOUDSDK_CORE_PROJECT'])")
    )

    assert (status, text) == (0, "sandbox hybrid-demo\n")


def test_proxies_do_not_reach_the_command(output, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    assert output(*python("import os; print(os.environ.get('HTTPS_PROXY'))"))[1] == "None\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("exit(7)", 7),
        ("import os; os.kill(os.getpid(), 15)", 143),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_the_exit_status_is_the_commands(output, code, expected):
    assert output(*python(code))[0] == expected


def test_a_command_that_does_not_exist(sandbox):
    with pytest.raises(UsageError, match="cannot run no-such-command"):
        sandbox.run(["no-such-command"])


def test_a_command_runs_in_another_directory(output, tmp_path):
    assert output(*python("import os; print(os.getcwd())"), cwd=tmp_path)[1].strip() == str(tmp_path)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_sees_nodes_and_cert_manager(output):
    wait = (
        "kubectl",
        "wait",
        "deployment",
        "--all",
        "-n",
        "cert-manager",
        "--for=condition=Available",
        "--timeout=9s",
    )
    assert output(*wait)[0] == 0

    _, text = output("kubectl", "get", "nodes", "-o", "name")
    assert text.split() == ["node/sandbox-data", "node/sandbox-runtime"]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_reads_and_follows_logs(output, sandbox):
    container = ["kubectl", "logs", "-n", "cert-manager", "deployment/cert-manager"]
    output("kubectl", "wait", "deployment/cert-manager", "-n", "cert-manager", "--for=condition=Available")

    assert output(*container)[1].endswith("cert-manager started\n")
    follow = "kubectl logs -f -n cert-manager deployment/cert-manager & sleep 0.3; kill $!"
    assert output("sh", "-c", follow)[1].endswith("cert-manager started\n")


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed")
def test_gcloud_lists_the_organization(output):
    status, text = output("gcloud", "apigee", "organizations", "list", "--format=json")

    assert status == 0
    assert json.loads(text) == [{"name": "hybrid-demo", "project": ["hybrid-demo"]}]


def test_demo_files_are_where_the_quickstart_looks(sandbox, tmp_path):
    written = {str(path.relative_to(tmp_path)) for path in sandbox.write_demo_files(tmp_path)}

    assert "service-accounts/hybrid-demo-apigee-mart.json" in written
    assert {"certs/fullchain.pem", "certs/privkey.pem"} <= written
    assert all(stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o600 for path in written)


def test_demo_keys_are_renewed_but_no_other_file_is_touched(sandbox, tmp_path):
    mart = tmp_path / "service-accounts" / "hybrid-demo-apigee-mart.json"
    udca = tmp_path / "service-accounts" / "hybrid-demo-apigee-udca.json"
    sandbox.write_demo_files(tmp_path)
    udca.write_text(json.dumps({"type": "service_account", "private_key_id": "0a1b"}), encoding="utf-8")
    certificate = (tmp_path / "certs" / "fullchain.pem").read_bytes()

    written = sandbox.write_demo_files(tmp_path)

    assert mart in written
    assert udca not in written
    assert json.loads(udca.read_text(encoding="utf-8"))["private_key_id"] == "0a1b"
    assert (tmp_path / "certs" / "fullchain.pem").read_bytes() == certificate


def test_a_site_of_another_name():
    with Sandbox(Site("acme", "acme-project", environments=("prod",)), speed=0) as sandbox:
        key = json.loads(sandbox.key_file("apigee-mart").read_text(encoding="utf-8"))

        assert key["client_email"] == "apigee-mart@acme-project.iam.gserviceaccount.com"
        assert sandbox.environment()["CLOUDSDK_CORE_PROJECT"] == "acme-project"


def test_without_definitions_the_bundle_is_empty():
    with Sandbox(faults=["crd-missing"], speed=0) as sandbox:
        assert list(Path(sandbox.environment()["APIGEECTL_BUNDLE"]).iterdir()) == []


def test_a_busy_api_server_asks_to_try_again():
    with Sandbox(faults=["http-503"], speed=0) as sandbox:
        server = APIServer.from_kubeconfig(Path(sandbox.environment()["KUBECONFIG"]))
        with contextlib.closing(Client(server, "somebody/1")) as client:
            answers = [refused(client) for _ in range(8)]

    assert answers == [False, False, False, True] * 2


def refused(client):
    try:
        client.request("GET", "/api/v1/nodes")
    except ServiceFailure:
        return True
    return False


def test_the_agent_of_a_revoked_account_is_let_in_once_the_role_is_granted():
    with Sandbox(faults=["connect-agent=permission-denied"], speed=0) as sandbox:
        server = APIServer.from_kubeconfig(Path(sandbox.environment()["KUBECONFIG"]))
        with contextlib.closing(World(server, sandbox.operator)) as world:
            world.install()
            world.apply("ApigeeDatastore", "ApigeeOrganization")
            until(lambda: [p for p in world.pods("apigee-connect-agent") if restarts(p)])
            member = f"serviceAccount:{sandbox.google.project.email('apigee-mart')}"
            policy = sandbox.google.project.policy
            changed = policy.read(3)
            changed["bindings"].append({"role": "roles/apigeeconnect.Agent", "members": [member]})
            policy.write({"policy": changed})

            world.until_running("ApigeeOrganization")
            assert sandbox.operator.streams()


def restarts(pod):
    return pod.get("status", {}).get("containerStatuses", [{}])[0].get("restartCount")


def test_nothing_is_left_behind():
    with Sandbox(speed=0) as sandbox:
        directory, url = sandbox.directory, sandbox.google.url

    assert not directory.exists()
    with pytest.raises(OSError, match="refused"):
        Caller(url).get("/")


WRAPPER = """
    import sys
    from apigeectl.sandbox.session import Sandbox
    with Sandbox(speed=0) as sandbox:
        print(sandbox.directory, flush=True)
        sys.exit(sandbox.run([sys.executable, "-c", sys.argv[1]]))
"""
SLEEP = "import time; print('up', flush=True); time.sleep(30)"
# a shell's background job, which the tests may be, ignores SIGINT and its children inherit that
SLEEPER = f"import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); {SLEEP}"
ORDERLY = f"import signal; signal.signal(signal.SIGINT, lambda *_: exit(5)); {SLEEP}"


@pytest.mark.parametrize(
    ("command", "number", "expected"),
    [(SLEEPER, signal.SIGTERM, 143), (SLEEPER, signal.SIGINT, 130), (ORDERLY, signal.SIGINT, 5)],
    ids=["terminated", "interrupted", "orderly"],
)
def test_a_signal_ends_the_command_and_takes_everything_down(command, number, expected):
    # a session of its own: a Ctrl-C at the terminal of the tests is none of its business
    arguments = [*python(WRAPPER), command]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        directory = Path(process.stdout.readline().strip())
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)

        assert process.wait(10) == expected
    assert not directory.exists()


def test_a_signal_that_comes_before_the_command_is_not_lost(monkeypatch):
    """The handler runs while Popen is still at work: the worst moment."""
    start = subprocess.Popen

    def late(*arguments, **options):
        os.kill(os.getpid(), signal.SIGTERM)
        return start(*arguments, **options)

    with Sandbox(speed=0) as sandbox:
        monkeypatch.setattr(subprocess, "Popen", late)

        assert sandbox.run(python("import time; time.sleep(30)")) == 143


def test_a_signal_during_the_start_leaves_nothing_behind(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    arguments = [*python(WRAPPER), "pass"]
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        deadline = time.monotonic() + 10
        while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        process.wait(10)

    assert list(tmp_path.iterdir()) == []
