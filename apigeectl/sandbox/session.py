"""The whole sandbox: starts the stand-ins, points every tool at them, runs a command, takes it all down."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigeectl.errors import UsageError
from apigeectl.sandbox.definitions import write_bundle
from apigeectl.sandbox.definitions.given import copy_bundle
from apigeectl.sandbox.demo import key_files, write_demo_files, write_private
from apigeectl.sandbox.faults import Faults
from apigeectl.sandbox.google import ADMIN, GoogleServer
from apigeectl.sandbox.kubernetes import KubernetesServer, Request
from apigeectl.sandbox.operator import USER_AGENT as OPERATOR_AGENT
from apigeectl.sandbox.operator import APIServer, LogOptions, Operator
from apigeectl.yaml import dump

CONTEXT = "apigeectl-sandbox"
NAME = "sandbox"
_APIS = ("APIGEE", "SERVICEUSAGE", "CLOUDRESOURCEMANAGER", "IAM", "IAMCREDENTIALS", "APIGEECONNECT")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = "127.0.0.1,localhost,::1"
_GRACE_SECONDS = 10.0
_LOOK_UP_SECONDS = 0.5
_KUBERNETES_503 = "kubernetes=http-503"


@dataclass(frozen=True)
class Site:
    """What the sandbox pretends: the defaults match the quickstart overrides."""

    organization: str = "hybrid-demo"
    project: str = "hybrid-demo"
    region: str = "us-central1"
    environments: tuple[str, ...] = ("test",)
    groups: tuple[str, ...] = ("test-group",)


class Sandbox:
    """Kubernetes, operator and Google on loopback, for as long as the `with` block lasts."""

    def __init__(
        self,
        site: Site | None = None,
        *,
        faults: Sequence[str] = (),
        speed: float = 1.0,
        cluster: APIServer | None = None,
        crds: Path | None = None,
    ) -> None:
        """`cluster` is a bare kube-apiserver to use instead of the one in memory, `crds` a folder of definitions to
        use instead of our minimal ones."""
        self.site = site or Site()
        self.faults = Faults.parse(faults)
        self._speed = speed
        self._given = cluster
        self._crds = crds
        self._stack = contextlib.ExitStack()
        self.directory = Path()
        self.kubernetes: KubernetesServer | None = None

    def __enter__(self) -> Sandbox:
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """The variables that point kubectl, gcloud, google-auth and apigeectl at the sandbox."""
        google = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": f"{self.google.url}/" for api in _APIS}
        key = str(self.key_file(ADMIN))
        return {
            "KUBECONFIG": str(self.directory / "kubeconfig"),
            "KUBECACHEDIR": str(self.directory / "kube-cache"),
            "GOOGLE_APPLICATION_CREDENTIALS": key,
            "GOOGLE_CLOUD_PROJECT": self.site.project,
            "NO_GCE_CHECK": "true",
            "CLOUDSDK_CONFIG": str(self.directory / "gcloud"),
            "CLOUDSDK_CORE_PROJECT": self.site.project,
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE": key,
            "CLOUDSDK_AUTH_TOKEN_HOST": self.google.token_uri,
            **google,
            "APIGEECTL_SANDBOX": NAME,
            "APIGEECTL_SANDBOX_INGRESS": self.google.ingress.url,
            "NO_PROXY": _LOOPBACK,
            "no_proxy": _LOOPBACK,
            "APIGEECTL_BUNDLE": str(self.directory / "bundle"),
        }

    def key_file(self, account: str) -> Path:
        """The key file of one of the accounts ("apigee-mart", ...)."""
        return self.directory / "keys" / f"{self.site.project}-{account}.json"

    def write_demo_files(self, directory: Path) -> tuple[Path, ...]:
        """Put throw-away key files and a certificate where the quickstart overrides look for them."""
        return write_demo_files(directory, self.site.project, self.google.token_uri)

    def run(self, command: Sequence[str], *, cwd: Path | None = None) -> int:
        """Run a command inside the sandbox; its exit status, 128+n when signal n ended it."""
        environment = {name: value for name, value in os.environ.items() if name not in _PROXIES}
        with _Forwarding() as signals:
            try:
                child = subprocess.Popen(list(command), env=environment | self.environment(), cwd=cwd)  # noqa: S603
            except OSError as error:
                raise UsageError(f"cannot run {command[0]}: {error.strerror}") from error
            status = signals.wait(child)
        return 128 - status if status < 0 else status

    def _start(self, stack: contextlib.ExitStack) -> None:
        stack.enter_context(_ending_in_order())
        self.directory = Path(tempfile.mkdtemp(prefix="apigeectl-sandbox-"))  # mode 0700
        stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        server = self._given or self._start_kubernetes(stack)
        self.operator = Operator(
            server,
            speed=self._speed,
            faults=self.faults,
            bare=self._given is not None,
            region=self.site.region,
            refusal=self._refusal,
        )
        self.google = GoogleServer(
            self.operator,
            organization=self.site.organization,
            project=self.site.project,
            region=self.site.region,
            environments=self.site.environments,
            groups=self.site.groups,
            faults=self.faults,
            speed=self._speed,
        )
        self.google.start()
        stack.callback(self.google.stop)
        if self.kubernetes:
            self.kubernetes.logs = self._read_log
        stack.callback(self.operator.stop)
        self.operator.start()
        if self.kubernetes and _KUBERNETES_503 in self.faults:
            self.kubernetes.fault = _every_fourth()
        self._write_files(server)

    def _refusal(self, project: str, account: str) -> str | None:
        return self.google.refusal(project, account)

    def _start_kubernetes(self, stack: contextlib.ExitStack) -> APIServer:
        self.kubernetes = KubernetesServer()
        self.kubernetes.start()
        stack.callback(self.kubernetes.stop)
        return APIServer(self.kubernetes.url, self.kubernetes.token, self.kubernetes.ca_pem)

    def _read_log(
        self, namespace: str, pod: str, container: str, *, follow: bool, previous: bool
    ) -> Iterator[bytes]:
        options = LogOptions(follow=follow, previous=previous, timestamps=True)
        return self.operator.read_log((namespace, pod, container), options)

    def _write_files(self, server: APIServer) -> None:
        for name in ("keys", "gcloud", "kube-cache", "bundle"):
            (self.directory / name).mkdir(mode=0o700)
        write_private(self.directory / "kubeconfig", dump([kubeconfig(server)]))
        for path, text in key_files(self.site.project, self.google.token_uri).items():
            write_private(self.directory / "keys" / path.name, text)
        if "crd-missing" in self.faults:
            return
        if self._crds:
            copy_bundle(self._crds, self.directory / "bundle")
        else:
            write_bundle(self.directory / "bundle")


def kubeconfig(server: APIServer) -> dict[str, Any]:
    """A kubeconfig whose only context is that API server."""
    cluster: dict[str, Any] = {"server": server.url}
    if server.ca_pem:
        cluster["certificate-authority-data"] = base64.b64encode(server.ca_pem.encode()).decode()
    else:
        cluster["insecure-skip-tls-verify"] = True
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": {"token": server.token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }


def _every_fourth() -> Callable[[Request], tuple[int, dict[str, Any]] | None]:
    """A busy API server, for everybody but the operator, who would only be slowed down."""
    counter = itertools.count(1)

    def busy(request: Request) -> tuple[int, dict[str, Any]] | None:
        if request.user_agent == OPERATOR_AGENT or next(counter) % 4:
            return None
        message = "the server is currently unable to handle the request"
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "ServiceUnavailable"}
        return 503, {**status, "message": message, "code": 503, "details": {"retryAfterSeconds": 1}}

    return busy


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack instead of leaving everything behind."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    with _handling(end, signal.SIGTERM, signal.SIGHUP):
        yield


class _Forwarding:
    """Signals to the sandbox reach the command; one that ignores SIGTERM is killed in the end.

    Entered before the command starts, so that no signal finds it unattended.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._timers: list[threading.Timer] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> _Forwarding:
        self._stack.enter_context(_handling(self._forward, signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        for timer in self._timers:
            timer.cancel()
        if self._child and self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Attend the command to its end; its return code."""
        self._child = child
        for number in self._early:
            self._send(child, number)
        while True:
            # not wait() alone: a signal just before it blocks would be handled only after the command's end
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.wait(_LOOK_UP_SECONDS)

    def _forward(self, number: int, frame: object) -> None:
        if self._child is None:
            self._early.append(number)
        elif number != signal.SIGINT or not _in_foreground():
            self._send(self._child, number)  # the Ctrl-C of a terminal reaches the command by itself

    def _send(self, child: subprocess.Popen[bytes], number: int) -> None:
        child.send_signal(number)
        if number != signal.SIGINT:
            self._timers.append(threading.Timer(_GRACE_SECONDS, child.kill))
            self._timers[-1].start()


@contextlib.contextmanager
def _handling(handler: Callable[[int, object], None], *numbers: signal.Signals) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers; a test's own thread gets no signals
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _in_foreground() -> bool:
    """Whether a Ctrl-C at the terminal goes to our whole process group, the command included."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
