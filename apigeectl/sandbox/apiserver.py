"""A real kube-apiserver with its etcd on loopback, instead of the API in memory: the envtest convention."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from apigeectl.errors import InstallerError
from apigeectl.sandbox.demo import write_private
from apigeectl.sandbox.kubernetes.certificates import loopback_identity
from apigeectl.sandbox.operator import APIServer

VERSION = "1.32.4"
"""What `make kube-apiserver` builds; the go.mod of tools/kube-apiserver names the same."""

_DEFAULT_FOLDER = Path("/usr/local/kubebuilder/bin")
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_TRIES = 3

# Accounts have no controller that would make them, and the webhooks of an installation lead nowhere here.
_SWITCHED_OFF = "ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook"


@dataclass(frozen=True)
class Assets:
    """The two programs."""

    kube_apiserver: Path
    etcd: Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where `make kube-apiserver` keeps what it built, by version."""
    base = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", "/"), ".cache")
    return Path(base) / "apigeectl" / f"kube-apiserver-{VERSION}"


def find_assets(environ: Mapping[str, str]) -> Assets:
    """TEST_ASSET_* for one program, else KUBEBUILDER_ASSETS, else the cache, else envtest's default folder."""
    named = environ.get("KUBEBUILDER_ASSETS")
    folders = [Path(named)] if named else [cache_folder(environ), _DEFAULT_FOLDER]
    return Assets(
        _find("kube-apiserver", environ.get("TEST_ASSET_KUBE_APISERVER"), folders),
        _find("etcd", environ.get("TEST_ASSET_ETCD"), folders),
    )


def _find(name: str, named: str | None, folders: Sequence[Path]) -> Path:
    candidates = [Path(named)] if named else [folder / name for folder in folders]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    raise InstallerError(
        f"there is no {name} to start",
        details=[f"looked at {candidate}" for candidate in candidates],
        hint="`make kube-apiserver` in a checkout builds it, or set KUBEBUILDER_ASSETS to a folder that has it",
    )


class KubeAPIServer:
    """Both programs for as long as the `with` block lasts; data, keys and logs in a folder of their own."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._stack = contextlib.ExitStack()
        self._identity = loopback_identity()
        self._token = secrets.token_urlsafe(24)
        self.server = APIServer("https://127.0.0.1", self._token, self._identity.ca)

    def __enter__(self) -> KubeAPIServer:
        with contextlib.ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="apigeectl-kube-apiserver-"))  # mode 0700
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            self._start(stack, folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, stack: contextlib.ExitStack, folder: Path) -> None:
        for left in reversed(range(_TRIES)):
            try:
                with contextlib.ExitStack() as attempt:
                    self._attempt(attempt, folder)
                    stack.enter_context(attempt.pop_all())
                return
            except _PortTaken:
                if not left:
                    raise

    def _attempt(self, stack: contextlib.ExitStack, folder: Path) -> None:
        clients, peers, secure = _free_ports(3)
        store = f"http://127.0.0.1:{clients}"
        data = Path(tempfile.mkdtemp(prefix="etcd-", dir=folder))
        etcd = _Process("etcd", [str(self._assets.etcd), *_etcd_flags(data, store, peers)], folder)
        stack.callback(etcd.stop)
        etcd.wait_until(lambda: _answers(clients, "/health", None, ""))
        flags = self._apiserver_flags(folder, store, secure)
        api = _Process("kube-apiserver", [str(self._assets.kube_apiserver), *flags], folder)
        stack.callback(api.stop)
        trusted = ssl.create_default_context(cadata=self._identity.ca)
        api.wait_until(lambda: _answers(secure, "/readyz", trusted, self._token))
        self.server = APIServer(f"https://127.0.0.1:{secure}", self._token, self._identity.ca)

    def _apiserver_flags(self, folder: Path, store: str, port: int) -> list[str]:
        files = {
            "tls-cert-file": self._identity.certificate,
            "tls-private-key-file": self._identity.key,
            "service-account-key-file": self._identity.certificate,
            "service-account-signing-key-file": self._identity.key,
            "token-auth-file": f'{self._token},admin,admin,"system:masters"\n',
        }
        paths = {flag: str(write_private(folder / flag, text)) for flag, text in files.items()}
        return [
            *(f"--{flag}={path}" for flag, path in paths.items()),
            f"--etcd-servers={store}",
            f"--cert-dir={folder}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--advertise-address=127.0.0.1",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            "--authorization-mode=RBAC",
            f"--disable-admission-plugins={_SWITCHED_OFF}",
            f"--service-account-issuer=https://127.0.0.1:{port}/",
        ]


class _PortTaken(InstallerError):
    """Somebody was faster at a port that had just been free."""


class _Process:
    """One program in a session of its own, so that a Ctrl-C at the terminal ends it only after the command."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self._name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(  # noqa: S603
                list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """InstallerError with its last words when it ends, or does not answer in time."""
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if self._child.poll() is not None:
                raise self._failed(f"{self._name} ended with exit code {self._child.returncode}")
            if time.monotonic() > deadline:
                raise self._failed(f"{self._name} does not answer after {_START_SECONDS:g} s")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        self._child.terminate()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _failed(self, message: str) -> InstallerError:
        text = self._log.read_text(encoding="utf-8", errors="replace")
        last = [line[:300] for line in text.splitlines() if line.strip()][-3:]
        if "address already in use" in text:
            return _PortTaken(message, details=last, hint="another program took its port; try again")
        hint = "the disk is full: free some space" if "no space left" in text else None
        return InstallerError(message, details=last, hint=hint)


def _etcd_flags(data: Path, store: str, peers: int) -> list[str]:
    return [
        f"--data-dir={data}",
        f"--listen-client-urls={store}",
        f"--advertise-client-urls={store}",
        f"--listen-peer-urls=http://127.0.0.1:{peers}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in taken]


def _answers(port: int, path: str, trusted: ssl.SSLContext | None, token: str) -> bool:
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=trusted)
        if trusted
        else http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    )
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
