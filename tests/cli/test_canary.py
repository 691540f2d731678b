"""No secret in anything that any command writes: planted ones, in every place where secrets come from."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from apigeectl.cli.app import COMMANDS
from apigeectl.clients.google import Session
from apigeectl.sandbox.session import Sandbox
from tests.clients.google_api import key_file, variables
from tests.clients.loopback import Loopback, Received, Reply

QUICKSTART = Path(__file__).parents[2] / "overrides" / "quickstart.yaml"
TOKEN = "ya29.canary-access-token"
PASSWORD = "canary-password-0123"
ENCRYPTION_KEY = "Y2FuYXJ5LWtleS0wMTIzNA=="
LOGIN = {"refresh_token": "canary-refresh-token", "client_secret": "canary-client-secret", "client_id": "id"}

OVERRIDES = f"""
kmsEncryptionKey: {ENCRYPTION_KEY}
axHashSalt: {PASSWORD}
cassandra:
  hostNetwork: false
  replicaCount: 1
  auth:
    default: {{password: {PASSWORD}-1}}
    admin: {{password: {PASSWORD}-2}}
    jmx: {{username: u, password: {PASSWORD}-3}}
"""

EVERYTHING: Sequence[str] = (
    "validate",
    "preflight",
    "secrets create --apply --dry-run",
    "init --verbose",
    "connect status",
    "connect setup",
    "connect setup --dry-run",
    "apply --dry-run=server -o json",
    "apply --verbose",
    "check-ready --wait=60",
    "diff -o json",
    "adopt",
    "history",
    "images",
    "connect setup --yes",
    "connect status --probe",
    "connect connections -o json",
    "connect logs --raw",
    "connect disable --yes --write",
    "connect enable --yes --write",
    "connect enable",
    "sync-authorization list -o json",
    "sync-authorization add other@p.iam.gserviceaccount.com",
    "deployments list --env test",
    "deployments status nothing --env test",
    "explain org",
    "schema",
    "encode --org hybrid-demo",
    "completion bash",
    "diagnostic",
    "version",
    "help",
    "delete --dry-run=server",
    "delete",
)
"""Every command; what prints or writes Secrets on purpose is listed below."""

MUST_SUCCEED = (
    "init --verbose",
    "apply --verbose",
    "check-ready --wait=60",
    "connect status --probe",
    "connect disable --yes --write",
    "connect enable --yes --write",
    "delete",
)

ON_PURPOSE = frozenset({"render", "sandbox"})
"""`render` writes manifests, Secrets included; `sandbox` only starts others."""

TO_GOOGLE = (
    "connect status --probe",
    "connect setup --yes",
    "connect enable --yes",
    "connect disable --yes",
    "connect connections",
    "sync-authorization list",
    "sync-authorization add",
    "deployments list --env test",
    "apply --org",
    "delete --org --dry-run=server",
)

Program = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a command or a library's thread asks is on this machine, or was asked of nobody."""
    connect, outside = socket.socket.connect, []

    def only_loopback(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {
            "127.0.0.1",
            "::1",
            "localhost",
        }:
            outside.append(address)
            raise ConnectionRefusedError(111, "Connection refused")
        connect(self, address)

    resolve = socket.getaddrinfo

    def resolved(host: Any, *positional: Any, **named: Any) -> Any:
        if host not in {"127.0.0.1", "::1", "localhost", None}:
            outside.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *positional, **named)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    yield
    assert outside == []


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with secrets in files and variables, inside of a sandbox."""
    with Sandbox(speed=0) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("APIGEECTL_RELEASE", "1.10")
        monkeypatch.chdir(tmp_path)
        sandbox.write_demo_files(tmp_path)
        text = QUICKSTART.read_text().partition("cassandra:")
        rest = text[2].partition("logger:")
        (tmp_path / "overrides.yaml").write_text(f"{text[0]}{OVERRIDES}\nlogger:{rest[2]}")
        yield tmp_path


def secrets_of(folder: Path) -> set[str]:
    """What must be found nowhere: the planted words, and every line of every private key."""
    keys = [json.loads(file.read_text())["private_key"] for file in folder.glob("service-accounts/*.json")]
    lines = {line for key in keys for line in key.splitlines() if len(line) > 40}
    certificate = (folder / "certs" / "privkey.pem").read_text().splitlines()[1]
    assert lines
    return {
        TOKEN,
        PASSWORD,
        ENCRYPTION_KEY,
        LOGIN["refresh_token"],
        LOGIN["client_secret"],
        certificate,
        *lines,
    }


def found_in(text: str, secrets: set[str]) -> list[str]:
    return [secret for secret in secrets if secret in text] + _JWT.findall(text)


_JWT = re.compile(r"eyJ[\w-]{10,}")


def files_in(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_every_command_is_among_those_that_are_run():
    assert {line.split()[0] for line in EVERYTHING} == set(COMMANDS) - ON_PURPOSE


def test_no_command_writes_a_planted_secret(apigeectl: Program, planted: Path):
    secrets, before = secrets_of(planted), files_in(planted)
    codes = {}
    for line in EVERYTHING:
        done = apigeectl(*line.split())
        codes[line] = done.code
        assert found_in(done.out + done.err, secrets) == [], line
    assert [line for line in MUST_SUCCEED if codes[line]] == []

    for file, content in files_in(planted).items():
        if file.name != "overrides.yaml" and before.get(file) != content:
            assert found_in(content.decode("utf-8", "replace"), secrets) == [], file
            assert file.stat().st_mode & 0o077 == 0, file
    assert list(planted.glob("hybrid-demo.undo-*.json"))


def mirror(request: Received) -> Reply:
    """A server, or a proxy, that quotes all that it was sent."""
    if request.path.endswith("token"):
        return Reply({"error": "invalid_grant", "error_description": request.body.decode()}, 400)
    quoted = f"{request.headers['Authorization']} {request.body.decode()} {dict(request.headers)}"
    return Reply({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": quoted}}, 403)


def test_no_command_repeats_a_secret_that_a_server_quotes(
    apigeectl: Program, planted: Path, monkeypatch: pytest.MonkeyPatch
):
    secrets = secrets_of(planted)
    apigeectl("init")
    with Loopback(mirror) as server:
        for name, value in variables(server.url).items():
            monkeypatch.setenv(name, value)
        key = key_file(planted / "admin.json", f"{server.url}/token")
        for token, account in ((TOKEN, ""), ("", str(key))):
            monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", token)
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", account)
            for line in TO_GOOGLE:
                done = apigeectl(*line.split())
                assert found_in(done.out + done.err, secrets) == [], line
        asked = [request.headers["Authorization"] or "" for request in server.received]

    assert any(TOKEN in each for each in asked)


def test_no_command_repeats_a_login_that_a_token_endpoint_quotes(
    apigeectl: Program, planted: Path, monkeypatch: pytest.MonkeyPatch
):
    login = planted / "login.json"
    login.write_text(json.dumps({"type": "authorized_user", **LOGIN}))
    with Loopback(mirror) as server:
        for name, value in variables(server.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CLOUDSDK_AUTH_TOKEN_HOST", f"{server.url}/token")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(login))
        monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", "")
        for line in ("init --verbose", "apply --verbose", *TO_GOOGLE):
            done = apigeectl(*line.split())
            assert found_in(done.out + done.err, secrets_of(planted)) == [], line

    assert any(LOGIN["refresh_token"].encode() in request.body for request in server.received)


def test_a_login_file_is_never_quoted(apigeectl: Program, planted: Path, monkeypatch: pytest.MonkeyPatch):
    login = planted / "login.json"
    for info in (
        {"type": "authorized_user", **LOGIN},
        {"type": "unknown", **LOGIN},
        {"type": "external_account", **LOGIN},
    ):
        login.write_text(json.dumps(info))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(login))
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        done = apigeectl("connect", "status")

        assert done.code == 1
        assert found_in(done.out + done.err, secrets_of(planted)) == []


def test_a_defect_of_ours_shows_where_and_no_value(
    apigeectl: Program, planted: Path, monkeypatch: pytest.MonkeyPatch
):
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(Session, "get", defect)
    done = apigeectl("connect", "connections")

    assert done.code == 1
    assert "a defect in apigeectl: RuntimeError" in done.err
    assert TOKEN not in done.err + done.out
